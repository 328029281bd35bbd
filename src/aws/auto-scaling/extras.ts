import type { Identified } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { command, type Extra, type ExtraReader, idsIn, standing } from "../extra.ts";
import { allPages } from "../pages.ts";
import { NOT_FOUND, policiesOf } from "./scaling-policy.ts";

const groupsIn = (seen: Parameters<ExtraReader["read"]>[2]) => standing<Identified>(seen, "auto-scaling:group");

const hooks: ExtraReader = {
  what: "lifecycle hooks",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        groupsIn(seen).map(async ({ name, live }) => {
          const answer = await undefinedIf(NOT_FOUND, () =>
            aws.autoScaling.describeLifecycleHooks({ AutoScalingGroupName: live.id }),
          );
          return (answer?.LifecycleHooks ?? []).map(
            ({ LifecycleHookName: id = "", LifecycleTransition = "" }): Extra => ({
              what: "lifecycle hook",
              id,
              on: name,
              effect: /TERMINATING/.test(LifecycleTransition)
                ? "holds up each instance before it ends"
                : "holds up each new instance before it serves",
              whose: "",
              danger: undefined,
              commands: [
                command(
                  aws,
                  `autoscaling delete-lifecycle-hook --lifecycle-hook-name ${id} --auto-scaling-group-name ${live.id}`,
                ),
              ],
            }),
          );
        }),
      )
    ).flat(),
};

const schedules: ExtraReader = {
  what: "scheduled actions",
  read: async (aws, _stack, seen) =>
    (
      await Promise.all(
        groupsIn(seen).map(async ({ name, live }) => {
          const found = await allPages(
            (NextToken) => aws.autoScaling.describeScheduledActions({ AutoScalingGroupName: live.id, NextToken }),
            (page) => page.ScheduledUpdateGroupActions,
            (page) => page.NextToken,
          );
          return found.map(({ ScheduledActionName: id = "", ...one }): Extra => {
            const sizes = [
              one.MinSize === undefined ? "" : `min ${one.MinSize}`,
              one.MaxSize === undefined ? "" : `max ${one.MaxSize}`,
              one.DesiredCapacity === undefined ? "" : `desired ${one.DesiredCapacity}`,
            ].filter(Boolean);
            return {
              what: "scheduled action",
              id,
              on: name,
              effect: `sets ${sizes.join(", ")}${one.Recurrence ? ` at "${one.Recurrence}"` : ""}`,
              whose: "",
              danger: undefined,
              commands: [
                command(
                  aws,
                  `autoscaling delete-scheduled-action --scheduled-action-name ${id} --auto-scaling-group-name ${live.id}`,
                ),
              ],
            };
          });
        }),
      )
    ).flat(),
};

const policies: ExtraReader = {
  what: "scaling policies",
  async read(aws, _stack, seen) {
    const known = idsIn(seen);
    const found = await Promise.all(
      groupsIn(seen).map(async ({ name, live }) => {
        return (await policiesOf(aws, live.id))
          .filter(({ PolicyARN = "" }) => !known.has(PolicyARN))
          .map(
            ({ PolicyName: id = "", PolicyType = "" }): Extra => ({
              what: "scaling policy",
              id,
              on: name,
              effect: `changes how many instances run (${PolicyType})`,
              whose: "",
              danger: undefined,
              commands: [
                command(aws, `autoscaling delete-policy --policy-name ${id} --auto-scaling-group-name ${live.id}`),
              ],
            }),
          );
      }),
    );
    return found.flat();
  },
};

export const extras: readonly ExtraReader[] = [hooks, schedules, policies];
