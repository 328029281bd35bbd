import { changeInstance } from "../services/ec2/instance-states.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import { type BootScript, firstOf, say } from "./guest.ts";
import { writeLine } from "./logs.ts";
import { settingOf } from "./scripts.ts";

const HANGS = "it hangs";

/** nat-setup.sh: installs nftables and routes. */
export const nat: BootScript = {
  settings: { VPC_CIDR: /^[\d.]+\/\d+$/ },
  takes: "natReady",
  cpuSeconds: 20,
  triesForSeconds: 300,
  attempt(sim, instance) {
    if (sim.failing("nat", "fails") !== undefined) return { fails: "Curl error (28): Timeout was reached" };
    return firstOf(sim.failing("nat", "hangs") === undefined ? undefined : HANGS, noWayOut(sim, instance));
  },
  succeed(sim, instance) {
    const done = "BUDDYVERSE-NAT SETUP DONE: routing now and after each reboot";
    say(sim, instance, done);
    writeLine(sim, instance, "/var/log/buddyverse-nat.log", done);
    changeInstance(sim, instance.id, { routes: { from: sim.now, range: settingOf(instance, "VPC_CIDR") } });
  },
  fail(sim, instance, why) {
    if (why === HANGS) return;
    say(sim, instance, `dnf -y -q install nftables: ${why}`);
    say(sim, instance, "BUDDYVERSE-NAT FAILED at line 22: command -v nft > /dev/null");
  },
};
