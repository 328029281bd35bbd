import type { DBSnapshot, RestoreDBInstanceFromDBSnapshotMessage } from "@aws-sdk/client-rds";
import type { Foreseen, Owner } from "../../engine/resource.ts";
import { at } from "../../lib/duration.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { tagList } from "../owned.ts";
import type { InstanceSpec } from "./modify.ts";
import type { InstanceLive } from "./read-instances.ts";
import { idOf, RESTORED_FROM_TAG } from "./tags.ts";
import { major } from "./version.ts";

/** Whose master password an instance has. */
export const passwordFrom = ({ tags }: Pick<InstanceLive, "tags">): "parameter" | "snapshot" =>
  tags[RESTORED_FROM_TAG] === undefined ? "parameter" : "snapshot";

/** What an instance that is restored is told, besides where from. */
export interface RestoreSpec
  extends Pick<
    InstanceSpec,
    "instanceClass" | "zone" | "groupIds" | "minorUpgrades" | "copyTagsToSnapshot" | "deletionProtection"
  > {
  /** Undefined: the default one of its version. */
  readonly parameterGroup: string | undefined;
  readonly subnetGroup: string;
  readonly publicAccess: boolean;
  readonly backupRetentionDays: number;
}

/** What a primary is told wherever it comes from: created, or restored. */
export const settingsOf = (spec: RestoreSpec) => ({
  DBInstanceClass: spec.instanceClass,
  ...(spec.zone === undefined ? {} : { AvailabilityZone: spec.zone }),
  MultiAZ: false,
  DBSubnetGroupName: spec.subnetGroup,
  ...(spec.parameterGroup === undefined ? {} : { DBParameterGroupName: spec.parameterGroup }),
  VpcSecurityGroupIds: [...spec.groupIds],
  PubliclyAccessible: spec.publicAccess,
  BackupRetentionPeriod: spec.backupRetentionDays,
  DeletionProtection: spec.deletionProtection,
  AutoMinorVersionUpgrade: spec.minorUpgrades,
  CopyTagsToSnapshot: spec.copyTagsToSnapshot,
});

/**
 * Parameters of both ways of restoring. Engine, version, user and databases are the source's. Storage, too: sizes and IOPS that are
 * named fail where they do not fit the snapshot's (aws-cloudformation-resource-providers-rds#241 and #372), and it can grow afterwards. Tags are
 * named, or those of the source would be copied.
 */
export const restoreInput = (
  spec: RestoreSpec,
  owner: Owner,
  from: string,
): Omit<RestoreDBInstanceFromDBSnapshotMessage, "DBInstanceIdentifier" | "DBSnapshotIdentifier"> => ({
  ...settingsOf(spec),
  Tags: tagList({ ...owner.tags, [RESTORED_FROM_TAG]: from }),
});

/** Makes the owner's instance of a snapshot. */
export async function restoreFromSnapshot(aws: Aws, snapshot: string, spec: RestoreSpec, owner: Owner): Promise<void> {
  await aws.rds.restoreDBInstanceFromDBSnapshot({
    DBInstanceIdentifier: idOf(owner),
    DBSnapshotIdentifier: snapshot,
    ...restoreInput(spec, owner, snapshot),
  });
}

/**
 * Gives a restored instance the password of the parameter. AWS sets what it has accepted, so the tag may go right after: whoever is
 * cut off between the two does both again.
 */
export async function takePassword(
  aws: Aws,
  { id, arn }: Pick<InstanceLive, "id" | "arn">,
  parameter: string,
): Promise<void> {
  const { Parameter } = await aws.ssm.getParameter({ Name: parameter, WithDecryption: true });
  await aws.rds.modifyDBInstance({ DBInstanceIdentifier: id, MasterUserPassword: Parameter?.Value });
  await aws.rds.removeTagsFromResource({ ResourceName: arn, TagKeys: [RESTORED_FROM_TAG] });
}

/** RDS's own names have a prefix; automated ones are only found with their type (API reference, DescribeDBSnapshots). */
const typeOf = (id: string): { readonly SnapshotType?: string } =>
  id.startsWith("rds:")
    ? { SnapshotType: "automated" }
    : id.startsWith("awsbackup:")
      ? { SnapshotType: "awsbackup" }
      : {};

export async function findSnapshot(aws: Aws, id: string): Promise<DBSnapshot | undefined> {
  const answer = await undefinedIf(["DBSnapshotNotFoundFault"], () =>
    aws.rds.describeDBSnapshots({ DBSnapshotIdentifier: id, ...typeOf(id) }),
  );
  return answer?.DBSnapshots?.[0];
}

/** What counts of a spec for whether a snapshot fits it. */
interface Wanted {
  readonly engineVersion: string;
  readonly storageGiB: number;
  readonly maxStorageGiB: number;
  readonly user: string;
  readonly encrypted: boolean;
}

const refused = (message: string, hint: string): Foreseen => ({ kind: "refused", message, hint });

/** Why an instance as it is wanted cannot be made of a snapshot, or what it will be. */
export async function foreseeRestore(aws: Aws, id: string, wanted: Wanted, owner: Owner): Promise<Foreseen> {
  const snapshot = await findSnapshot(aws, id);
  if (!snapshot) return refused(`there is no snapshot ${id}`, "See what there is: `buddyverse snapshots`");
  const { AllocatedStorage: gib = 0, EngineVersion: version = "", Engine = "", Status = "", MasterUsername } = snapshot;
  if (Status !== "available")
    return refused(`snapshot ${id} is ${Status}`, "Wait until it is available, then run the same command again.");
  if (Engine !== "mysql")
    return refused(`snapshot ${id} is of ${Engine}, not of MySQL`, "Choose another: `buddyverse snapshots`");
  // Its parameter group must be of its version's family; AWS never goes back to an older one.
  if (major(version) !== major(wanted.engineVersion))
    return refused(
      `snapshot ${id} is of MySQL ${version}, and database.engineVersion is ${wanted.engineVersion}`,
      `Set database.engineVersion to "${major(version)}" and run the same command again; what is restored can be upgraded then.`,
    );
  if (gib > wanted.storageGiB && gib > wanted.maxStorageGiB)
    return refused(
      `snapshot ${id} needs ${gib} GiB, and database.storageGiB is ${wanted.storageGiB}: storage never shrinks`,
      `Set database.storageGiB to ${gib}, then run the same command again.`,
    );
  if (MasterUsername !== undefined && MasterUsername !== wanted.user)
    return refused(
      `the user of snapshot ${id} is ${MasterUsername}, not ${wanted.user}`,
      "It is of another stack's database, or of somebody else's. Choose another: `buddyverse snapshots`",
    );
  if (wanted.encrypted && snapshot.Encrypted === false)
    return refused(
      `snapshot ${id} is not encrypted, and the database is to be`,
      `Make an encrypted copy (${aws.cli} rds copy-db-snapshot --source-db-snapshot-identifier ${id} --target-db-snapshot-identifier ${id}-encrypted --kms-key-id alias/aws/rds --region ${aws.region}), and restore that.`,
    );
  const made = snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  return {
    kind: "note",
    note: `${owner.name} is restored from ${id} (${gib} GiB, MySQL ${version}${made ? `, made ${at(made.getTime())}` : ""})`,
  };
}
