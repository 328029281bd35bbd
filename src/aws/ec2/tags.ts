import type { _InstanceType, ResourceType as Ec2ResourceType } from "@aws-sdk/client-ec2";
import type { Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { STACK_TAG, tagList } from "../owned.ts";

export type InstanceTypeName = _InstanceType;

/** For a create call: the owner's tags on each kind of object that it makes. */
export const tagSpecifications = (owner: Owner, ...kinds: readonly Ec2ResourceType[]) =>
  kinds.map((ResourceType) => ({ ResourceType, Tags: tagList(owner.tags) }));

/** For a describe call: only what carries the stack's tag. */
export const ofStack = (stack: string) => [{ Name: `tag:${STACK_TAG}`, Values: [stack] }];

/** Closes a difference in tags, on any EC2 object. */
export async function retag(aws: Aws, id: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (changed.has("tags")) await aws.ec2.createTags({ Resources: [id], Tags: tagList(owner.tags) });
}
