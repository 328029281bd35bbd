import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { groupFor, invalid } from "./tables.ts";

/*
 * What others hang on a group. A hook's wait, and what a schedule does at its time, do not come about here: a schedule is refused that
 * would begin within the day.
 */

interface Hook {
  readonly group: string;
  readonly name: string;
  readonly transition: string;
}
interface Scheduled {
  readonly group: string;
  readonly name: string;
  readonly recurrence: string | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly desired: number | null;
}
interface Notification {
  readonly group: string;
  readonly topicArn: string;
  readonly types: readonly string[];
}
const notificationTable = (sim: Sim) => sim.table<Notification>("autoScaling.notifications");
const hookTable = (sim: Sim) => sim.table<Hook>("autoScaling.hooks");
const scheduleTable = (sim: Sim) => sim.table<Scheduled>("autoScaling.schedules");
const name = z.string().min(1).max(255);
const size = z.number().int().min(0).optional();

/** They go with their group. */
export function dropHooks(sim: Sim, group: string): void {
  for (const one of hookTable(sim).all()) if (one.group === group) hookTable(sim).removeNow(`${group}/${one.name}`);
  for (const one of scheduleTable(sim).all())
    if (one.group === group) scheduleTable(sim).removeNow(`${group}/${one.name}`);
  for (const one of notificationTable(sim).all())
    if (one.group === group) notificationTable(sim).removeNow(`${group}/${one.topicArn}`);
}

export const hooks: SandboxService = {
  operations: {
    PutLifecycleHook: operation(
      {
        AutoScalingGroupName: name,
        LifecycleHookName: name,
        LifecycleTransition: z.enum(["autoscaling:EC2_INSTANCE_LAUNCHING", "autoscaling:EC2_INSTANCE_TERMINATING"]),
        DefaultResult: z.enum(["CONTINUE", "ABANDON"]).optional(),
        HeartbeatTimeout: z.number().int().min(30).max(7_200).optional(),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName).name;
        const one = { group, name: input.LifecycleHookName, transition: input.LifecycleTransition };
        hookTable(sim).put(`${group}/${one.name}`, one);
        return {};
      },
    ),
    DescribeLifecycleHooks: operation({ AutoScalingGroupName: name }, ({ AutoScalingGroupName }, sim) => {
      const group = groupFor(sim, AutoScalingGroupName).name;
      return {
        LifecycleHooks: hookTable(sim)
          .allVisible()
          .filter((one) => one.group === group)
          .map((one) => ({
            AutoScalingGroupName: group,
            LifecycleHookName: one.name,
            LifecycleTransition: one.transition,
          })),
      };
    }),
    DeleteLifecycleHook: operation({ AutoScalingGroupName: name, LifecycleHookName: name }, (input, sim) => {
      const key = `${groupFor(sim, input.AutoScalingGroupName).name}/${input.LifecycleHookName}`;
      if (!hookTable(sim).get(key)) throw invalid(`No Lifecycle Hook found with name: ${input.LifecycleHookName}`);
      hookTable(sim).remove(key);
      return {};
    }),

    PutScheduledUpdateGroupAction: operation(
      {
        AutoScalingGroupName: name,
        ScheduledActionName: name,
        StartTime: z.date(),
        Recurrence: z.string().optional(),
        MinSize: size,
        MaxSize: size,
        DesiredCapacity: size,
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName).name;
        if (input.StartTime.getTime() < sim.now + 86_400_000)
          throw invalid("The sandbox carries out no schedule: StartTime must be a day ahead at least");
        scheduleTable(sim).put(`${group}/${input.ScheduledActionName}`, {
          group,
          name: input.ScheduledActionName,
          recurrence: input.Recurrence ?? null,
          min: input.MinSize ?? null,
          max: input.MaxSize ?? null,
          desired: input.DesiredCapacity ?? null,
        });
        return {};
      },
    ),
    // It takes the place of what that topic was told before (API reference).
    PutNotificationConfiguration: operation(
      {
        AutoScalingGroupName: name,
        TopicARN: z.string().regex(/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/),
        NotificationTypes: z
          .array(
            z.enum([
              "autoscaling:EC2_INSTANCE_LAUNCH",
              "autoscaling:EC2_INSTANCE_LAUNCH_ERROR",
              "autoscaling:EC2_INSTANCE_TERMINATE",
              "autoscaling:EC2_INSTANCE_TERMINATE_ERROR",
              "autoscaling:TEST_NOTIFICATION",
            ]),
          )
          .min(1),
      },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName).name;
        const one = { group, topicArn: input.TopicARN, types: input.NotificationTypes };
        notificationTable(sim).put(`${group}/${one.topicArn}`, one);
        return {};
      },
    ),
    DescribeNotificationConfigurations: operation(
      { AutoScalingGroupNames: z.array(name).optional(), NextToken: z.string().optional() },
      ({ AutoScalingGroupNames = [] }, sim) => ({
        NotificationConfigurations: notificationTable(sim)
          .allVisible()
          .filter(({ group }) => AutoScalingGroupNames.length === 0 || AutoScalingGroupNames.includes(group))
          .flatMap(({ group, topicArn, types }) =>
            types.map((NotificationType) => ({ AutoScalingGroupName: group, TopicARN: topicArn, NotificationType })),
          ),
      }),
    ),
    DeleteNotificationConfiguration: operation({ AutoScalingGroupName: name, TopicARN: name }, (input, sim) => {
      notificationTable(sim).remove(`${groupFor(sim, input.AutoScalingGroupName).name}/${input.TopicARN}`);
      return {};
    }),
    DescribeScheduledActions: operation(
      { AutoScalingGroupName: name.optional(), NextToken: z.string().optional() },
      ({ AutoScalingGroupName }, sim) => ({
        ScheduledUpdateGroupActions: scheduleTable(sim)
          .allVisible()
          .filter((one) => AutoScalingGroupName === undefined || one.group === AutoScalingGroupName)
          .map((one) => ({
            AutoScalingGroupName: one.group,
            ScheduledActionName: one.name,
            ...(one.recurrence === null ? {} : { Recurrence: one.recurrence }),
            ...(one.min === null ? {} : { MinSize: one.min }),
            ...(one.max === null ? {} : { MaxSize: one.max }),
            ...(one.desired === null ? {} : { DesiredCapacity: one.desired }),
          })),
      }),
    ),
    DeleteScheduledAction: operation({ AutoScalingGroupName: name, ScheduledActionName: name }, (input, sim) => {
      const key = `${groupFor(sim, input.AutoScalingGroupName).name}/${input.ScheduledActionName}`;
      if (!scheduleTable(sim).get(key)) throw invalid("Scheduled action name not found");
      scheduleTable(sim).remove(key);
      return {};
    }),
  },
};
