import type { NotYet, Owner, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { MARK } from "../coverage.ts";
import { tagList, tagsFrom } from "../owned.ts";

/** RDS keeps all its identifiers in lower case. */
export const idOf = (owner: Owner): string => owner.name.toLowerCase();

/** The tags of a subnet or parameter group: its description does not hold them. */
export async function tagsOf(aws: Aws, arn: string): Promise<Tags> {
  const { TagList } = await aws.rds.listTagsForResource({ ResourceName: arn });
  return tagsFrom(TagList);
}

/** Closes a difference in tags. */
export async function retag(aws: Aws, arn: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (!changed.has("tags")) return;
  const { tags, obsoleteTags = [] } = owner;
  if (obsoleteTags.length > 0) await aws.rds.removeTagsFromResource({ ResourceName: arn, TagKeys: [...obsoleteTags] });
  await aws.rds.addTagsToResource({ ResourceName: arn, Tags: tagList(tags) });
}

/** In an account that never used RDS the first call makes RDS's service-linked role, and can fail until that is everywhere. */
export const NO_ROLE_YET: NotYet = {
  code: "InvalidParameterValue",
  message: /service.linked role|necessary credentials/i,
};

interface Named {
  readonly id: string;
  readonly tags: Tags;
}

/**
 * AWS copies tags to what is restored from a snapshot (API reference, RestoreDBInstanceFromDBSnapshot, CopyTagsToSnapshot), and
 * keeps them with a renamed instance. The tags of such a one name another instance, and say nothing of itself.
 */
export const speaksForItself = ({ id, tags }: Named): boolean => tags.Name === id;

/** Says of a primary that another one is to take its place, or has; its value is the instance's own name, as copies of it are not meant. */
export const FENCED_TAG = "buddyverse:fenced";
export const isFenced = ({ id, tags }: Named): boolean => tags[FENCED_TAG] === id;

/**
 * On an instance that was restored beside the primary: what it was restored from. It is under no key of the stack, so `up` leaves it
 * alone; tags that AWS copied to something else do not speak for that (`speaksForItself`).
 */
export const ORIGIN_TAG = "buddyverse:restored";

/**
 * On an instance that was made of a snapshot, until it has the master password of the stack: neither call takes one, so it is that of
 * its source (API reference, RestoreDBInstanceFromDBSnapshot). Its value is the snapshot's name.
 */
export const RESTORED_FROM_TAG = "buddyverse:restored-from";

/** They come and go with a restore or a failover, and reads may still show one that is gone. */
export const MARKS: Readonly<Record<string, string>> = Object.fromEntries(
  [FENCED_TAG, ORIGIN_TAG, RESTORED_FROM_TAG].map((tag) => [`TagList[${tag}]`, MARK]),
);
