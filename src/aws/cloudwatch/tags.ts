import type { Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { tagList } from "../owned.ts";

/** Closes a difference in tags: the calls that put an alarm or a dashboard take tags only when they make it. */
export async function retag(aws: Aws, ResourceARN: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (!changed.has("tags")) return;
  const { tags, obsoleteTags = [] } = owner;
  if (obsoleteTags.length > 0) await aws.cloudWatch.untagResource({ ResourceARN, TagKeys: [...obsoleteTags] });
  await aws.cloudWatch.tagResource({ ResourceARN, Tags: tagList(tags) });
}
