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

/** Closes a difference in tags, on any EC2 objects. What is to go goes first, as in `setTags` of every service. */
export async function setTags(aws: Aws, Resources: string[], { tags, obsoleteTags = [] }: Owner): Promise<void> {
  if (obsoleteTags.length > 0) await aws.ec2.deleteTags({ Resources, Tags: obsoleteTags.map((Key) => ({ Key })) });
  await aws.ec2.createTags({ Resources, Tags: tagList(tags) });
}

/** The same for one object, if its tags differ. */
export async function retag(aws: Aws, id: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (changed.has("tags")) await setTags(aws, [id], owner);
}
