import { list } from "../../lib/text.ts";
import type { Check } from "../check.ts";
import type { World } from "../world.ts";
import { inService, perZone } from "./members.ts";

/** Without these a group neither grows nor shrinks. */
const SCALING = ["Launch", "Terminate", "AlarmNotification"];
const CPU = "ASGAverageCPUUtilization";

/** R1: elastic capacity. */
export const capacity: readonly Check<World>[] = [
  {
    id: "group-size",
    requirement: "R1",
    title: "The group has the sizes of the config, and as many instances in service as it desires",
    async run({ wanted, group }) {
      const found = await group();
      const serving = inService(found).length;
      return {
        saw: `min ${found.min}, desired ${found.desired}, max ${found.max}; ${serving} in service`,
        ok:
          found.min === wanted.min &&
          found.max === wanted.max &&
          found.desired >= found.min &&
          found.desired <= found.max &&
          serving === found.desired,
      };
    },
  },
  {
    id: "scaling-policy",
    requirement: "R1",
    title: "A policy keeps the group's CPU at its target, by alarms that act",
    async run({ wanted, group, policies }) {
      const [found, { suspended }] = await Promise.all([policies(), group()]);
      const stopped = suspended.filter((process) => SCALING.includes(process));
      const policy = found.find(({ metric }) => metric === CPU);
      if (!policy) return { saw: `no target tracking policy on ${CPU}`, ok: false };
      const { target, enabled, scalesIn, alarms } = policy;
      const acting = alarms.filter(({ acts }) => acts).length;
      const off = [
        ...(enabled ? [] : ["the policy is disabled"]),
        ...(scalesIn ? [] : ["it never shrinks the group"]),
        ...(stopped.length > 0 ? [`suspended: ${list(stopped)}`] : []),
      ];
      return {
        saw: [`CPU at ${target} %, ${acting} of ${alarms.length} alarms act`, ...off].join("; "),
        // One alarm to grow, one to shrink.
        ok: target === wanted.cpuTarget && acting === alarms.length && acting >= 2 && off.length === 0,
      };
    },
  },
  {
    id: "zones-in-service",
    requirement: "R1",
    title: "Instances are in service in every zone",
    async run({ wanted, group }) {
      const found = await group();
      const serving = perZone(wanted.zones, inService(found));
      const filled = serving.filter(({ number }) => number > 0).length;
      return {
        saw: list(serving.map(({ zone, number }) => `${number} in ${zone}`)),
        // A group smaller than its zones cannot fill them all.
        ok: filled === Math.min(wanted.zones.length, found.desired) && filled > 0,
      };
    },
  },
];
