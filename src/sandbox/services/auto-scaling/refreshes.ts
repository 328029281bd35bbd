import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { live } from "./life.ts";
import { groupFor, groupTable, invalid, modelled, noGroup, refreshTable, refreshUnderWay, uuid } from "./tables.ts";

const name = z.string().min(1).max(255);

export const refreshes: SandboxService = {
  operations: {
    StartInstanceRefresh: operation(
      {
        AutoScalingGroupName: name,
        Preferences: z
          .strictObject({
            MinHealthyPercentage: z.number().int().min(0).max(100).optional(),
            MaxHealthyPercentage: z.number().int().min(100).max(200).optional(),
            SkipMatching: z.boolean().optional(),
          })
          .optional(),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        if (refreshUnderWay(sim, group.name)) {
          throw modelled(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
          );
        }
        const { MinHealthyPercentage: least, MaxHealthyPercentage: most, SkipMatching } = input.Preferences ?? {};
        if (most !== undefined && least === undefined)
          throw invalid("MinHealthyPercentage must be specified with MaxHealthyPercentage");
        if (most !== undefined && least !== undefined && most - least > 100)
          throw invalid("The difference between MaxHealthyPercentage and MinHealthyPercentage must be 100 or less");
        const id = uuid(sim);
        refreshTable(sim).put(id, {
          id,
          group: group.name,
          status: "Pending",
          reason: null,
          minHealthy: least ?? 90,
          maxHealthy: most ?? 100,
          skipMatching: SkipMatching ?? false,
          startedAt: sim.now,
          endedAt: null,
        });
        live(sim, group.name);
        return { InstanceRefreshId: id };
      },
    ),

    DescribeInstanceRefreshes: operation(
      {
        AutoScalingGroupName: name,
        MaxRecords: z.number().int().min(1).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        if (!groupTable(sim).seen(input.AutoScalingGroupName)) throw noGroup();
        const found = refreshTable(sim)
          .seenAll()
          .filter(({ group }) => group === input.AutoScalingGroupName)
          .sort((one, other) => other.startedAt - one.startedAt);
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxRecords ?? 50);
        return {
          InstanceRefreshes: found.slice(from, to).map((one) => ({
            InstanceRefreshId: one.id,
            AutoScalingGroupName: one.group,
            Status: one.status,
            ...(one.reason === null ? {} : { StatusReason: one.reason }),
            StartTime: new Date(one.startedAt),
            ...(one.endedAt === null ? {} : { EndTime: new Date(one.endedAt) }),
            Preferences: {
              MinHealthyPercentage: one.minHealthy,
              MaxHealthyPercentage: one.maxHealthy,
              SkipMatching: one.skipMatching,
            },
          })),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),
  },
};
