import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { live, setDesired } from "./life.ts";
import { at, moveToService, moveToStandby } from "./members.ts";
import { activityTable, groupFor, groupTable, invalid, type Member, memberTable, noteSizes } from "./tables.ts";

const name = z.string().min(1).max(255);
/** So many instances in one call (API reference, EnterStandby and SetInstanceProtection). */
const instanceIds = (most: number) => z.array(z.string().min(1).max(19)).min(1).max(most);

function memberFor(sim: Sim, group: string, id: string): Member {
  const member = memberTable(sim).get(id);
  // The words: hashicorp/terraform-provider-aws#35071.
  if (member?.group !== group) throw invalid(`The instance ${id} is not part of Auto Scaling group ${group}.`);
  return member;
}

const shown = (sim: Sim, ids: readonly string[]) =>
  ids.flatMap((id) => {
    const one = activityTable(sim).get(id);
    return one
      ? {
          ActivityId: one.id,
          AutoScalingGroupName: one.group,
          Description: one.description,
          Cause: one.cause,
          StatusCode: one.status,
          StartTime: new Date(one.startedAt),
          Progress: one.endedAt === null ? 50 : 100,
        }
      : [];
  });

/** What keeps an instance from being replaced: standby, and protection from scale-in. */
export const standby: SandboxService = {
  operations: {
    SetInstanceProtection: operation(
      { AutoScalingGroupName: name, InstanceIds: instanceIds(50), ProtectedFromScaleIn: z.boolean() },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const members = input.InstanceIds.map((id) => memberFor(sim, group.name, id));
        for (const member of members)
          memberTable(sim).put(member.instanceId, { ...member, protected: input.ProtectedFromScaleIn });
        live(sim, group.name);
        return {};
      },
    ),

    EnterStandby: operation(
      { AutoScalingGroupName: name, InstanceIds: instanceIds(20), ShouldDecrementDesiredCapacity: z.boolean() },
      (input, sim) => {
        const group = groupFor(sim, input.AutoScalingGroupName);
        const members = input.InstanceIds.map((id) => memberFor(sim, group.name, id));
        // The words of the two refusals are chosen.
        const other = members.find(({ state }) => state !== "InService");
        if (other) throw invalid(`The instance ${other.instanceId} is not in InService but in ${other.state}.`);
        const desired = input.ShouldDecrementDesiredCapacity ? group.desired - members.length : group.desired;
        if (desired < group.min)
          throw invalid(
            `AutoScalingGroup ${group.name} has min-size=${group.min}, and cannot have ${desired} instances`,
          );
        const cause = `${at(sim)} a user request moved the instance to standby.`;
        if (desired !== group.desired)
          groupTable(sim).put(
            group.name,
            setDesired(sim, group, desired, "a user request moved instances to standby,"),
          );
        const activities = members.map((member) => moveToStandby(sim, member, cause));
        noteSizes(sim, group.name);
        live(sim, group.name);
        return { Activities: shown(sim, activities) };
      },
    ),

    ExitStandby: operation({ AutoScalingGroupName: name, InstanceIds: instanceIds(20) }, (input, sim) => {
      const group = groupFor(sim, input.AutoScalingGroupName);
      const members = input.InstanceIds.map((id) => memberFor(sim, group.name, id));
      const other = members.find(({ state }) => state !== "Standby");
      if (other) throw invalid(`The instance ${other.instanceId} is not in Standby but in ${other.state}.`);
      const desired = group.desired + members.length;
      if (desired > group.max)
        throw invalid(`AutoScalingGroup ${group.name} has max-size=${group.max}, and cannot have ${desired} instances`);
      const cause = `${at(sim)} a user request moved the instance out of standby.`;
      groupTable(sim).put(
        group.name,
        setDesired(sim, group, desired, "a user request moved instances out of standby,"),
      );
      const activities = members.map((member) => moveToService(sim, member, cause));
      noteSizes(sim, group.name);
      live(sim, group.name);
      return { Activities: shown(sim, activities) };
    }),
  },
};
