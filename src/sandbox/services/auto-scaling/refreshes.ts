import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { checkTemplate } from "./groups.ts";
import { live } from "./life.ts";
import { rollBack } from "./refreshing.ts";
import {
  groupFor,
  groupTable,
  invalid,
  modelled,
  noGroup,
  type Refresh,
  refreshTable,
  refreshUnderWay,
  uuid,
} from "./tables.ts";

const name = z.string().min(1).max(255);
const MOVING = new Set(["$Latest", "$Default"]);

const notActive = () =>
  modelled("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group");

const percentage = (total: number, left: number): number =>
  total === 0 ? 100 : Math.floor((100 * (total - left)) / total);

const described = (one: Refresh) => ({
  InstanceRefreshId: one.id,
  AutoScalingGroupName: one.group,
  Status: one.status,
  ...(one.reason === null ? {} : { StatusReason: one.reason }),
  StartTime: new Date(one.startedAt),
  ...(one.endedAt === null ? {} : { EndTime: new Date(one.endedAt) }),
  ...(one.total === null
    ? {}
    : {
        // "Gradually goes back down to zero during a rollback" (API reference, InstanceRefresh).
        PercentageComplete: percentage(
          one.total,
          one.rollback === null ? (one.left ?? 0) : one.total - one.rollback.deployed,
        ),
        InstancesToUpdate: one.left,
      }),
  Preferences: {
    MinHealthyPercentage: one.preferences.minHealthy,
    MaxHealthyPercentage: one.preferences.maxHealthy,
    ...(one.preferences.warmup === null ? {} : { InstanceWarmup: one.preferences.warmup }),
    SkipMatching: one.preferences.skipMatching,
    AutoRollback: one.preferences.autoRollback,
    ScaleInProtectedInstances: one.preferences.scaleInProtected,
    StandbyInstances: one.preferences.standby,
  },
  ...(one.desired === null
    ? {}
    : {
        DesiredConfiguration: {
          LaunchTemplate: { LaunchTemplateId: one.desired.templateId, Version: one.desired.templateVersion },
        },
      }),
  ...(one.rollback === null
    ? {}
    : {
        RollbackDetails: {
          RollbackReason: one.rollback.reason,
          RollbackStartTime: new Date(one.rollback.startedAt),
          PercentageCompleteOnRollback: percentage(one.rollback.total, one.rollback.left),
          InstancesToUpdateOnRollback: one.rollback.left,
        },
      }),
});

export const refreshes: SandboxService = {
  operations: {
    StartInstanceRefresh: operation(
      {
        AutoScalingGroupName: name,
        Strategy: z.literal("Rolling").optional(),
        DesiredConfiguration: z
          .strictObject({ LaunchTemplate: z.strictObject({ LaunchTemplateId: z.string(), Version: z.string() }) })
          .optional(),
        Preferences: z
          .strictObject({
            MinHealthyPercentage: z.number().int().min(0).max(100).optional(),
            MaxHealthyPercentage: z.number().int().min(100).max(200).optional(),
            InstanceWarmup: z.number().int().min(0).optional(),
            SkipMatching: z.boolean().optional(),
            AutoRollback: z.boolean().optional(),
            ScaleInProtectedInstances: z.enum(["Refresh", "Ignore", "Wait"]).optional(),
            StandbyInstances: z.enum(["Terminate", "Ignore", "Wait"]).optional(),
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
        const given = input.Preferences ?? {};
        const { MinHealthyPercentage: least, MaxHealthyPercentage: most } = given;
        if (most !== undefined && least === undefined)
          throw invalid("MinHealthyPercentage must be specified with MaxHealthyPercentage");
        if (most !== undefined && least !== undefined && most - least > 100)
          throw invalid("The difference between MaxHealthyPercentage and MinHealthyPercentage must be 100 or less");
        const wanted = input.DesiredConfiguration?.LaunchTemplate;
        // The words: hashicorp/terraform-provider-aws#29830.
        if (given.AutoRollback && !wanted)
          throw invalid(
            "The request isn't valid. The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. Set AutoRollback to false or specify a desired configuration and try again.",
          );
        // Documented of RefreshPreferences; the words are chosen.
        if (given.AutoRollback && MOVING.has(group.templateVersion))
          throw invalid(`AutoRollback is not supported with the launch template version ${group.templateVersion}`);
        if (wanted) checkTemplate(sim, wanted, group.subnetIds[0] ?? "");
        const id = uuid(sim);
        refreshTable(sim).put(id, {
          id,
          group: group.name,
          status: "Pending",
          reason: null,
          desired: wanted ? { templateId: wanted.LaunchTemplateId, templateVersion: wanted.Version } : null,
          preferences: {
            minHealthy: least ?? 90,
            maxHealthy: most ?? 100,
            warmup: given.InstanceWarmup ?? null,
            skipMatching: given.SkipMatching ?? false,
            autoRollback: given.AutoRollback ?? false,
            scaleInProtected: given.ScaleInProtectedInstances ?? "Wait",
            standby: given.StandbyInstances ?? "Wait",
          },
          startedAt: sim.now,
          endedAt: null,
          total: null,
          left: null,
          progressAt: sim.now,
          rollback: null,
        });
        live(sim, group.name);
        return { InstanceRefreshId: id };
      },
    ),

    CancelInstanceRefresh: operation(
      { AutoScalingGroupName: name, WaitForTransitioningInstances: z.boolean().optional() },
      ({ AutoScalingGroupName, WaitForTransitioningInstances: waits = true }, sim) => {
        const group = groupFor(sim, AutoScalingGroupName);
        const refresh = refreshUnderWay(sim, group.name);
        if (!refresh) throw notActive();
        refreshTable(sim).put(
          refresh.id,
          waits
            ? { ...refresh, status: "Cancelling", reason: null }
            : { ...refresh, status: "Cancelled", reason: null, endedAt: sim.now },
        );
        live(sim, group.name);
        return { InstanceRefreshId: refresh.id };
      },
    ),

    RollbackInstanceRefresh: operation({ AutoScalingGroupName: name }, ({ AutoScalingGroupName }, sim) => {
      const group = groupFor(sim, AutoScalingGroupName);
      const refresh = refreshUnderWay(sim, group.name);
      if (refresh?.status !== "Pending" && refresh?.status !== "InProgress") throw notActive();
      if (!refresh.desired || MOVING.has(group.templateVersion))
        throw modelled(
          "IrreversibleInstanceRefresh",
          "The instance refresh has no desired configuration, or the group's launch template version is not a number: it cannot be rolled back.",
        );
      rollBack(sim, refresh, "Manual rollback.");
      live(sim, group.name);
      return { InstanceRefreshId: refresh.id };
    }),

    DescribeInstanceRefreshes: operation(
      {
        AutoScalingGroupName: name,
        InstanceRefreshIds: z.array(name).optional(),
        MaxRecords: z.number().int().min(1).max(100).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        if (!groupTable(sim).visible(input.AutoScalingGroupName)) throw noGroup();
        const found = refreshTable(sim)
          .allVisible()
          .filter(({ group }) => group === input.AutoScalingGroupName)
          .filter(({ id }) => !input.InstanceRefreshIds || input.InstanceRefreshIds.includes(id))
          .sort((one, other) => other.startedAt - one.startedAt);
        const from = Number(input.NextToken ?? 0);
        const to = from + (input.MaxRecords ?? 50);
        return {
          InstanceRefreshes: found.slice(from, to).map(described),
          ...(to < found.length ? { NextToken: String(to) } : {}),
        };
      },
    ),
  },
};
