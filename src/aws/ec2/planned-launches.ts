import type { AnyType } from "../../engine/resource.ts";
import { type GroupLive, type GroupSpec, group } from "../auto-scaling/group.ts";
import { changing, coming, type Planned, type PlannedStack } from "../preflight.ts";
import { imageBuilder } from "./image-builder.ts";
import { type InstanceLive, type InstanceSpec, instance } from "./instance.ts";
import { launchTemplate } from "./launch-template.ts";
import { subnet } from "./subnet.ts";

/* The instances that a plan launches: its own, and those of its groups. */

/** What brings instances about. */
export const LAUNCHING: readonly AnyType[] = [instance, imageBuilder, launchTemplate, group];

/** An instance type that is launched, and where the config says so. */
export interface LaunchedType {
  readonly type: string;
  readonly path: string;
}
export interface Place extends LaunchedType {
  readonly zone: string;
}

/** A group of the plan with what it launches from. */
interface PlannedGroup {
  readonly group: Planned<GroupSpec, GroupLive>;
  readonly type: string;
  readonly path: string;
  /** Its launch template changes: by and by it launches all its instances anew. */
  readonly relaunches: boolean;
}

/** The stack's own instances, builders among them. */
export const instancesIn = (plan: PlannedStack): readonly Planned<InstanceSpec, InstanceLive>[] => [
  ...plan.of(instance),
  ...(plan.of(imageBuilder) as unknown as readonly Planned<InstanceSpec, InstanceLive>[]),
];

export const groupsIn = (plan: PlannedStack): readonly PlannedGroup[] =>
  plan.of(group).flatMap((one) => {
    const template = plan.named(launchTemplate, one.spec.launchTemplateId);
    if (!template) return [];
    const { spec, action, from } = template;
    const relaunches = one.action !== "create" && action !== "none";
    return [{ group: one, type: spec.instanceType, path: from("instanceType"), relaunches }];
  });

/** Every type that is launched, though it may not be known yet where. */
export const launches = (plan: PlannedStack): readonly LaunchedType[] =>
  [...coming(instancesIn(plan)), ...changing(plan.of(launchTemplate))].map(({ spec, from }) => ({
    type: spec.instanceType,
    path: from("instanceType"),
  }));

/** Every type in each zone in which it is launched. */
export function places(plan: PlannedStack): readonly Place[] {
  const zoneOf = (subnetId: string) => plan.named(subnet, subnetId)?.spec.zone;
  const own = coming(instancesIn(plan)).map(({ spec, from }) => ({
    type: spec.instanceType,
    path: from("instanceType"),
    subnetIds: [spec.subnetId],
  }));
  const ofGroups = groupsIn(plan)
    .filter(({ group, relaunches }) => relaunches || group.sets("subnetIds"))
    .map(({ type, path, group }) => ({ type, path, subnetIds: group.spec.subnetIds }));
  return [...own, ...ofGroups].flatMap(({ type, path, subnetIds }) =>
    subnetIds.flatMap((id) => {
      const zone = zoneOf(id);
      return zone === undefined ? [] : [{ type, path, zone }];
    }),
  );
}
