import type { Snapshot } from "@aws-sdk/client-ec2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { isBackup, KEY_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { deleteSnapshots, listImages } from "./image.ts";
import { ofStack } from "./tags.ts";

export interface SnapshotLive extends Identified {
  readonly tags: Tags;
}

/** All snapshots of the account that carry the stack's tag, whoever made them. */
export const taggedSnapshots = (aws: Aws, stack: string): Promise<readonly Snapshot[]> =>
  aws.coalesce(`ec2:snapshots:${stack}`, () =>
    allPages(
      (NextToken) => aws.ec2.describeSnapshots({ OwnerIds: ["self"], Filters: ofStack(stack), NextToken }),
      (page) => page.Snapshots,
      (page) => page.NextToken,
    ),
  );

/** How EC2 describes the snapshots of an image. Others with the stack's tags are somebody's copies of a volume: data. */
const OF_IMAGE = /^Created by CreateImage\(/;

/** True for a snapshot that carries the stack's tags but is a backup, or was made by hand. */
export const isCopyOfVolume = ({ Description = "", Tags }: Snapshot): boolean =>
  isBackup(Tags) || !OF_IMAGE.test(Description);

/** The stack's snapshots that no image of it uses any more: somebody deregistered the image by hand, and they go on costing. */
async function list(aws: Aws, stack: string): Promise<readonly SnapshotLive[]> {
  const [images, snapshots] = await Promise.all([listImages(aws, stack), taggedSnapshots(aws, stack)]);
  const used = new Set(images.flatMap(({ snapshotIds }) => snapshotIds));
  return snapshots
    .filter((one) => !isCopyOfVolume(one))
    .map((one) => ({ id: one.SnapshotId as string, tags: tagsFrom(one.Tags) }))
    .filter(({ id }) => !used.has(id));
}

/** Snapshots come and go with their image; this type only finds and removes those that were left behind. */
export const snapshot: ResourceType<object, SnapshotLive> = {
  name: "ec2:snapshot",
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { delete: ["InvalidSnapshot.InUse"] },
  list,
  /** It carries the key of its image: beside the image's own resource the sweep names it by key and id. */
  async find(aws, owner, id) {
    const left = await list(aws, owner.stack);
    const keyOf = ({ tags }: SnapshotLive) => tags[KEY_TAG] ?? "";
    return (
      left.find((one) => one.id === id || owner.key === `${keyOf(one)}#${one.id}`) ??
      left.find((one) => keyOf(one) === owner.key)
    );
  },
  delete: (aws, { id }) => deleteSnapshots(aws, [id]),
};
