import { isDeepStrictEqual } from "node:util";
import type { LaunchTemplateVersion, RequestLaunchTemplateData, ResponseLaunchTemplateData } from "@aws-sdk/client-ec2";
import type { Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { BuddyError } from "../../lib/errors.ts";
import { propertiesOf } from "../../lib/properties.ts";
import { holdsUnknown } from "../../lib/unknown.ts";
import type { Aws } from "../aws.ts";
import { hasCode, undefinedIf } from "../errors.ts";
import { findOwned, isOwners, KEY_TAG, tagsFrom, takenBy } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type CpuCredits, creditSpecification } from "./cpu-credits.ts";
import { base64, METADATA, rootVolume, versionsRunning } from "./read-instances.ts";
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
  /** "required": the metadata of an instance is given to its own sessions only (IMDSv2). */
  readonly metadataTokens: "required" | "optional";
  readonly encrypted: boolean;
  /** What a version brings, in words: its description. */
  readonly release: string;
  /** The number of the version that was left for an earlier one; "": the default is what was wanted last. */
  readonly rolledBackFrom: string;
}

/** A version of a launch template: a release. Its number is never used again (API reference, CreateLaunchTemplateVersion). */
export interface TemplateVersion extends Omit<LaunchTemplateSpec, "rolledBackFrom"> {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The ARN of whoever made it. */
  readonly createdBy: string;
  /** The tags that its instances get. */
  readonly instanceTags: Tags;
  readonly isDefault: boolean;
  /** AWS's answer. */
  readonly data: ResponseLaunchTemplateData;
  /** The version that instances ran when it was made; undefined: it is the first, or made before that was written down. */
  readonly after: number | undefined;
  /** It is an earlier one again, in place of another. */
  readonly back: { readonly to: number; readonly from: number } | undefined;
}

export interface LaunchTemplateLive extends LaunchTemplateSpec, Identified {
  readonly tags: Tags;
  /** The default version, whose content the fields are. A group pins this number: "$Default" would hide drift. */
  readonly version: number;
  /** All that there are, the newest first. */
  readonly versions: readonly TemplateVersion[];
  /** Those that instances run; not asked, and empty, where there is but one. */
  readonly running: readonly number[];
}

/** On the template: the version that was left. A version itself takes no tags (user guide, "Restrictions for launch templates"). */
const LEFT_TAG = "buddyverse:rolled-back-from";
/** How the description of a version begins that is an earlier one again. */
const BACK = /^back to (\d+) from (\d+): /;
/** And of one that is new. */
const AFTER = /^after (\d+): /;
/** AWS takes no more (API reference, CreateLaunchTemplateVersion: VersionDescription). */
const DESCRIPTION_LENGTH = 255;
const described = (text: string): string => text.slice(0, DESCRIPTION_LENGTH);

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
    BlockDeviceMappings: rootVolume(spec.rootDevice, spec.volumeGiB, spec.encrypted),
    // The site's page tells which version its instance was launched from: that is one of its tags.
    MetadataOptions: {
      ...METADATA,
      HttpTokens: spec.metadataTokens,
      InstanceMetadataTags: readableOnInstance(tags) ? "enabled" : "disabled",
    },
    ...creditSpecification(spec.cpuCredits),
    UserData: base64(spec.userData),
    TagSpecifications: tagSpecifications({ ...owner, tags }, "instance", "volume"),
  };
}

const instanceTagsIn = (data: ResponseLaunchTemplateData): Tags =>
  tagsFrom(data.TagSpecifications?.find(({ ResourceType }) => ResourceType === "instance")?.Tags);

function specOf(data: ResponseLaunchTemplateData): Omit<LaunchTemplateSpec, "release" | "rolledBackFrom"> {
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
    instanceName: instanceTagsIn(data).Name ?? "",
    cpuCredits: data.CreditSpecification?.CpuCredits as CpuCredits | undefined,
    metadataTokens: data.MetadataOptions?.HttpTokens === "required" ? "required" : "optional",
    // A volume that is not the root's counts, too.
    encrypted: (data.BlockDeviceMappings ?? []).every(({ Ebs }) => Ebs?.Encrypted === true),
  };
}

function versionOf({ LaunchTemplateData = {}, ...version }: LaunchTemplateVersion): TemplateVersion {
  const description = version.VersionDescription ?? "";
  const [, to, from] = BACK.exec(description) ?? [];
  const [, after] = AFTER.exec(description) ?? [];
  return {
    ...specOf(LaunchTemplateData),
    release: description.replace(BACK, "").replace(AFTER, ""),
    number: version.VersionNumber ?? 1,
    isDefault: version.DefaultVersion ?? false,
    data: LaunchTemplateData,
    createdAt: version.CreateTime?.getTime() ?? 0,
    createdBy: version.CreatedBy ?? "",
    instanceTags: instanceTagsIn(LaunchTemplateData),
    after: after === undefined ? undefined : Number(after),
    back: to === undefined ? undefined : { to: Number(to), from: Number(from) },
  };
}

/** What a version must have in common with what is wanted to be the same release. */
const CONTENT = {
  imageId: true,
  rootDevice: true,
  instanceType: true,
  volumeGiB: true,
  groupIds: true,
  keyName: true,
  profileName: true,
  userData: true,
  instanceName: true,
  cpuCredits: true,
  metadataTokens: true,
  encrypted: true,
  release: false,
  rolledBackFrom: false,
} as const satisfies Record<keyof LaunchTemplateSpec, boolean>;
type Content = Omit<LaunchTemplateSpec, "release" | "rolledBackFrom">;
type Field = keyof Content;
const FIELDS = (Object.keys(CONTENT) as (keyof LaunchTemplateSpec)[]).filter((field): field is Field => CONTENT[field]);

const contentOf = (version: Content): Content =>
  Object.fromEntries(FIELDS.map((field) => [field, version[field]])) as unknown as Content;

const sameField = (field: Field, wanted: Content, found: Content): boolean => {
  if (wanted[field] === undefined) return true;
  if (holdsUnknown(wanted[field])) return false;
  return field === "groupIds"
    ? sameSet(wanted.groupIds, found.groupIds)
    : isDeepStrictEqual(wanted[field], found[field]);
};
/** Whether two versions start the same. */
export const isSame = (wanted: Content, found: Content): boolean =>
  FIELDS.every((field) => sameField(field, wanted, found));

/** What is wanted was left for an earlier release, and is not brought back until something else is wanted. */
function isHeld({ version, versions, rolledBackFrom }: LaunchTemplateLive, spec: Content): boolean {
  const left = versions.find(({ number }) => String(number) === rolledBackFrom);
  return left !== undefined && left.number !== version && isSame(spec, left);
}

/**
 * Somebody has made a version the default that starts the same as what instances run, as far as that is compared. It brings nothing
 * that was asked for, and may hold more: what instances run is the default again.
 */
function isStray({ version, versions, running }: LaunchTemplateLive): boolean {
  const current = versions.find(({ number }) => number === version);
  if (!current || running.includes(version)) return false;
  return versions.some(
    (one) =>
      running.includes(one.number) && isSame(current, one) && isDeepStrictEqual(current.instanceTags, one.instanceTags),
  );
}

/** What tags make another. */
const OF_TAGS = /^(TagSpecifications|MetadataOptions\.InstanceMetadataTags)/;

/** A version holds nothing that was not asked for: somebody else's may start the same otherwise. */
function isWhole(spec: LaunchTemplateSpec, { data }: TemplateVersion): boolean {
  const asked = propertiesOf(dataOf(spec, { stack: "", key: "", name: "", tags: {}, needs: [] }));
  return [...propertiesOf(data)].every(
    ([path, { value }]) => OF_TAGS.test(path) || value === asked.get(path)?.value || value === "false",
  );
}

/** A version that is as wanted and need not be made: instances run it still, or it was made by a run that ended there. */
const existing = (live: LaunchTemplateLive, spec: LaunchTemplateSpec) => {
  const same = live.versions.filter((one) => isSame(spec, one));
  return (
    (isStray(live) ? undefined : same.find((one) => one.number > live.version && isWhole(spec, one))) ??
    same.find(({ number }) => live.running.includes(number))
  );
};

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

/**
 * The tags of a template, as far as its default version gives its instances those that are wanted: else what that gives. AWS shows
 * the two at different times, and what uses the template must get the version that has them.
 */
function tagsOf({ tags, version, versions }: LaunchTemplateLive, owner: Owner): Tags {
  const { Name: _, ...found } = versions.find(({ number }) => number === version)?.instanceTags ?? {};
  const { Name: __, ...wanted } = instanceTags(owner, "");
  const shown: Record<string, string | undefined> = { ...tags };
  for (const key of Object.keys({ ...found, ...wanted })) if (found[key] !== wanted[key]) shown[key] = found[key];
  return Object.fromEntries(
    Object.entries(shown).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

/** All versions of a template, the newest first. */
async function versionsIn(aws: Aws, LaunchTemplateId: string): Promise<readonly TemplateVersion[]> {
  const found = await allPages(
    (NextToken) => aws.ec2.describeLaunchTemplateVersions({ LaunchTemplateId, NextToken }),
    (page) => page.LaunchTemplateVersions,
    (page) => page.NextToken,
  );
  return found.map(versionOf).toSorted((one, other) => other.number - one.number);
}

const describe = (aws: Aws, filters: { readonly Name: string; readonly Values: string[] }[]) =>
  aws.coalesce(`ec2:launch-templates:${JSON.stringify(filters)}`, async () => {
    const templates = await allPages(
      (NextToken) => aws.ec2.describeLaunchTemplates({ Filters: filters, NextToken }),
      (page) => page.LaunchTemplates,
      (page) => page.NextToken,
    );
    const found = await Promise.all(
      templates.map(async (template): Promise<LaunchTemplateLive | undefined> => {
        const id = template.LaunchTemplateId as string;
        const all = (await undefinedIf(GONE, () => versionsIn(aws, id))) ?? [];
        const current = all.find(({ isDefault }) => isDefault);
        if (!current) return undefined;
        const tags = tagsFrom(template.Tags);
        return {
          ...contentOf(current),
          described: { ...template, LaunchTemplateData: current.data },
          release: current.release,
          rolledBackFrom: tags[LEFT_TAG] ?? "",
          id,
          tags,
          version: current.number,
          versions: all,
          running: all.length > 1 ? await versionsRunning(aws, id) : [],
        };
      }),
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
  naming: { longest: 128, within: "region" },
  matters: ["instanceType", "volumeGiB"],
  coverage: {
    covers: {
      imageId: ["LaunchTemplateData.ImageId"],
      rootDevice: ["LaunchTemplateData.BlockDeviceMappings[].DeviceName"],
      instanceType: ["LaunchTemplateData.InstanceType"],
      volumeGiB: ["LaunchTemplateData.BlockDeviceMappings[].Ebs.VolumeSize"],
      groupIds: ["LaunchTemplateData.SecurityGroupIds"],
      keyName: ["LaunchTemplateData.KeyName"],
      profileName: ["LaunchTemplateData.IamInstanceProfile"],
      userData: ["LaunchTemplateData.UserData"],
      instanceName: ["LaunchTemplateData.TagSpecifications"],
      cpuCredits: ["LaunchTemplateData.CreditSpecification"],
      metadataTokens: ["LaunchTemplateData.MetadataOptions.HttpTokens"],
      encrypted: ["LaunchTemplateData.BlockDeviceMappings[].Ebs.Encrypted"],
      release: "watched",
      rolledBackFrom: [`Tags[${LEFT_TAG}]`],
    },
    ignores: {
      DefaultVersionNumber: "each release and each way back names one; its content is compared",
      LatestVersionNumber: "each release makes one",
    },
    dangers: [
      { at: ["metadataTokens"], danger: "IMDSv1 allowed", when: (text) => text !== '"required"' },
      { at: ["encrypted"], danger: "not encrypted", when: (text) => text === "false" },
      { at: ["groupIds"], danger: "opened to the world" },
      { at: ["profileName"], danger: "administrator rights" },
      { at: ["imageId", "userData"], danger: "leads elsewhere" },
    ],
  },
  same: {
    ...(Object.fromEntries(
      FIELDS.map((field) => [
        field,
        (_wanted: unknown, _found: unknown, live: LaunchTemplateLive, spec: LaunchTemplateSpec) =>
          sameField(field, spec, live) || isHeld(live, spec),
      ]),
    ) as ResourceType<LaunchTemplateSpec, LaunchTemplateLive>["same"]),
    // Words are no reason for another version; they tell of one that is somebody else's.
    release: (_wanted, _found, live) => !isStray(live),
    rolledBackFrom: (wanted, found, live, spec) => wanted === found || isHeld(live, spec),
  },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  list,
  async find(aws, owner, id) {
    const found = await findOwned(list, { byId })(aws, owner, id);
    return found && { ...found, tags: tagsOf(found, owner) };
  },

  uses: ({ imageId }) => [imageId],
  /** Images of releases that did not come up, as far as later ones, and what runs now, tell. */
  spent({ version, versions, running }) {
    const now = running.length > 0 ? running : [version];
    const served = new Set([...now, ...versions.flatMap(({ after, back }) => after ?? back?.from ?? [])]);
    const told = Math.max(0, ...versions.flatMap(({ number, after }) => (after === undefined ? [] : number)));
    const isServed = ({ number }: TemplateVersion) =>
      served.has(number) || (number >= told && (number !== version || running.length === 0));
    const images = new Set(versions.filter(isServed).map(({ imageId }) => imageId));
    return versions.map(({ imageId }) => imageId).filter((id) => !images.has(id));
  },
  /** Every change of what it starts is another version. */
  afterUpdate(live, spec, changed, owner) {
    const there = versionThere(live, spec);
    // The instances' tags are in a version, too.
    if (changed.has("tags") && !(there && bears(there, spec, owner))) return { version: undefined };
    return isSame(spec, live) && !isStray(live) ? {} : { version: there?.number };
  },

  notes(live, spec) {
    return isHeld(live, spec)
      ? [
          `release ${live.version} was gone back to from release ${live.rolledBackFrom}, which is what the config says. It stays so until the config says something else; to have release ${live.rolledBackFrom} again: \`buddyverse rollback ${live.rolledBackFrom}\``,
        ]
      : [];
  },

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
        VersionDescription: described(spec.release),
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
  async update(aws, live, spec, changed, owner) {
    const { id } = live;
    if (changed.has("tags") || !isSame(spec, live) || isStray(live))
      await makeDefault(aws, id, await versionFor(aws, live, spec, owner));
    if (live.rolledBackFrom !== "") await aws.ec2.deleteTags({ Resources: [id], Tags: [{ Key: LEFT_TAG }] });
    await retag(aws, id, changed, owner);
  },

  async delete(aws, { id }) {
    await undefinedIf(GONE, () => aws.ec2.deleteLaunchTemplate({ LaunchTemplateId: id }));
  },
};

/** A version that is as wanted but for its tags: the default one, or another. */
const versionThere = (live: LaunchTemplateLive, spec: LaunchTemplateSpec): TemplateVersion | undefined =>
  (isSame(spec, live) && !isStray(live) ? live.versions.find(({ number }) => number === live.version) : undefined) ??
  existing(live, spec);

const bears = (version: TemplateVersion, { instanceName }: LaunchTemplateSpec, owner: Owner): boolean =>
  isDeepStrictEqual(version.instanceTags, instanceTags(owner, instanceName));

/** The number of a version that is as wanted: of one that is there, where that does. */
async function versionFor(aws: Aws, live: LaunchTemplateLive, spec: LaunchTemplateSpec, owner: Owner): Promise<number> {
  const there = versionThere(live, spec);
  if (there && bears(there, spec, owner)) return there.number;
  const { LaunchTemplateVersion } = await aws.ec2.createLaunchTemplateVersion({
    LaunchTemplateId: live.id,
    VersionDescription: described(
      `after ${Math.min(...(live.running.length > 0 ? live.running : [live.version]))}: ${spec.release}`,
    ),
    LaunchTemplateData: dataOf(spec, owner),
  });
  return LaunchTemplateVersion?.VersionNumber as number;
}

/**
 * Makes a version the default that is an earlier one again, or that earlier one itself where instances run it still. Answers
 * its number. What is left is written down before the default changes: an `up` in between puts nothing back that was left.
 */
export async function goBack(
  aws: Aws,
  { id, running, versions, rolledBackFrom }: LaunchTemplateLive,
  to: TemplateVersion,
  from: TemplateVersion,
): Promise<number> {
  const description = described(`back to ${to.number} from ${from.number}: ${to.release}`);
  // Of a rollback that ended there.
  const begun = versions.find(
    ({ number, back }) => number > from.number && back?.to === to.number && back.from === from.number,
  );
  const there = running.includes(to.number) ? to : begun;
  const made = there
    ? undefined
    : await aws.ec2.createLaunchTemplateVersion({
        LaunchTemplateId: id,
        SourceVersion: String(to.number),
        VersionDescription: description,
        // Required (API reference), and what is empty is not sent at all.
        LaunchTemplateData: { ImageId: to.imageId },
      });
  const number = there?.number ?? (made?.LaunchTemplateVersion?.VersionNumber as number);
  // What was left before is wanted again: nothing is held back any more.
  if (rolledBackFrom === String(to.number)) await aws.ec2.deleteTags({ Resources: [id], Tags: [{ Key: LEFT_TAG }] });
  else await aws.ec2.createTags({ Resources: [id], Tags: [{ Key: LEFT_TAG, Value: String(from.number) }] });
  await makeDefault(aws, id, number);
  return number;
}

async function makeDefault(aws: Aws, LaunchTemplateId: string, version: number): Promise<void> {
  await aws.ec2.modifyLaunchTemplate({ LaunchTemplateId, DefaultVersion: String(version) });
}

/** AWS deletes no more in one call (API reference, DeleteLaunchTemplateVersions). */
const DELETED_AT_ONCE = 200;

/** Removes the versions of the stack's templates that start from an image that goes: AWS keeps no more than 10,000 (quota). */
export async function dropVersionsOf(aws: Aws, stack: string, imageId: string): Promise<void> {
  for (const { id, version, versions } of await list(aws, stack)) {
    const old = versions.filter((one) => one.imageId === imageId && one.number !== version).map(({ number }) => number);
    for (let from = 0; from < old.length; from += DELETED_AT_ONCE)
      await undefinedIf(GONE, () =>
        aws.ec2.deleteLaunchTemplateVersions({
          LaunchTemplateId: id,
          Versions: old.slice(from, from + DELETED_AT_ONCE).map(String),
        }),
      );
  }
}
