import type { Aws } from "./aws.ts";

/** What removes a copy of AWS Backup's: the service that it is a copy of refuses to, so it goes by its recovery point. */
export const recoveryPointCommands = ({ cli, region }: Aws, recoveryPointArn: string): readonly string[] => [
  `${cli} backup delete-recovery-point --backup-vault-name VAULT --recovery-point-arn ${recoveryPointArn} --region ${region}   (VAULT: the backup vault that it is in)`,
];
