import { type Dimensions, lastChange, type Metrics, type Source } from "../../metrics.ts";
import type { Sim } from "../../world.ts";
import { groupTable, type Size, sizesTable } from "./tables.ts";

const GROUP_METRICS: Readonly<Record<string, (size: Size) => number>> = {
  GroupMinSize: ({ min }) => min,
  GroupMaxSize: ({ max }) => max,
  GroupDesiredCapacity: ({ desired }) => desired,
  GroupInServiceInstances: ({ inService }) => inService,
  GroupPendingInstances: ({ pending }) => pending,
  GroupStandbyInstances: ({ standby }) => standby,
  GroupTerminatingInstances: ({ terminating }) => terminating,
  GroupTotalInstances: ({ inService, pending, standby, terminating }) => inService + pending + standby + terminating,
};

function source(sim: Sim, metric: string, of: Dimensions): Source | undefined {
  const read = GROUP_METRICS[metric];
  const name = of.AutoScalingGroupName ?? "";
  // Only what the group was told to send.
  if (!read || !groupTable(sim).get(name)?.metrics.includes(metric)) return undefined;
  const changes = sizesTable(sim).get(name)?.changes ?? [];
  return {
    unit: "None",
    samples(at) {
      const size = lastChange(changes, at);
      return size ? [read(size)] : [];
    },
  };
}

export const metrics: Readonly<Record<string, Metrics>> = {
  "AWS/AutoScaling": {
    source,
    list: (sim) =>
      groupTable(sim)
        .all()
        .flatMap(({ name, metrics: sent }) =>
          sent.map((metric) => ({ metric, dimensions: { AutoScalingGroupName: name } })),
        ),
  },
};
