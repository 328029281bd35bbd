import type { Member, ScalingGroup, Target } from "../aws/scaling.ts";

/** The group and its targets at one moment. */
export interface GroupState {
  readonly at: number;
  readonly group: ScalingGroup;
  readonly targets: readonly Target[];
}

/** The members that serve; there is at least one in a group that is whole. */
export const serving = ({ instances }: ScalingGroup): readonly Member[] =>
  instances.filter(({ inService }) => inService);

export const healthy = (targets: readonly Target[]): readonly Target[] =>
  targets.filter(({ state }) => state === "healthy");

/** Exactly as many as desired, all in service and healthy, and nothing on its way in or out. */
export function isWhole({ group, targets }: GroupState): boolean {
  const healthyIds = new Set(healthy(targets).map(({ instanceId }) => instanceId));
  return (
    group.instances.length === group.desired &&
    targets.length === group.desired &&
    group.instances.every(({ id, inService }) => inService && healthyIds.has(id))
  );
}

/** The group is whole without that instance: another one serves in its place. */
export const isReplaced = (state: GroupState, id: string): boolean =>
  isWhole(state) && state.group.instances.every((instance) => instance.id !== id);

/** What is different between two moments, in words. */
export function changesBetween(before: GroupState, now: GroupState): string[] {
  const known = [...now.group.instances, ...before.group.instances];
  const named = (id: string) => `${id} (${known.find((instance) => instance.id === id)?.zone ?? "zone unknown"})`;
  const changes: string[] = [];
  if (before.group.desired !== now.group.desired)
    changes.push(`desired capacity: ${before.group.desired} → ${now.group.desired}`);
  for (const { id, inService } of now.group.instances) {
    const was = before.group.instances.find((instance) => instance.id === id);
    if (inService && !was?.inService) changes.push(`${named(id)} is in service`);
    if (!inService && was?.inService) changes.push(`${named(id)} is taken out of service`);
    if (!inService && !was) changes.push(`${named(id)} is started`);
  }
  for (const { id } of before.group.instances)
    if (!now.group.instances.some((instance) => instance.id === id)) changes.push(`${named(id)} is gone`);
  for (const { instanceId, state, reason } of now.targets) {
    const was = before.targets.find((target) => target.instanceId === instanceId);
    if (was?.state !== state)
      changes.push(`the load balancer calls ${named(instanceId)} ${state}${reason ? `: ${reason}` : ""}`);
  }
  return changes;
}

/** What of the group is not as it was. Which instances run does not count: they come and go. */
export function differsFrom(before: ScalingGroup, now: GroupState): string[] {
  const { group } = now;
  const changed = (["min", "max", "desired"] as const)
    .filter((field) => group[field] !== before[field])
    .map((field) => `${field} is ${group[field]}, was ${before[field]}`);
  const zonesOf = ({ zones }: ScalingGroup) => zones.toSorted().join(", ");
  if (zonesOf(group) !== zonesOf(before))
    changed.push(`the group launches in ${zonesOf(group)}, before in ${zonesOf(before)}`);
  if (!isWhole(now)) changed.push("not every instance is in service and healthy");
  return changed;
}
