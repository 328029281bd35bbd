import { list } from "../../lib/text.ts";
import type { Check } from "../check.ts";
import type { World } from "../world.ts";
import { inService, perZone } from "./members.ts";

/** Without these nothing that fails is replaced. */
const HEALING = ["HealthCheck", "ReplaceUnhealthy", "Launch", "Terminate"];

/** R3: availability through failures. */
export const availability: readonly Check<World>[] = [
  {
    id: "targets-healthy",
    requirement: "R3",
    title: "Every instance in service is a healthy target of the load balancer, in every zone",
    async run({ wanted, group, targets, loadBalancer }) {
      const [found, all, { zones }] = await Promise.all([group(), targets(), loadBalancer()]);
      const serving = inService(found);
      const healthy = serving.filter(({ id }) =>
        all.some(({ instanceId, state }) => instanceId === id && state === "healthy"),
      );
      const unwell = serving.filter((one) => !healthy.includes(one));
      const why = unwell.map(({ id }) => {
        const target = all.find(({ instanceId }) => instanceId === id);
        return `${id} is ${target ? [target.state, target.reason].filter(Boolean).join(", ") : "no target"}`;
      });
      const missing = wanted.zones.filter((zone) => !zones.includes(zone));
      return {
        saw: [
          `healthy: ${list(perZone(wanted.zones, healthy).map(({ zone, number }) => `${number} in ${zone}`))}`,
          ...why,
          ...(missing.length > 0 ? [`the load balancer is not in ${list(missing)}`] : []),
        ].join("; "),
        ok: healthy.length > 0 && unwell.length === 0 && missing.length === 0,
      };
    },
  },
  {
    id: "health-check",
    requirement: "R3",
    title: "The group replaces what the load balancer calls unhealthy, after a grace period",
    async run({ group, loadBalancer }) {
      const [{ healthCheckType, graceSeconds, suspended }, { healthCheck }] = await Promise.all([
        group(),
        loadBalancer(),
      ]);
      const stopped = suspended.filter((process) => HEALING.includes(process));
      return {
        saw: [
          `${healthCheckType} health check, grace ${graceSeconds} s, ${healthCheck.path} must answer ${healthCheck.codes}`,
          ...(stopped.length > 0 ? [`suspended: ${list(stopped)}`] : []),
        ].join("; "),
        ok: healthCheckType.split(",").includes("ELB") && graceSeconds > 0 && stopped.length === 0,
      };
    },
  },
  {
    id: "zone-loss",
    requirement: "R3",
    title: "Without any one zone, instances, load balancer and files go on, and the group can grow again",
    async run({ wanted, group, loadBalancer, fileSystem, databases }) {
      const [found, balancer, files, stores] = await Promise.all([group(), loadBalancer(), fileSystem(), databases()]);
      const losses = wanted.zones.map((lost) => {
        const left = inService(found).filter(({ zone }) => zone !== lost).length;
        const without = (zones: readonly string[]) => !zones.some((zone) => zone !== lost);
        const gone = [
          ...(left === 0 ? ["no instance is left"] : []),
          ...(without(found.zones) ? ["the group may launch nowhere else"] : []),
          ...(without(balancer.zones) ? ["the load balancer is nowhere else"] : []),
          ...(without(files.zones) ? ["the files are mounted nowhere else"] : []),
        ];
        return { lost, left, gone };
      });
      const primary = stores[0];
      return {
        saw: [
          ...losses.map(({ lost, left, gone }) =>
            [`without ${lost}: ${left} of ${inService(found).length} instances`, ...gone].join(", "),
          ),
          // What this stack does not promise: its primary is in one zone.
          ...(primary ? [`writes need ${primary.zone}, where ${primary.id} is`] : []),
        ].join("; "),
        ok: losses.every(({ gone }) => gone.length === 0),
      };
    },
  },
];
