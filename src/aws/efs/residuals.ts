import type { ResidualReader } from "../residual.ts";
import { type FileSystemLive, fileSystem } from "./file-system.ts";
import { backupStorage } from "./prices.ts";

/** Where EFS's automatic backups go (EFS user guide, "Automatic backups"). */
const VAULT = "aws/efs/automatic-backup-vault";

/**
 * By default the vault denies everybody DeleteRecoveryPoint, StartRestoreJob, and to take this policy away (re:Post
 * knowledge-center/backup-insufficient-privileges-efs): it can only be replaced.
 */
const OPEN = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Deny", Principal: { AWS: "*" }, Action: ["backup:DeleteBackupVault"], Resource: "*" }],
});

export const recoveryPoints: ResidualReader = {
  what: "AWS Backup recovery points",
  read(aws, _stack, before) {
    const region = `--region ${aws.region}`;
    return (
      [...before.values()]
        // One that is left alone has its copies as it always had.
        .filter(({ node, decision }) => node.type === fileSystem && decision.kind !== "retain")
        .filter(({ look, recorded }) => (look.live as FileSystemLive | undefined)?.backup ?? recorded?.spec.backup)
        .flatMap(({ look, recorded }) => look.live?.id ?? recorded?.id ?? [])
        .map((id) => ({
          what: "AWS Backup recovery points",
          id,
          why: `what AWS Backup copied of it each day, if a day came, is in the vault ${VAULT} for 35 days; the vault's own access policy forbids to delete it before, until that is replaced`,
          price: backupStorage.item,
          commands: [
            `${aws.cli} backup put-backup-vault-access-policy --backup-vault-name ${VAULT} --policy '${OPEN}' ${region}`,
            `${aws.cli} backup list-recovery-points-by-resource --resource-arn arn:${aws.partition}:elasticfilesystem:${aws.region}:${aws.account}:file-system/${id} ${region}`,
            `${aws.cli} backup delete-recovery-point --backup-vault-name ${VAULT} --recovery-point-arn ARN ${region}   (for each ARN of that list)`,
          ],
        }))
    );
  },
};
