import type { FileSystemDescription, LifecyclePolicy } from "@aws-sdk/client-efs";
import type { Foreseen, Health, Identified, Owner, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { restoredTokens, restoreJob } from "../backup/restore-to-new.ts";
import { interfacesByIds } from "../ec2/read-interfaces.ts";
import { undefinedIf } from "../errors.ts";
import type { KeyChoice } from "../kms/choice.ts";
import { findOwned, foreseeNamesake, STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { partitionOf } from "../partition.ts";
import { isMarkedWhole, isWhole, progressOf, type Restore, restoreOf, troubleOf } from "./restored.ts";

/** Where instances of one zone mount the file system: AWS allows one mount target per zone. */
export interface Mount {
  readonly subnetId: string;
  readonly groupId: string;
}
export interface FileSystemSpec extends KeyChoice {
  readonly encrypted: boolean;
  readonly performance: "generalPurpose" | "maxIO";
  readonly throughput: "bursting" | "elastic";
  /** Days without access after which a file moves to the Infrequent Access class; null: never. */
  readonly transitionToIaDays: number | null;
  /** Daily backups by AWS Backup. */
  readonly backup: boolean;
  readonly mounts: readonly Mount[];
  /** The zones that these are in, in their order. */
  readonly zones: readonly string[];
  /** The ARN of the recovery point that it is made of; undefined: it is made empty. Read when it is made. */
  readonly recoveryPoint?: string | undefined;
  /** The id of the file system that this is a copy of, where its vault is not the stack's. */
  readonly copyOf?: string | undefined;
  /** Its vault may be opened while the restore is started, where the vault's policy denies that. */
  readonly openVault?: boolean | undefined;
  /** AWS Backup may still write to it. */
  readonly restoring: boolean;
}
export interface MountTarget {
  readonly id: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly state: string;
  readonly groupIds: readonly string[] | undefined;
}
export interface FileSystemLive extends FileSystemSpec, Identified {
  /** How far AWS Backup is with it, until that is seen to be whole. */
  readonly restore: Restore | undefined;
  /** Until it is whole its id is that of the restore job, which is there first; this is its own, once there is one. */
  readonly made?: string | undefined;
  /** The ARN of the key that its files are encrypted with; empty: they are not. */
  readonly kmsKey: string;
  /** AWS does not know by which name it was chosen. */
  readonly kmsKeyName: "";
  readonly tags: Tags;
  readonly state: string;
  readonly targets: readonly MountTarget[];
  /** The name that instances mount; it resolves to the mount target of their own zone. */
  readonly dnsName: string;
}

export const GONE = ["FileSystemNotFound"];

/** The security groups of network interfaces, all asked for in one call (DescribeMountTargetSecurityGroups takes one a call). */
const groupsOf = (aws: Aws, interfaceId: string) =>
  aws.batchById<readonly string[]>("ec2:interface-groups", interfaceId, async (ids) => {
    const interfaces = await interfacesByIds(aws, ids);
    return new Map(
      interfaces.map((one) => [
        one.NetworkInterfaceId ?? "",
        (one.Groups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
      ]),
    );
  });

/** One that AWS could not make is no mount: it is removed and recreated. */
export const works = ({ state }: MountTarget): boolean => state !== "error";

const ON_THE_MOVE = new Set(["creating", "updating", "deleting"]);

const shownOf = (aws: Aws, id?: string): Promise<readonly FileSystemDescription[]> =>
  aws.coalesce(`efs:shown:${id ?? ""}`, () =>
    allPages(
      (Marker) => aws.efs.describeFileSystems({ Marker, FileSystemId: id }),
      (page) => page.FileSystems,
      (page) => page.NextMarker,
    ),
  );

/** What is there under the owner's name without being its own. */
export const fileSystemNamesake = async (aws: Aws, owner: Owner): Promise<Foreseen | undefined> =>
  foreseeNamesake(
    owner,
    (await shownOf(aws)).map(({ FileSystemId = "", Tags }) => ({ id: FileSystemId, tags: tagsFrom(Tags) })),
  );

/** Those of a stack, or the one with that id. There is no filter by tag, but the tags are in the answer. */
const describe = (
  aws: Aws,
  { stack, id }: { readonly stack?: string; readonly id?: string },
): Promise<readonly FileSystemLive[]> =>
  aws.coalesce(`efs:file-systems:${stack ?? ""}:${id ?? ""}`, async () => {
    const all = await shownOf(aws, id);
    const wanted = all.filter((one) => stack === undefined || tagsFrom(one.Tags)[STACK_TAG] === stack);
    // One that vanishes between the reads is not there.
    const found = await Promise.all(wanted.map((one) => undefinedIf(GONE, () => live(aws, one))));
    return found.filter((one) => one !== undefined);
  });

async function live(aws: Aws, shown: FileSystemDescription): Promise<FileSystemLive> {
  const id = shown.FileSystemId as string;
  const state = shown.LifeCycleState ?? "";
  const described = await mountTargetsOf(aws, id);
  const there = described.filter(({ LifeCycleState }) => LifeCycleState !== "deleted");
  const restore = await restoreOf(aws, shown);
  // What is on the move is not judged, so the rest need not be asked.
  const moving =
    (restore !== undefined && !isWhole(restore)) ||
    [state, ...there.map((target) => target.LifeCycleState ?? "")].some((one) => ON_THE_MOVE.has(one));
  const [targets, lifecycle, backup] = await Promise.all([
    Promise.all(
      there.map(async (target): Promise<MountTarget> => {
        const interfaceId = target.NetworkInterfaceId;
        return {
          id: target.MountTargetId ?? "",
          subnetId: target.SubnetId ?? "",
          zone: target.AvailabilityZoneName ?? "",
          state: target.LifeCycleState ?? "",
          groupIds: moving || interfaceId === undefined ? undefined : await groupsOf(aws, interfaceId),
        };
      }),
    ),
    moving ? {} : lifecycleOf(aws, id),
    moving ? undefined : backups(aws, id),
  ]);
  const found = {
    id,
    tags: tagsFrom(shown.Tags),
    state,
    encrypted: shown.Encrypted ?? false,
    kmsKey: shown.KmsKeyId ?? "",
    kmsKeyName: "" as const,
    performance: shown.PerformanceMode as FileSystemSpec["performance"],
    throughput: shown.ThroughputMode as FileSystemSpec["throughput"],
    transitionToIaDays: daysOf(lifecycle),
    backup: backup === "ENABLED" || backup === "ENABLING",
    targets,
    mounts: targets.filter(works).map(({ subnetId, groupIds = [] }) => ({ subnetId, groupId: groupIds.join(" ") })),
    zones: targets.filter(works).map(({ zone }) => zone),
    restore,
    restoring: restore !== undefined,
    described: {
      ...shown,
      MountTargets: there.map((target, index) => ({ ...target, SecurityGroups: targets[index]?.groupIds })),
      LifecyclePolicies: lifecycle,
      BackupPolicy: { Status: backup },
    },
    dnsName: `${id}.efs.${aws.region}.${partitionOf(aws.region).dnsSuffix}`,
  };
  return restore ? { ...found, id: restore.job || id, made: id } : found;
}

/** Each policy has one rule. */
async function lifecycleOf(aws: Aws, FileSystemId: string): Promise<LifecyclePolicy> {
  const { LifecyclePolicies = [] } = await aws.efs.describeLifecycleConfiguration({ FileSystemId });
  return Object.assign({}, ...LifecyclePolicies);
}

function daysOf({ TransitionToIA }: LifecyclePolicy): number | null {
  const days = /^AFTER_(\d+)_DAYS?$/.exec(TransitionToIA ?? "")?.[1];
  return days === undefined ? null : Number(days);
}

/** A file system that never had a policy answers PolicyNotFound. */
async function backups(aws: Aws, FileSystemId: string): Promise<string | undefined> {
  const answer = await undefinedIf(["PolicyNotFound"], () => aws.efs.describeBackupPolicy({ FileSystemId }));
  return answer?.BackupPolicy?.Status;
}

export const listFileSystems = (aws: Aws, stack: string) => describe(aws, { stack });

const isOwnId = (id: string): boolean => id.startsWith("fs-");

const byId = async (aws: Aws, id: string) =>
  isOwnId(id) ? (await undefinedIf(GONE, () => describe(aws, { id })))?.[0] : undefined;

export function fileSystemHealth({ state, targets, restore, made }: FileSystemLive): Health {
  if (state === "deleting" || state === "deleted") return "deleting";
  if (state === "error") return { failed: "AWS could not make the file system (state error)" };
  const trouble = restore && troubleOf(restore);
  if (trouble !== undefined) return { failed: trouble };
  if (restore && (made === undefined || !isWhole(restore))) return "pending";
  if (ON_THE_MOVE.has(state) || targets.some((target) => ON_THE_MOVE.has(target.state))) return "pending";
  // The interface of a mount target may show later than itself.
  return targets.filter(works).some(({ groupIds }) => groupIds === undefined) ? "pending" : "ready";
}

/** Whether what kept it pending still does: itself, or a mount target. Of what AWS Backup makes its job tells. */
export async function isOnTheMove(aws: Aws, { id, state, restore }: FileSystemLive): Promise<boolean> {
  if (restore) return false;
  const moves = (one: { readonly LifeCycleState?: string | undefined }) => ON_THE_MOVE.has(one.LifeCycleState ?? "");
  const answer = await undefinedIf(GONE, async () =>
    ON_THE_MOVE.has(state) ? await shownOf(aws, id) : await mountTargetsOf(aws, id),
  );
  return answer?.some(moves) ?? false;
}

const mountTargetsOf = (aws: Aws, FileSystemId: string) =>
  allPages(
    (Marker) => aws.efs.describeMountTargets({ FileSystemId, Marker }),
    (page) => page.MountTargets,
    (page) => page.NextMarker,
  );

const findTagged = findOwned(listFileSystems, { health: fileSystemHealth, byId });

/** The owner's file system; while AWS Backup makes it, and has not given it its tags yet, what is known of that. */
export async function findFileSystem(aws: Aws, owner: Owner, recorded?: string): Promise<FileSystemLive | undefined> {
  const tagged = await findTagged(aws, owner, recorded);
  const jobId = recorded === undefined || isOwnId(recorded) ? undefined : recorded;
  if (tagged && (jobId === undefined || tagged.restore || isMarkedWhole(tagged.id, tagged.tags))) return tagged;
  const untagged = (await shownOf(aws)).find(
    ({ CreationToken = "", Tags }) =>
      CreationToken.startsWith(restoredTokens(owner)) && tagsFrom(Tags)[STACK_TAG] === undefined,
  );
  const job = jobId === undefined ? undefined : await restoreJob(aws, jobId);
  const id = tagged?.id ?? untagged?.FileSystemId ?? job?.CreatedResourceArn?.split("/").at(-1);
  const made = tagged ?? (id === undefined ? undefined : await byId(aws, id));
  const restore = job ? progressOf(job) : made?.restore;
  if (!restore || (isWhole(restore) && !made)) return made;
  return made
    ? { ...made, id: restore.job || made.id, made: id, restore, restoring: true }
    : { ...PLACEHOLDER, id: restore.job, restore };
}

/** For one that AWS Backup has not made yet. */
const PLACEHOLDER: Omit<FileSystemLive, "id" | "restore"> = {
  tags: {},
  state: "creating",
  encrypted: true,
  kmsKey: "",
  kmsKeyName: "",
  performance: "generalPurpose",
  throughput: "bursting",
  transitionToIaDays: null,
  backup: false,
  mounts: [],
  zones: [],
  targets: [],
  restoring: true,
  dnsName: "",
};
