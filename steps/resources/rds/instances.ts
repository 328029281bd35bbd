import type { DBInstance } from "@aws-sdk/client-rds";
import type { Aws } from "../../../src/aws/aws.ts";
import { absentAs, hasCode } from "../../../src/aws/errors.ts";
import { assertOurs, STACK_TAG, tagsFrom } from "../../../src/aws/owned.ts";
import { allPages } from "../../../src/aws/pages.ts";
import type { DeleteOptions, Health, Identified, NotYet, Owner, Tags } from "../../../src/engine/resource.ts";
import { BuddyError } from "../../../src/lib/errors.ts";
import { idOf } from "./tags.ts";

/** What a primary and a replica have in common: both are DB instances. Its id is its name. */
export interface InstanceLive extends Identified {
  readonly tags: Tags;
  readonly arn: string;
  readonly status: string;
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly storageGiB: number;
  readonly zone: string;
  readonly groupIds: readonly string[];
  readonly publicAccess: boolean;
  readonly encrypted: boolean;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
  readonly databaseName: string;
  readonly user: string;
  readonly subnetGroup: string;
  readonly parameterGroup: string;
  /** False: the parameter group has changed, and the change waits for a reboot. */
  readonly parametersApplied: boolean;
  /** "host:port"; empty until there is one. */
  readonly endpoint: string;
  readonly vpcId: string;
  /** The primary that it follows; empty: it is no replica. */
  readonly source: string;
  readonly replicas: readonly string[];
}

const GONE = ["DBInstanceNotFoundFault"];

function live(instance: DBInstance): InstanceLive {
  // What was accepted and is not in force yet counts as there: it needs no second call.
  const coming = instance.PendingModifiedValues ?? {};
  const parameterGroup = instance.DBParameterGroups?.[0];
  const { Address, Port } = instance.Endpoint ?? {};
  return {
    id: instance.DBInstanceIdentifier as string,
    tags: tagsFrom(instance.TagList),
    arn: instance.DBInstanceArn ?? "",
    status: instance.DBInstanceStatus ?? "",
    engineVersion: coming.EngineVersion ?? instance.EngineVersion ?? "",
    instanceClass: coming.DBInstanceClass ?? instance.DBInstanceClass ?? "",
    storageGiB: coming.AllocatedStorage ?? instance.AllocatedStorage ?? 0,
    zone: instance.AvailabilityZone ?? "",
    groupIds: (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId, Status }) =>
      VpcSecurityGroupId === undefined || Status === "removing" ? [] : [VpcSecurityGroupId],
    ),
    publicAccess: instance.PubliclyAccessible ?? false,
    encrypted: instance.StorageEncrypted ?? false,
    minorUpgrades: instance.AutoMinorVersionUpgrade ?? false,
    copyTagsToSnapshot: instance.CopyTagsToSnapshot ?? false,
    backupRetentionDays: coming.BackupRetentionPeriod ?? instance.BackupRetentionPeriod ?? 0,
    deletionProtection: instance.DeletionProtection ?? false,
    databaseName: instance.DBName ?? "",
    user: instance.MasterUsername ?? "",
    subnetGroup: instance.DBSubnetGroup?.DBSubnetGroupName ?? "",
    parameterGroup: parameterGroup?.DBParameterGroupName ?? "",
    parametersApplied: parameterGroup?.ParameterApplyStatus !== "pending-reboot",
    endpoint: Address === undefined || Port === undefined ? "" : `${Address}:${Port}`,
    vpcId: instance.DBSubnetGroup?.VpcId ?? "",
    source: instance.ReadReplicaSourceDBInstanceIdentifier ?? "",
    replicas: instance.ReadReplicaDBInstanceIdentifiers ?? [],
  };
}

/** All DB instances of the region, one call for all who ask; their tags are in the answer. */
const instances = (aws: Aws): Promise<readonly InstanceLive[]> =>
  aws.together("rds:instances", async () => {
    const found = await allPages(
      (Marker) => aws.rds.describeDBInstances({ Marker }),
      (page) => page.DBInstances,
      (page) => page.Marker,
    );
    return found.map(live);
  });

/** The instance of the owner's name. Throws `not-ours` when it is somebody else's. */
export async function findInstance(aws: Aws, owner: Owner): Promise<InstanceLive | undefined> {
  const found = (await instances(aws)).find(({ id }) => id === idOf(owner));
  if (found) assertOurs(owner, `DB instance ${found.id}`, found.tags);
  return found;
}

/** The stack's instances. */
export const listInstances = async (aws: Aws, stack: string): Promise<readonly InstanceLive[]> =>
  (await instances(aws)).filter(({ tags }) => tags[STACK_TAG] === stack);

/** Fully operational, says AWS ("Viewing Amazon RDS DB instance status"); some changes are refused meanwhile. */
const READY = new Set(["available", "storage-optimization", "storage-initialization"]);
/** What does not pass by itself. All others are on their way: AWS has many, and adds to them. */
const FAILED = /^(failed|stopped|storage-full|restore-error|insufficient-capacity|inaccessible-encryption-credentials.*|incompatible-.*)$/;

export function instanceHealth({ id, status }: InstanceLive): Health {
  if (READY.has(status)) return "ready";
  if (status === "deleting") return "deleting";
  return FAILED.test(status) ? { failed: `AWS says that ${id} is ${status}` } : "pending";
}

/** "The instance is in a state that does not allow this", such as a backup just now. */
export const BUSY: NotYet = "InvalidDBInstanceStateFault";

/** What a new instance may refer to before it shows everywhere. */
export const NOT_VISIBLE_YET: readonly NotYet[] = [
  "DBSubnetGroupNotFoundFault",
  "DBParameterGroupNotFoundFault",
  { code: "InvalidParameterValue", message: /security group/i },
];

/** Runs a create call. When the name is taken, the next look tells by whom. */
export async function createInstance(owner: Owner, create: () => Promise<unknown>): Promise<string> {
  try {
    await create();
  } catch (error) {
    if (!hasCode(error, "DBInstanceAlreadyExistsFault")) throw error;
  }
  return idOf(owner);
}

/** In these states AWS makes no final snapshot (API reference, DeleteDBInstance). */
const NO_SNAPSHOT = new Set(["failed", "incompatible-restore", "incompatible-network"]);

export const HAS_REPLICAS: NotYet = { code: "BuddyError", message: /still has the replica/ };

/** Deletes an instance that may hold data: unless that is to be discarded, a snapshot of it stays. */
export async function deleteWithSnapshot(
  aws: Aws,
  { id, status, deletionProtection, replicas }: InstanceLive,
  { discardData, label }: DeleteOptions,
): Promise<void> {
  if (deletionProtection)
    throw new BuddyError({
      code: "blocked",
      message: `DB instance ${id} is protected from deletion`,
      about: { id, operation: "DeleteDBInstance" },
      hint: "Set database.deletionProtection to false, run `buddyverse up`, then run the same command again.",
    });
  // Without its source a replica would become a primary of its own, and cost as one.
  if (replicas.length > 0)
    throw new BuddyError({
      code: "blocked",
      message: `DB instance ${id} still has the replica ${replicas.join(", ")}`,
      about: { id, operation: "DeleteDBInstance" },
      hint: "Delete that replica, or promote it, then run the same command again.",
    });
  if (NO_SNAPSHOT.has(status) && !discardData)
    throw new BuddyError({
      code: "blocked",
      message: `DB instance ${id} is ${status}: AWS can delete it only without a final snapshot`,
      about: { id, operation: "DeleteDBInstance" },
      hint: "Restore what you need from its automated backups first; then run `buddyverse down --discard-data`.",
    });
  await deleteInstance(aws, id, discardData ? undefined : `${id}-final-${label}`);
}

/** @param snapshot the name of the snapshot that stays; undefined: none. */
export async function deleteInstance(aws: Aws, id: string, snapshot: string | undefined): Promise<void> {
  // The snapshot is there when an earlier call was accepted and its answer lost: the next look shows the instance deleting.
  await absentAs([...GONE, "DBSnapshotAlreadyExistsFault"], () =>
    aws.rds.deleteDBInstance({
      DBInstanceIdentifier: id,
      ...(snapshot === undefined
        ? { SkipFinalSnapshot: true }
        : { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: snapshot }),
      DeleteAutomatedBackups: true,
    }),
  );
}
