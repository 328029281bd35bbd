/** The NAT instance's user data on a booted machine between a private subnet and a public one. */
import { expect, test } from "vitest";
import { natUserData } from "../../steps/scripts/user-data.ts";
import { boot, cable, disk, inside, namespaces, ROOT, sh } from "./machine.ts";

const SERVER = "203.0.113.7";
const [PRIVATE, NAT, PUBLIC] = ["private", "nat", "public"];

/** Whether one namespace reaches an address, from its own address or from `source`. */
function reaches(namespace: string, address: string, source?: string): boolean {
  try {
    inside(namespace, "ping", "-c1", "-W1", ...(source ? ["-I", source] : []), address);
    return true;
  } catch {
    return false;
  }
}

test("what is behind it gets out under its address, a stranger does not get in, and so after a reboot", async () => {
  namespaces(PRIVATE, NAT, PUBLIC);
  cable([PRIVATE, "ens5", "172.31.11.5/24"], [NAT, "lan", "172.31.11.1/24"]);
  cable([NAT, "ens5", "172.31.10.9/24"], [PUBLIC, "lan", "172.31.10.1/24"]);
  sh("ip", "-n", PRIVATE, "route", "add", "default", "via", "172.31.11.1");
  sh("ip", "-n", NAT, "route", "add", "default", "via", "172.31.10.1");
  for (const address of [`${SERVER}/32`, "198.51.100.9/32"]) sh("ip", "-n", PUBLIC, "address", "add", address, "dev", "lo");
  // The stranger knows the way; the internet's answers, for all others, know only the NAT instance.
  sh("ip", "-n", PUBLIC, "route", "add", "172.31.11.0/24", "via", "172.31.10.9");
  // Whoever does not come from the NAT instance's address is not heard.
  inside(PUBLIC, "nft", "add table ip seen; add chain ip seen in { type filter hook input priority 0; }; add rule ip seen in ip saddr 172.31.11.0/24 drop");
  expect(reaches(PRIVATE, SERVER)).toBe(false);

  const nat = disk("nat", [ROOT], {
    "/etc/cloud/cloud.cfg.d/99-image-test.cfg": "datasource_list: [NoCloud]\nnetwork: {config: disabled}\nlocale: false\n",
    "/var/lib/cloud/seed/nocloud/meta-data": "instance-id: i-0nat\n",
    "/var/lib/cloud/seed/nocloud/user-data": natUserData({ vpcCidr: "172.31.0.0/16" }),
  });
  let machine = boot(nat, NAT);
  await machine.says("BUDDYVERSE-NAT SETUP DONE", 60);
  expect(reaches(PRIVATE, SERVER)).toBe(true);
  expect(reaches(PUBLIC, "172.31.11.5", "198.51.100.9")).toBe(false);

  await machine.powerOff();
  inside(NAT, "nft", "flush", "ruleset");
  inside(NAT, "sysctl", "-qw", "net.ipv4.ip_forward=0");
  expect(reaches(PRIVATE, SERVER)).toBe(false);
  machine = boot(nat, NAT);
  await machine.says("BUDDYVERSE-NAT READY: 172.31.0.0/16 is masqueraded through ens5", 60);
  expect(machine.console()).not.toContain("SETUP DONE");
  expect(reaches(PRIVATE, SERVER)).toBe(true);
  expect(reaches(PUBLIC, "172.31.11.5", "198.51.100.9")).toBe(false);
  await machine.powerOff();
});
