import { role } from "../iam/role.ts";
import { nameFor, ownName } from "../names.ts";

/** The name of a stack's own vault; names are unique in the account and region. */
export const stackVault = (stack: string): string => ownName(stack);

/**
 * The name of the role by which AWS Backup acts for a stack; IAM's names are the whole account's. AWS Backup asks for
 * "AWSBackup" in it, and AWS's own policies let people pass it no others (API reference, BackupJob; managed policy
 * AWSBackupFullAccess).
 */
export const backupRoleName = (stack: string, region: string): string =>
  nameFor({ stack, region }, role, "Buddy-AWSBackup");
