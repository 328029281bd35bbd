import type { Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { codeOf } from "../errors.ts";
import { KEY_TAG, STACK_TAG, tagList } from "../owned.ts";
import type { InstanceLive } from "./read-instances.ts";
import { FENCED_TAG } from "./tags.ts";

/** The calls by which one instance takes another's place. Each can be repeated. */

type Named = Pick<InstanceLive, "id" | "arn">;

/** From now on `up` leaves it and where the site writes to alone. The stack's tag is what the printed policy asks for. */
export const markFenced = (aws: Aws, { id, arn, tags }: Named & Pick<InstanceLive, "tags">) =>
  aws.rds.addTagsToResource({
    ResourceName: arn,
    Tags: tagList({ [FENCED_TAG]: id, [STACK_TAG]: tags[STACK_TAG] ?? "" }),
  });
export const unmarkFenced = (aws: Aws, { arn }: Named) =>
  aws.rds.removeTagsFromResource({ ResourceName: arn, TagKeys: [FENCED_TAG] });

/** It is under no key of the stack any more: data that nobody claims. */
export const takeKey = (aws: Aws, { arn }: Named) =>
  aws.rds.removeTagsFromResource({ ResourceName: arn, TagKeys: [KEY_TAG] });
export const tagAs = (aws: Aws, { arn }: Named, tags: Tags) =>
  aws.rds.addTagsToResource({ ResourceName: arn, Tags: tagList(tags) });

/** Groups need no --apply-immediately: they change "as soon as possible" (API reference, ModifyDBInstance, VpcSecurityGroupIds). */
export const setGroups = (aws: Aws, { id }: Named, groupIds: readonly string[]) =>
  aws.rds.modifyDBInstance({ DBInstanceIdentifier: id, VpcSecurityGroupIds: [...groupIds] });

/**
 * Ends the connections that there are: a security group lets those continue that it has let in, for up to five days (EC2 user
 * guide, "Security group connection tracking").
 */
export const reboot = (aws: Aws, { id }: Named) => aws.rds.rebootDBInstance({ DBInstanceIdentifier: id });

/** "RDS reboots the DB instance before making it available" (user guide, "Promoting a read replica"). @param retentionDays of backups */
export const promote = (aws: Aws, { id }: Named, retentionDays: number) =>
  aws.rds.promoteReadReplica({ DBInstanceIdentifier: id, BackupRetentionPeriod: retentionDays });

/** True where AWS refuses because of the state in which the instance is, or because it is gone. */
export const refusesInState = (error: unknown): boolean =>
  ["InvalidDBInstanceState", "InvalidDBInstanceStateFault", "DBInstanceNotFound", "DBInstanceNotFoundFault"].includes(
    codeOf(error) ?? "",
  );

/** A promoted instance takes writes also while its first backup is made (user guide, "Viewing DB instance status"). */
export const takesWrites = ({ source, status }: InstanceLive): boolean =>
  source === "" && ["available", "backing-up", "storage-optimization"].includes(status);

/** The command that removes a kept instance by its name, with a final snapshot. */
export const removal = (
  { cli, region }: Aws,
  { id, deletionProtection }: Pick<InstanceLive, "id" | "deletionProtection">,
) =>
  [
    ...(deletionProtection
      ? [`${cli} rds modify-db-instance --db-instance-identifier ${id} --no-deletion-protection --region ${region}`]
      : []),
    `${cli} rds delete-db-instance --db-instance-identifier ${id} --final-db-snapshot-identifier ${id}-final --region ${region}`,
  ].join(" && ");
