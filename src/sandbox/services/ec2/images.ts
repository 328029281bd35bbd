import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { isAllowedImage } from "./account.ts";
import { ms } from "./durations.ts";
import { instanceFor } from "./instance-states.ts";
import { isPublic } from "./launch-permissions.ts";
import { ownerOf, type PublicImage, publicImages } from "./public-images.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { type Image, imageTable, instanceTable, snapshotTable } from "./tables.ts";

/** An image as a launch sees it, a public one or an own one. */
export interface UsableImage {
  readonly id: string;
  readonly architecture: string;
  readonly rootDevice: string;
  readonly rootGiB: number;
  readonly snapshotId: string;
  readonly content: Image["content"];
}

const notFound = (id: string) => awsError("InvalidAMIID.NotFound", `The image id '[${id}]' does not exist`);
const snapshotNotFound = (id: string) => awsError("InvalidSnapshot.NotFound", `The snapshot '${id}' does not exist.`);

/** The image as a launch may refer to it. Throws when it is not visible, or not available. */
export function imageFor(sim: Sim, id: string): UsableImage {
  if (!/^ami-[0-9a-f]{8,17}$/.test(id)) throw awsError("InvalidAMIID.Malformed", `Invalid id: "${id}"`);
  const common = publicImages(sim).find(({ imageId }) => imageId === id);
  // One that is not allowed is as if it were not there (EC2 user guide, "Allowed AMIs").
  if (common && !isAllowedImage(sim, ownerOf(sim, common))) throw notFound(id);
  if (common) return { ...common, id, snapshotId: `snap-${id.slice(4)}`, content: null };
  const own = imageTable(sim).visible(id) && imageTable(sim).get(id);
  if (!own) throw notFound(id);
  if (own.state !== "available") throw awsError("InvalidAMIID.Unavailable", `The image ID '${id}' is not available`);
  return {
    id,
    architecture: "x86_64",
    rootDevice: own.rootDevice,
    rootGiB: own.volumeGiB,
    snapshotId: own.snapshotId,
    content: own.content,
  };
}

const COOLDOWN_MS = 24 * 3_600_000;

/** As DescribeImages words it (seen in ekristen/aws-nuke, ec2-image.go). */
function protectionText({ now }: Sim, { protection }: Image): string {
  if (protection === undefined) return "disabled";
  if (typeof protection === "string") return protection;
  return protection.until > now ? `disabled after ${new Date(protection.until).toISOString()}` : "disabled";
}

function ownImage(sim: Sim, id: string): Image {
  const image = imageTable(sim).visible(id) && imageTable(sim).get(id);
  if (!image) throw notFound(id);
  return image;
}

function describedOwn(sim: Sim, image: Image) {
  return {
    ImageId: image.id,
    Name: image.name,
    Description: image.description,
    OwnerId: sim.account,
    State: image.state,
    ...(image.stateReason ? { StateReason: { Code: "Client.InternalError", Message: image.stateReason } } : {}),
    Public: isPublic(sim, image.id),
    DeregistrationProtection: protectionText(sim, image),
    Architecture: "x86_64",
    ImageType: "machine",
    CreationDate: new Date(image.createdAt).toISOString(),
    SourceInstanceId: image.sourceInstanceId,
    RootDeviceName: image.rootDevice,
    RootDeviceType: "ebs",
    // The snapshot is named when it is made.
    BlockDeviceMappings:
      image.state === "available"
        ? [{ DeviceName: image.rootDevice, Ebs: { SnapshotId: image.snapshotId, VolumeSize: image.volumeGiB } }]
        : [],
    Tags: tagsOf(sim, image.id),
  };
}

const describedPublic = (sim: Sim, image: PublicImage) => ({
  ImageId: image.imageId,
  Name: image.name,
  OwnerId: ownerOf(sim, image),
  ImageOwnerAlias: image.publisher === "amazon" ? "amazon" : undefined,
  State: "available",
  Public: true,
  Architecture: image.architecture,
  ImageType: "machine",
  CreationDate: new Date(image.releasedAt).toISOString(),
  RootDeviceName: image.rootDevice,
  RootDeviceType: "ebs",
  BlockDeviceMappings: [
    {
      DeviceName: image.rootDevice,
      Ebs: { SnapshotId: `snap-${image.imageId.slice(4)}`, VolumeSize: image.rootGiB },
    },
  ],
  Tags: [],
});

export const images: SandboxService = {
  operations: {
    CreateImage: operation(
      {
        InstanceId: z.string(),
        Name: z.string(),
        Description: z.string().max(255).optional(),
        NoReboot: z.boolean().optional(),
        TagSpecifications: tagSpecifications("image", "snapshot"),
      },
      (input, sim) => {
        const instance = instanceFor(sim, input.InstanceId);
        if (instance.state !== "running" && instance.state !== "stopped") {
          throw awsError(
            "IncorrectInstanceState",
            `The instance '${instance.id}' is not in a state from which it can be imaged: ${instance.state}`,
          );
        }
        if (!/^[A-Za-z0-9 ()[\]./\-'@_]{3,128}$/.test(input.Name)) {
          throw awsError(
            "InvalidAMIName.Malformed",
            "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
          );
        }
        const taken = imageTable(sim)
          .all()
          .find(({ name }) => name === input.Name);
        if (taken) {
          throw awsError("InvalidAMIName.Duplicate", `AMI name ${input.Name} is already in use by AMI ${taken.id}`);
        }
        const id = sim.id("ami");
        const snapshotId = sim.id("snap");
        tagOnCreate(sim, id, "image", input.TagSpecifications);
        tagOnCreate(sim, snapshotId, "snapshot", input.TagSpecifications);
        imageTable(sim).put(id, {
          id,
          name: input.Name,
          description: input.Description ?? "",
          sourceInstanceId: instance.id,
          snapshotId,
          volumeGiB: instance.volumeGiB,
          state: "pending",
          stateReason: null,
          createdAt: sim.now,
          rootDevice: imageFor(sim, instance.imageId).rootDevice,
          content: instance.content,
        });
        sim.after(ms("imageAvailable"), "ec2:image-available", id);
        return { ImageId: id };
      },
    ),

    DescribeImages: operation(
      {
        ImageIds: z.array(z.string()).optional(),
        Owners: z.array(z.string()).optional(),
        Filters: filters,
        IncludeDeprecated: z.boolean().optional(),
        MaxResults: z.number().int().min(1).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const all = [
          ...publicImages(sim)
            .filter((image) => isAllowedImage(sim, ownerOf(sim, image)))
            .map((image) => describedPublic(sim, image)),
          ...imageTable(sim)
            .allVisible()
            .map((image) => describedOwn(sim, image)),
        ];
        for (const id of input.ImageIds ?? [])
          if (!/^ami-[0-9a-f]{8,17}$/.test(id))
            throw awsError("InvalidAMIID.Malformed", `Invalid id: "${id}" (expecting "ami-...")`);
        for (const id of input.ImageIds ?? []) if (!all.some(({ ImageId }) => ImageId === id)) throw notFound(id);
        const found = all
          .filter(({ ImageId }) => !input.ImageIds || input.ImageIds.includes(ImageId))
          .filter(
            (one) =>
              !input.Owners ||
              input.Owners.some(
                (owner) =>
                  owner === one.OwnerId ||
                  (owner === "self" && one.OwnerId === sim.account) ||
                  (owner === "amazon" && "ImageOwnerAlias" in one && one.ImageOwnerAlias === "amazon"),
              ),
          )
          .filter((one) =>
            passes(sim, one.ImageId, input.Filters, {
              "image-id": [one.ImageId],
              name: [one.Name],
              state: [one.State],
              architecture: [one.Architecture],
              "root-device-type": ["ebs"],
              "virtualization-type": ["hvm"],
              "owner-id": [one.OwnerId],
            }),
          );
        const { items, NextToken } = page(found, input);
        return { Images: items, NextToken };
      },
    ),

    DeregisterImage: operation(
      { ImageId: z.string(), DeleteAssociatedSnapshots: z.boolean().optional() },
      (input, sim) => {
        if (publicImages(sim).some(({ imageId }) => imageId === input.ImageId))
          throw awsError("AuthFailure", `Not authorized for images: [${input.ImageId}]`);
        const image = ownImage(sim, input.ImageId);
        // AWS documents that it refuses, not with which code.
        if (protectionText(sim, image) !== "disabled")
          throw awsError("OperationNotPermitted", `The image '${image.id}' is protected from deregistration.`);
        imageTable(sim).remove(image.id);
        if (!input.DeleteAssociatedSnapshots) return { Return: true };
        const snapshot = snapshotTable(sim).get(image.snapshotId);
        if (snapshot) snapshotTable(sim).remove(snapshot.id);
        return {
          Return: true,
          DeleteSnapshotResults: snapshot ? [{ SnapshotId: snapshot.id, ReturnCode: "success" }] : [],
        };
      },
    ),

    EnableImageDeregistrationProtection: operation(
      { ImageId: z.string(), WithCooldown: z.boolean().optional() },
      ({ ImageId, WithCooldown = false }, sim) => {
        const image = ownImage(sim, ImageId);
        const protection = WithCooldown ? "enabled-with-cooldown" : "enabled-without-cooldown";
        imageTable(sim).put(ImageId, { ...image, protection });
        return { Return: "true" };
      },
    ),

    DisableImageDeregistrationProtection: operation({ ImageId: z.string() }, ({ ImageId }, sim) => {
      const { protection, ...image } = ownImage(sim, ImageId);
      const cools = protection === "enabled-with-cooldown";
      imageTable(sim).put(ImageId, cools ? { ...image, protection: { until: sim.now + COOLDOWN_MS } } : image);
      return { Return: "true" };
    }),

    // Tags are copied only when they are asked for.
    CreateSnapshot: operation(
      {
        VolumeId: z.string(),
        Description: z.string().max(255).optional(),
        TagSpecifications: tagSpecifications("snapshot"),
      },
      (input, sim) => {
        const source = instanceTable(sim)
          .all()
          .find(({ volumeId, state }) => volumeId === input.VolumeId && state !== "terminated");
        if (!source) throw awsError("InvalidVolume.NotFound", `The volume '${input.VolumeId}' does not exist.`);
        const id = sim.id("snap");
        tagOnCreate(sim, id, "snapshot", input.TagSpecifications);
        const { volumeGiB, encrypted } = source;
        const description = input.Description ?? "";
        snapshotTable(sim).put(id, { id, description, volumeGiB, encrypted, startedAt: sim.now });
        return { SnapshotId: id, VolumeId: input.VolumeId, Description: description, State: "pending" };
      },
    ),

    DescribeSnapshots: operation(
      {
        SnapshotIds: z.array(z.string()).optional(),
        OwnerIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        for (const id of input.SnapshotIds ?? []) if (!snapshotTable(sim).visible(id)) throw snapshotNotFound(id);
        const found = snapshotTable(sim)
          .allVisible()
          .filter(({ id }) => !input.SnapshotIds || input.SnapshotIds.includes(id))
          .filter((one) =>
            passes(sim, one.id, input.Filters, {
              "snapshot-id": [one.id],
              description: [one.description],
              status: ["completed"],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Snapshots: items.map((one) => ({
            SnapshotId: one.id,
            OwnerId: sim.account,
            Description: one.description,
            VolumeSize: one.volumeGiB,
            Encrypted: one.encrypted,
            StartTime: new Date(one.startedAt),
            State: "completed",
            Tags: tagsOf(sim, one.id),
          })),
          NextToken,
        };
      },
    ),

    DeleteSnapshot: operation({ SnapshotId: z.string() }, ({ SnapshotId }, sim) => {
      const snapshot = snapshotTable(sim).visible(SnapshotId) && snapshotTable(sim).get(SnapshotId);
      if (!snapshot) throw snapshotNotFound(SnapshotId);
      const user = imageTable(sim)
        .all()
        .find((image) => image.snapshotId === snapshot.id);
      if (user) throw awsError("InvalidSnapshot.InUse", `The snapshot ${SnapshotId} is currently in use by ${user.id}`);
      snapshotTable(sim).remove(snapshot.id);
      return {};
    }),
  },

  timers: {
    "image-available"(id, sim) {
      const image = imageTable(sim).get(id);
      if (image?.state !== "pending") return;
      const source = instanceTable(sim).get(image.sourceInstanceId);
      // What is terminated before its image is there leaves none.
      if (!source || source.state === "shutting-down" || source.state === "terminated") {
        imageTable(sim).putNow(id, {
          ...image,
          state: "failed",
          stateReason: `Instance ${image.sourceInstanceId} was terminated before the image was made`,
        });
        return;
      }
      snapshotTable(sim).putNow(image.snapshotId, {
        id: image.snapshotId,
        description: `Created by CreateImage(${image.sourceInstanceId}) for ${image.id}`,
        volumeGiB: image.volumeGiB,
        encrypted: source.encrypted,
        startedAt: image.createdAt,
      });
      imageTable(sim).putNow(id, { ...image, state: "available" });
    },
  },
};
