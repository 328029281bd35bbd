import { shellWord } from "../../lib/shell.ts";
import type { Aws } from "../aws.ts";
import { fileSystemArn } from "../efs/arn.ts";
import { type FileSystemLive, fileSystem } from "../efs/file-system.ts";
import { backupStorage } from "../efs/prices.ts";
import type { Residual, ResidualReader } from "../residual.ts";
import { stackVault } from "./names.ts";
import { type RecoveryPoint, recoveryPointsOf } from "./recovery-points.ts";
import { policyOf, policyWithout } from "./vault-policy.ts";

const DELETE = "backup:DeleteRecoveryPoint";
const GIB = 2 ** 30;

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

async function residual(
  aws: Aws,
  stack: string,
  vault: string,
  points: readonly [RecoveryPoint, ...RecoveryPoint[]],
): Promise<Residual> {
  const region = `--region ${aws.region}`;
  const ends = points.flatMap(({ expiresAt }) => expiresAt ?? []);
  const last = ends.length === points.length ? `until ${day(Math.max(...ends))}` : "until somebody deletes them";
  const denied = points[0].denied.has(DELETE);
  const policy = denied ? await policyOf(aws, vault) : undefined;
  const bytes = points.map((one) => one.bytes);
  return {
    what: "AWS Backup recovery points",
    id: points.length === 1 ? points[0].arn : `${points.length} in ${vault}`,
    why: `${vault === stackVault(stack) ? "copies of the files that down made, or a person" : `copies of the files in the vault ${vault}`}, kept ${last}${denied ? "; the vault's access policy denies to delete them before, until it is replaced" : ""}`,
    gib: bytes.includes(undefined)
      ? undefined
      : Math.ceil(bytes.reduce<number>((sum, one) => sum + (one ?? 0), 0) / GIB),
    price: backupStorage.item,
    commands: [
      ...(policy === undefined
        ? []
        : [
            `${aws.cli} backup put-backup-vault-access-policy --backup-vault-name ${vault} --policy ${shellWord(policyWithout(policy, [DELETE]))} ${region}`,
          ]),
      ...points.map(
        ({ arn }) =>
          `${aws.cli} backup delete-recovery-point --backup-vault-name ${vault} --recovery-point-arn ${arn} ${region}`,
      ),
    ],
  };
}

/** What AWS Backup keeps of the file systems: each vault's together, with what deletes it. */
export const recoveryPoints: ResidualReader = {
  what: "AWS Backup recovery points",
  async read(aws, stack, before) {
    const ids = [...before.values()]
      // One that is left alone has its copies as it always had.
      .filter(({ node, decision }) => node.type === fileSystem && decision.kind !== "retain")
      .flatMap(({ look, recorded }) => (look.live as FileSystemLive | undefined)?.id ?? recorded?.id ?? []);
    const points = await recoveryPointsOf(
      aws,
      stack,
      ids.map((id) => fileSystemArn(aws, id)),
    );
    const byVault = new Map<string, [RecoveryPoint, ...RecoveryPoint[]]>();
    for (const point of points) {
      const others = byVault.get(point.vault);
      if (others) others.push(point);
      else byVault.set(point.vault, [point]);
    }
    return Promise.all([...byVault].map(([vault, all]) => residual(aws, stack, vault, all)));
  },
};
