import { changeInstance } from "../services/ec2/instance-states.ts";
import { noWayOut } from "../services/ec2/reach.ts";
import { type BootScript, firstOf, say } from "./guest.ts";
import { settingOf } from "./scripts.ts";

/** nat-setup.sh: installs nftables and routes. */
export const nat: BootScript = {
  settings: { VPC_CIDR: /^[\d.]+\/\d+$/ },
  takes: "natReady",
  cpuSeconds: 20,
  triesForSeconds: 300,
  attempt: (sim, instance) => firstOf(noWayOut(sim, instance)),
  succeed(sim, instance) {
    say(sim, instance, "BUDDYVERSE-NAT SETUP DONE: routing now and after each reboot");
    changeInstance(sim, instance.id, { routes: { from: sim.now, range: settingOf(instance, "VPC_CIDR") } });
  },
  fail: (sim, instance, why) => say(sim, instance, `BUDDYVERSE-NAT FAILED: dnf -y -q install nftables: ${why}`),
};
