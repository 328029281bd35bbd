/** The NAT instance's user data on a booted machine between a private subnet and a public one. */
import { spawn } from "node:child_process";
import { expect, test } from "vitest";
import { natUserData } from "../../steps/scripts/user-data.ts";
import { boot, CLOUD_INIT, cable, disk, inside, namespaces, ROOT, sh, until } from "./machine.ts";

const [SERVER, STRANGER, INNER, OUTER] = ["203.0.113.7", "198.51.100.9", "172.31.11.5", "172.31.10.9"] as const;
const [PRIVATE, NAT, PUBLIC] = ["private", "nat", "public"] as const;

/** Answers each visitor with the visitor's address. */
const MIRROR = `
import http.server, sys
class Visitor(http.server.BaseHTTPRequestHandler):
  def do_GET(self):
    self.send_response(200); self.end_headers(); self.wfile.write(self.client_address[0].encode())
http.server.ThreadingHTTPServer((sys.argv[1], 80), Visitor).serve_forever()
`;
const mirror = (namespace: string, address: string) =>
  spawn("nsenter", [`--net=/run/netns/${namespace}`, "python3", "-c", MIRROR, address], { stdio: "ignore" }).unref();

/** Under which address the visitor from `namespace` is seen; undefined when it does not get there. */
function seen(namespace: string, address: string, from: string): string | undefined {
  try {
    return inside(namespace, "curl", "-s", "-m", "2", "--interface", from, `http://${address}/`);
  } catch {
    return undefined;
  }
}
const wayOut = () => seen(PRIVATE, SERVER, INNER);
const wayIn = () => seen(PUBLIC, INNER, STRANGER);

test("what is behind it gets out under its address, a stranger does not get in, and so after a reboot", async () => {
  namespaces(PRIVATE, NAT, PUBLIC);
  cable([PRIVATE, "ens5", `${INNER}/24`], [NAT, "lan", "172.31.11.1/24"]);
  cable([NAT, "ens5", `${OUTER}/24`], [PUBLIC, "lan", "172.31.10.1/24"]);
  sh("ip", "-n", PRIVATE, "route", "add", "default", "via", "172.31.11.1");
  sh("ip", "-n", NAT, "route", "add", "default", "via", "172.31.10.1");
  for (const address of [SERVER, STRANGER]) sh("ip", "-n", PUBLIC, "address", "add", `${address}/32`, "dev", "lo");
  sh("ip", "-n", PUBLIC, "route", "add", "172.31.11.0/24", "via", OUTER);
  mirror(PUBLIC, SERVER);
  mirror(PRIVATE, INNER);
  // As a machine that only routes: both ways are open, so what is closed later the set-up has closed.
  inside(NAT, "sysctl", "-qw", "net.ipv4.ip_forward=1");
  await until(20, () => wayOut() === INNER && wayIn() === STRANGER);
  inside(NAT, "sysctl", "-qw", "net.ipv4.ip_forward=0");

  const nat = disk("nat", [ROOT], {
    "/etc/cloud/cloud.cfg.d/99-image-test.cfg": `datasource_list: [NoCloud]\n${CLOUD_INIT}`,
    "/var/lib/cloud/seed/nocloud/meta-data": "instance-id: i-0nat\n",
    "/var/lib/cloud/seed/nocloud/user-data": natUserData({ vpcCidr: "172.31.0.0/16", stack: "buddyverse" }),
  });
  let machine = boot(nat, NAT);
  await machine.says("BUDDYVERSE-NAT SETUP DONE", 60);
  expect([wayOut(), wayIn()]).toEqual([OUTER, undefined]);
  const redirects = () =>
    ["all", "ens5"].map((name) => inside(NAT, "sysctl", "-n", `net.ipv4.conf.${name}.send_redirects`).trim());
  expect(redirects()).toEqual(["0", "0"]);

  await machine.powerOff();
  inside(NAT, "sysctl", "-qw", "net.ipv4.conf.all.send_redirects=1");
  inside(NAT, "nft", "flush", "ruleset");
  inside(NAT, "sysctl", "-qw", "net.ipv4.ip_forward=0");
  expect(wayOut()).toBeUndefined();
  machine = boot(nat, NAT);
  await machine.says("BUDDYVERSE-NAT READY: 172.31.0.0/16 is masqueraded through ens5", 60);
  expect(machine.console()).not.toContain("SETUP DONE");
  expect(redirects()).toEqual(["0", "0"]);
  expect([wayOut(), wayIn()]).toEqual([OUTER, undefined]);
  await machine.powerOff();
});
