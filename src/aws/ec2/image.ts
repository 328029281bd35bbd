import type { Image } from "@aws-sdk/client-ec2";
import type { Health, Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { STATE } from "../coverage.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { findOwned, isBackup, isOwners, KEY_TAG, STACK_TAG, tagsFrom, takenBy } from "../owned.ts";
import { allPages } from "../pages.ts";
import { dropVersionsOf } from "./launch-template.ts";
import { imageSnapshotGB, snapshotStorage } from "./prices.ts";
import { imageById, isThere } from "./read-images.ts";
import { ofStack, setTags, tagSpecifications } from "./tags.ts";

export interface ImageSpec {
  /** The stopped instance that it is made of; gone afterwards. */
  readonly builderId: string;
  /** The image that the builder started from. "": made before that was kept. */
  readonly baseId: string;
  /** Tells apart images of the same content; undefined: the first of its content. */
  readonly edition: string | undefined;
}
export interface ImageLive extends ImageSpec, Identified {
  readonly tags: Tags;
  readonly imageName: string;
  /** Milliseconds since 1970; 0: AWS does not say. */
  readonly createdAt: number;
  readonly state: string;
  readonly reason: string;
  readonly rootDevice: string;
  /** Instances may not have a smaller root volume, GiB. */
  readonly rootGiB: number;
  readonly snapshotIds: readonly string[];
  /**
   * "disabled", "enabled-with-cooldown", "enabled-without-cooldown", or "disabled after " and a time, until when it cannot be
   * deregistered (seen in ekristen/aws-nuke, ec2-image.go). moto shows none.
   */
  readonly deregistrationProtection: string;
}

const BASE_TAG = "buddyverse:base-image";
const EDITION_TAG = "buddyverse:image-edition";

function live(image: Image): ImageLive {
  const tags = tagsFrom(image.Tags);
  return {
    id: image.ImageId as string,
    tags,
    builderId: image.SourceInstanceId ?? "",
    baseId: tags[BASE_TAG] ?? "",
    edition: tags[EDITION_TAG],
    imageName: image.Name ?? "",
    createdAt: image.CreationDate === undefined ? 0 : Date.parse(image.CreationDate),
    state: image.State ?? "",
    reason: image.StateReason?.Message ?? "",
    rootDevice: image.RootDeviceName ?? "",
    rootGiB:
      image.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === image.RootDeviceName)?.Ebs?.VolumeSize ?? 0,
    deregistrationProtection: image.DeregistrationProtection ?? "disabled",
    described: image,
    snapshotIds: (image.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []),
  };
}

/** The stack's own images; not the backups of its instances, which carry its tags. */
export const listImages = (aws: Aws, stack: string): Promise<readonly ImageLive[]> =>
  aws.coalesce(`ec2:images:${stack}`, async () => {
    const images = await allPages(
      (NextToken) => aws.ec2.describeImages({ Owners: ["self"], Filters: ofStack(stack), NextToken }),
      (page) => page.Images,
      (page) => page.NextToken,
    );
    return images.filter((one) => isThere(one) && !isBackup(one.Tags)).map(live);
  });

const byId = async (aws: Aws, id: string): Promise<ImageLive | undefined> => {
  const found = await imageById(aws, id);
  return found && live(found);
};

/** The account's image of that name, whichever stack's. */
async function named(aws: Aws, name: string): Promise<ImageLive | undefined> {
  const { Images = [] } = await aws.ec2.describeImages({
    Owners: ["self"],
    Filters: [{ Name: "name", Values: [name] }],
  });
  return Images.filter(isThere).map(live)[0];
}

const findListed = findOwned(listImages, { byId });

/** `error` and `invalid` are failures that AWS's own waiters wait on for ever. */
function health({ id, state, reason }: ImageLive): Health {
  if (state === "available") return "ready";
  if (state === "pending" || state === "transient") return "pending";
  return { failed: `image ${id} is in state ${state}${reason ? `: ${reason}` : ""}` };
}

/** The machine image of the web instances. Its name holds a hash of its content: new content is a new image beside the old. */
export const image: ResourceType<ImageSpec, ImageLive> = {
  name: "ec2:image",
  naming: { longest: 128, within: "region" },
  same: { builderId: createOnly, baseId: createOnly, edition: createOnly },
  coverage: {
    covers: { builderId: "watched", baseId: [`Tags[${BASE_TAG}]`], edition: [`Tags[${EDITION_TAG}]`] },
    ignores: { State: STATE, StateReason: STATE },
    dangers: [{ at: ["Public"], danger: "made public", when: (text) => text === "true" }],
  },
  // Known only while the builder is there.
  unrecorded: ["builderId", "baseId"],
  createdAt: ({ createdAt }) => createdAt,
  timing: { createSeconds: 300, timeoutSeconds: 2_400, deleteSeconds: 1 },
  retryable: { create: ["IncorrectInstanceState"], delete: ["InvalidSnapshot.InUse"] },
  // `find` reads a recorded image by its id, together with the public ones.
  listNeedsExtraCalls: true,
  list: listImages,
  async find(aws, owner, id) {
    const recorded = id === undefined ? undefined : await byId(aws, id);
    return recorded?.tags[KEY_TAG] === owner.key && recorded.tags[STACK_TAG] === owner.stack
      ? recorded
      : findListed(aws, owner, recorded && id);
  },
  health,

  mend: ({ cli, region }, { id }, { path, before }) =>
    path === "DeregistrationProtection" && before === "disabled"
      ? { command: `${cli} ec2 disable-image-deregistration-protection --image-id ${id} --region ${region}` }
      : undefined,

  async protections(aws, { id, deregistrationProtection: protection }) {
    if (protection === "disabled") return [];
    const to = `lift the deregistration protection of ${id}`;
    if (!protection.startsWith("enabled"))
      return [{ what: `deregistration protection is ${protection}: until then it holds`, lift: { to, commands: [] } }];
    const command = `${aws.cli} ec2 disable-image-deregistration-protection --image-id ${id} --region ${aws.region}`;
    const what = `deregistration protection is on${protection === "enabled-with-cooldown" ? ", and holds for 24 h after it was lifted" : ""}`;
    const lift = { to, commands: [command] };
    // With a cooldown it holds on: that waits for a person.
    return protection === "enabled-with-cooldown"
      ? [{ what, lift }]
      : [{ what, lift, unprotect: () => aws.ec2.disableImageDeregistrationProtection({ ImageId: id }) }];
  },

  async foresee(aws, _spec, owner, there) {
    const taken = there ? undefined : await named(aws, owner.name);
    return taken && !isOwners(owner, taken.tags)
      ? { kind: "clash", ...takenBy(owner, `image ${owner.name}`, taken.tags) }
      : undefined;
  },

  async create(aws, { builderId, baseId, edition }, owner) {
    const tags = { ...owner.tags, [BASE_TAG]: baseId, ...(edition === undefined ? {} : { [EDITION_TAG]: edition }) };
    try {
      const { ImageId } = await aws.ec2.createImage({
        InstanceId: builderId,
        Name: owner.name,
        Description: `The web instances of stack ${owner.stack}`,
        // The snapshots in the same call: a policy can then hold deleting and tagging of snapshots to the stack's own.
        TagSpecifications: tagSpecifications({ ...owner, tags }, "image", "snapshot"),
      });
      return ImageId as string;
    } catch (error) {
      if (!hasCode(error, "InvalidAMIName.Duplicate")) throw error;
      // Ours, when the answer of an earlier call was lost; one that does not show yet is looked for again by the engine.
      const taken = await named(aws, owner.name);
      if (!taken) throw error;
      if (isOwners(owner, taken.tags)) return taken.id;
      throw new BuddyError({
        code: "not-ours",
        ...takenBy(owner, `image ${owner.name}`, taken.tags),
        about: { key: owner.key, operation: "CreateImage" },
        cause: error,
      });
    }
  },

  async update(aws, { id, snapshotIds }, _spec, _changed, owner) {
    await setTags(aws, [id, ...snapshotIds], owner);
  },

  async delete(aws, { id, snapshotIds, tags }) {
    await dropVersionsOf(aws, tags[STACK_TAG] ?? "", id);
    const answer = await undefinedIf(["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"], () =>
      aws.ec2.deregisterImage({ ImageId: id, DeleteAssociatedSnapshots: true }),
    );
    // "skipped" belongs to another image, too. What is not named at all was not tried.
    const settled = (answer?.DeleteSnapshotResults ?? [])
      .filter(({ ReturnCode }) => ReturnCode === "success" || ReturnCode === "skipped")
      .map(({ SnapshotId }) => SnapshotId);
    await deleteSnapshots(
      aws,
      snapshotIds.filter((snapshot) => !settled.includes(snapshot)),
    );
  },

  // New content is a new image under a new name, but costs what the old one did.
  charges: (_spec, { name, use }) => [
    {
      what: "snapshot",
      price: snapshotStorage,
      quantity: use(imageSnapshotGB),
      under: name.replace(/-[0-9a-f]+$/, ""),
    },
  ],
};

/** Removes snapshots; those that are gone already are fine. */
export async function deleteSnapshots(aws: Aws, ids: readonly string[]): Promise<void> {
  await Promise.all(
    ids.map((SnapshotId) => undefinedIf(["InvalidSnapshot.NotFound"], () => aws.ec2.deleteSnapshot({ SnapshotId }))),
  );
}
