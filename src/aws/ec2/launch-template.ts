import type { RequestLaunchTemplateData, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { findOwned, isOwners, KEY_TAG, tagsFrom, takenBy } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type CpuCredits, creditSpecification } from "./cpu-credits.ts";
import { base64, METADATA, rootVolume } from "./read-instances.ts";
import { type InstanceTypeName, ofStack, retag, tagSpecifications } from "./tags.ts";

export interface LaunchTemplateSpec {
  readonly imageId: string;
  readonly rootDevice: string;
  readonly instanceType: string;
  readonly volumeGiB: number;
  readonly groupIds: readonly string[];
  /** The key pair that may log in: cloud-init gives it to the image's user at the first boot of each instance. */
  readonly keyName: string;
  readonly profileName: string;
  /** Plain text. */
  readonly userData: string;
  /** The Name tag of the instances. */
  readonly instanceName: string;
  /** Undefined: the type is not burstable. */
  readonly cpuCredits: CpuCredits | undefined;
}
export interface LaunchTemplateLive extends LaunchTemplateSpec, Identified {
  readonly tags: Tags;
  /** The default version, whose content the fields are. A group pins this number: "$Default" would hide drift. */
  readonly version: number;
}

/** Instances are their group's and no resources of the stack: they carry its tags, but not the key of one. */
function instanceTags({ tags }: Owner, instanceName: string): Tags {
  const { [KEY_TAG]: _key, ...rest } = tags;
  return { ...rest, Name: instanceName };
}

/** Tags can be read on the instance itself only when all their keys are of these characters (EC2 user guide, instance tags). */
const readableOnInstance = (tags: Tags): boolean =>
  Object.keys(tags).every((key) => /^[A-Za-z0-9+\-=.,_:@]+$/.test(key));

/** All of it, in every version: a new version inherits nothing unless told to. */
function dataOf(spec: LaunchTemplateSpec, owner: Owner): RequestLaunchTemplateData {
  const tags = instanceTags(owner, spec.instanceName);
  return {
    ImageId: spec.imageId,
    InstanceType: spec.instanceType as InstanceTypeName,
    SecurityGroupIds: [...spec.groupIds],
    KeyName: spec.keyName,
    IamInstanceProfile: { Name: spec.profileName },
    BlockDeviceMappings: rootVolume(spec.rootDevice, spec.volumeGiB),
    // The site's page tells which version its instance was launched from: that is one of its tags.
    MetadataOptions: { ...METADATA, InstanceMetadataTags: readableOnInstance(tags) ? "enabled" : "disabled" },
    ...creditSpecification(spec.cpuCredits),
    UserData: base64(spec.userData),
    TagSpecifications: tagSpecifications({ ...owner, tags }, "instance", "volume"),
  };
}

function specOf(data: ResponseLaunchTemplateData): LaunchTemplateSpec {
  const root = data.BlockDeviceMappings?.[0];
  return {
    imageId: data.ImageId ?? "",
    rootDevice: root?.DeviceName ?? "",
    instanceType: data.InstanceType ?? "",
    volumeGiB: root?.Ebs?.VolumeSize ?? 0,
    groupIds: data.SecurityGroupIds ?? [],
    keyName: data.KeyName ?? "",
    profileName: data.IamInstanceProfile?.Name ?? "",
    userData: Buffer.from(data.UserData ?? "", "base64").toString("utf8"),
    instanceName:
      data.TagSpecifications?.find(({ ResourceType }) => ResourceType === "instance")?.Tags?.find(
        ({ Key }) => Key === "Name",
      )?.Value ?? "",
    cpuCredits: data.CreditSpecification?.CpuCredits as CpuCredits | undefined,
  };
}

const GONE = ["InvalidLaunchTemplateId.NotFound", "InvalidLaunchTemplateName.NotFoundException"];
const VERSION_GONE = [...GONE, "InvalidLaunchTemplateId.VersionNotFound"];

/** The user data of a version, plain text; undefined: there is no such version. */
export async function userDataOf(aws: Aws, id: string, version: string): Promise<string | undefined> {
  const answer = await undefinedIf(VERSION_GONE, () =>
    aws.ec2.describeLaunchTemplateVersions({ LaunchTemplateId: id, Versions: [version] }),
  );
  const data = answer?.LaunchTemplateVersions?.[0]?.LaunchTemplateData;
  return data && specOf(data).userData;
}

const describe = (aws: Aws, filters: { readonly Name: string; readonly Values: string[] }[]) =>
  aws.coalesce(`ec2:launch-templates:${JSON.stringify(filters)}`, async () => {
    const templates = await allPages(
      (NextToken) => aws.ec2.describeLaunchTemplates({ Filters: filters, NextToken }),
      (page) => page.LaunchTemplates,
      (page) => page.NextToken,
    );
    const found = await Promise.all(
      templates.map(
        async ({ LaunchTemplateId, Tags, DefaultVersionNumber }): Promise<LaunchTemplateLive | undefined> => {
          const answer = await undefinedIf(GONE, () =>
            aws.ec2.describeLaunchTemplateVersions({ LaunchTemplateId, Versions: ["$Default"] }),
          );
          const version = answer?.LaunchTemplateVersions?.[0];
          return (
            version && {
              ...specOf(version.LaunchTemplateData ?? {}),
              id: LaunchTemplateId as string,
              tags: tagsFrom(Tags),
              version: version.VersionNumber ?? DefaultVersionNumber ?? 1,
            }
          );
        },
      ),
    );
    return found.filter((one) => one !== undefined);
  });

const list = (aws: Aws, stack: string) => describe(aws, ofStack(stack));

const byId = (aws: Aws, id: string) =>
  aws.batchById("ec2:launch-templates", id, async (ids) => {
    // There is no filter for the id; by LaunchTemplateIds one unknown fails the whole list.
    const found = await Promise.all(
      ids.map(async (one) => {
        const answer = await undefinedIf(GONE, () => aws.ec2.describeLaunchTemplates({ LaunchTemplateIds: [one] }));
        const name = answer?.LaunchTemplates?.[0]?.LaunchTemplateName;
        return name === undefined ? [] : describe(aws, [{ Name: "launch-template-name", Values: [name] }]);
      }),
    );
    return new Map(found.flat().map((one) => [one.id, one]));
  });

const named = async (aws: Aws, name: string) =>
  (await describe(aws, [{ Name: "launch-template-name", Values: [name] }]))[0];

/** What the Auto Scaling group launches. Versions cannot be changed: a difference is a new version, made the default. */
export const launchTemplate: ResourceType<LaunchTemplateSpec, LaunchTemplateLive> = {
  name: "ec2:launch-template",
  same: { groupIds: sameSet },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  list,
  find: findOwned(list, { byId }),

  uses: ({ imageId }) => [imageId],
  /** Every change is a new version. */
  afterUpdate: () => ({ version: undefined }),

  async foresee(aws, _spec, owner, there) {
    const taken = there ? undefined : await named(aws, owner.name);
    return taken && !isOwners(owner, taken.tags)
      ? { kind: "clash", ...takenBy(owner, `launch template ${owner.name}`, taken.tags) }
      : undefined;
  },

  async create(aws, spec, owner, token) {
    try {
      const { LaunchTemplate } = await aws.ec2.createLaunchTemplate({
        LaunchTemplateName: owner.name,
        ClientToken: token,
        LaunchTemplateData: dataOf(spec, owner),
        TagSpecifications: tagSpecifications(owner, "launch-template"),
      });
      return LaunchTemplate?.LaunchTemplateId as string;
    } catch (error) {
      if (!hasCode(error, "InvalidLaunchTemplateName.AlreadyExistsException")) throw error;
      const taken = await named(aws, owner.name);
      // Not shown yet: made by an earlier call whose answer was lost.
      if (!taken) throw error;
      if (isOwners(owner, taken.tags)) return taken.id;
      throw new BuddyError({
        code: "not-ours",
        ...takenBy(owner, `launch template ${owner.name}`, taken.tags),
        about: { key: owner.key, operation: "CreateLaunchTemplate" },
        cause: error,
      });
    }
  },

  /** The template's own tags last: while they differ, the instances' tags in the default version may differ too. */
  async update(aws, { id: LaunchTemplateId }, spec, changed, owner) {
    const { LaunchTemplateVersion } = await aws.ec2.createLaunchTemplateVersion({
      LaunchTemplateId,
      LaunchTemplateData: dataOf(spec, owner),
    });
    await aws.ec2.modifyLaunchTemplate({
      LaunchTemplateId,
      DefaultVersion: String(LaunchTemplateVersion?.VersionNumber),
    });
    await retag(aws, LaunchTemplateId as string, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.ec2.deleteLaunchTemplate({ LaunchTemplateId: id }));
  },
};
