import { list } from "../../src/lib/text.ts";
import { readPolicies, type TrackingPolicy } from "../../src/verify/aws/scaling.ts";
import type { Check } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";
import { GROUP_KEY } from "../auto-scaling.ts";
import { inService, perZone, scalingGroup } from "./facts.ts";

/** Without these a group neither grows nor shrinks. */
const SCALING = ["Launch", "Terminate", "AlarmNotification"];
const CPU = "ASGAverageCPUUtilization";

export const trackingPolicies: Fact<readonly TrackingPolicy[]> = ({ aws, nameOf }) =>
  readPolicies(aws, nameOf(GROUP_KEY));

/** R1: elastic capacity. */
export const capacity: readonly Check[] = [
  {
    id: "group-size",
    requirement: "R1",
    title: "The group has the sizes of the config, and as many instances in service as it desires",
    method: "the group's sizes, its desired capacity, its instances in service",
    async run({ config, read }) {
      const group = await read(scalingGroup);
      const serving = inService(group).length;
      return {
        evidence: `min ${group.min}, desired ${group.desired}, max ${group.max}; ${serving} in service`,
        ok:
          group.min === config.web.min &&
          group.max === config.web.max &&
          group.desired >= group.min &&
          group.desired <= group.max &&
          serving === group.desired,
      };
    },
  },
  {
    id: "scaling-policy",
    requirement: "R1",
    title: "A policy keeps the group's CPU at its target, by alarms that act",
    method: "the tracking policy, suspended processes; the policy's alarms exist, are enabled and run it",
    limits: "that the group does scale: a drill's work",
    async run({ config, read }) {
      const [policies, { suspended }] = await Promise.all([read(trackingPolicies), read(scalingGroup)]);
      const stopped = suspended.filter((process) => SCALING.includes(process));
      const policy = policies.find(({ metric }) => metric === CPU);
      if (!policy) return { evidence: `no target tracking policy on ${CPU}`, ok: false };
      const { target, enabled, scalesIn, alarms } = policy;
      const acting = alarms.filter(({ acts }) => acts).length;
      const off = [
        ...(enabled ? [] : ["the policy is disabled"]),
        ...(scalesIn ? [] : ["it never shrinks the group"]),
        ...(stopped.length > 0 ? [`suspended: ${list(stopped)}`] : []),
      ];
      return {
        evidence: [`CPU at ${target} %, ${acting} of ${alarms.length} alarms act`, ...off].join("; "),
        // One alarm to grow, one to shrink.
        ok: target === config.web.cpuTarget && acting === alarms.length && acting >= 2 && off.length === 0,
      };
    },
  },
  {
    id: "zones-in-service",
    requirement: "R1",
    title: "Instances are in service in every zone",
    method: "the instances in service by zone; a group smaller than its zones fills as many as it can",
    async run({ config, read }) {
      const group = await read(scalingGroup);
      const serving = perZone(config.zones, inService(group));
      const filled = serving.filter(({ number }) => number > 0).length;
      return {
        evidence: list(serving.map(({ zone, number }) => `${number} in ${zone}`)),
        ok: filled === Math.min(config.zones.length, group.desired) && filled > 0,
      };
    },
  },
];
