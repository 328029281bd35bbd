import type { Identified, Tags } from "../../engine/resource.ts";
import { list } from "../../lib/text.ts";
import { instanceEffect, instancesIn } from "../ec2/read-vpc-contents.ts";
import { undefinedIf } from "../errors.ts";
import { calledIn, command, type Extra, type ExtraReader, idsIn, standing } from "../extra.ts";
import { KEY_TAG, STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type GroupLive, targetHealth } from "./group.ts";
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

/** Machines of others that a target group of the Auto Scaling group has: the load balancer sends them visitors. */
const targets: ExtraReader = {
  what: "targets",
  async read(aws, _stack, seen) {
    const found = await Promise.all(
      standing<GroupLive>(seen, "auto-scaling:group").flatMap(({ live }) =>
        live.targetGroupArns.map(async (arn): Promise<readonly Extra[]> => {
          const health = await targetHealth(aws, arn);
          return [...(health ?? [])]
            .filter(([id, { State }]) => !live.instanceIds.includes(id) && State !== "draining")
            .map(([id]) => ({
              what: "target",
              id,
              on: calledIn(seen, arn),
              effect: [...idsIn(seen)].includes(id)
                ? `visitors are sent to ${calledIn(seen, id)}`
                : "visitors are sent to it",
              whose: "",
              danger: "leads elsewhere",
              commands: [command(aws, `elbv2 deregister-targets --target-group-arn ${arn} --targets Id=${id}`)],
            }));
        }),
      ),
    );
    return found.flat();
  },
};

/** Auto Scaling's own tag on each instance that it starts: the group's name (user guide, "Tag Auto Scaling groups and instances"). */
const GROUP_TAG = "aws:autoscaling:groupName";

/**
 * Instances that bear the stack's tag and are none of its objects: the group's, where somebody has opened one, and those that somebody
 * has started "like this one", with its tags.
 */
const instances: ExtraReader = {
  what: "instances with the stack's tag",
  async read(aws, stack, seen) {
    const known = idsIn(seen);
    const groups = standing<GroupLive>(seen, "auto-scaling:group");
    const groupOf = (id: string, tags: Tags) =>
      groups.find(({ live }) => live.instanceIds.includes(id) || live.id === tags[GROUP_TAG])?.name;
    const found = await Promise.all(standing<Identified>(seen, "ec2:vpc").map(({ live }) => instancesIn(aws, live.id)));
    return found.flat().flatMap((one): readonly Extra[] => {
      const { InstanceId: id = "", Tags, SecurityGroups = [] } = one;
      const tags = tagsFrom(Tags);
      if (tags[STACK_TAG] !== stack || tags[KEY_TAG] !== undefined) return [];
      const on = groupOf(id, tags);
      const { effect, danger } = instanceEffect(one);
      const others = SecurityGroups.flatMap(({ GroupId }) => (GroupId && !known.has(GroupId) ? [GroupId] : []));
      const effects = [
        ...(on === undefined ? ["bears the stack's tag, and is none of its objects"] : []),
        ...(effect ? [effect] : []),
        ...(others.length > 0 ? [`is in ${list(others)}, no security group of the stack`] : []),
      ];
      if (effects.length === 0) return [];
      return [
        {
          what: "instance",
          id,
          on,
          effect: effects.join(", "),
          whose: "",
          danger: danger ?? (others.length > 0 ? "opened to the world" : undefined),
          commands: [command(aws, `ec2 terminate-instances --instance-ids ${id}`)],
        },
      ];
    });
  },
};

/** Instances of the group that somebody holds back: from leaving it, or from serving. */
const heldBack: ExtraReader = {
  what: "instances held back",
  read: async (aws, _stack, seen) =>
    standing<GroupLive>(seen, "auto-scaling:group").flatMap(({ name, live: { id: group, keptIds, standbyIds } }) => {
      const of = (id: string) => `--auto-scaling-group-name ${group} --instance-ids ${id}`;
      const held = (id: string, effect: string, commands: string): Extra => ({
        what: "instance",
        id,
        on: name,
        effect,
        whose: "",
        danger: undefined,
        commands: [command(aws, `autoscaling ${commands}`)],
      });
      return [
        ...standbyIds.map((id) => held(id, "is in standby: it costs, and serves nobody", `exit-standby ${of(id)}`)),
        ...keptIds.map((id) =>
          held(
            id,
            "is protected from scale-in: it stays when the group gets smaller",
            `set-instance-protection --no-protected-from-scale-in ${of(id)}`,
          ),
        ),
      ];
    }),
};

export const extras: readonly ExtraReader[] = [hooks, schedules, policies, targets, instances, heldBack];
