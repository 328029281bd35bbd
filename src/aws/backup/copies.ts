import type { CopyReader } from "../copy.ts";
import { fileSystemArn } from "../efs/arn.ts";
import { backupStorage } from "../efs/prices.ts";
import { stackVault } from "./names.ts";
import { recoveryPointsOf } from "./recovery-points.ts";

const GIB = 2 ** 30;

/** Of the stack's file systems: those that `down` made, EFS's own of each day, and others'. */
export const recoveryPointCopies: CopyReader = {
  what: "AWS Backup recovery points",
  async read(aws, stack, names) {
    const known = [...names].filter((name) => /^fs-[0-9a-f]+$/.test(name)).map((id) => fileSystemArn(aws, id));
    const points = await recoveryPointsOf(aws, stack, known);
    return {
      windows: [],
      copies: points.map(({ arn, vault, resourceArn, createdAt, bytes, status, expiresAt, denied }) => ({
        of: "files",
        what: vault === stackVault(stack) ? "recovery point" : `recovery point in ${vault}`,
        id: arn,
        source: resourceArn.split("/").at(-1) ?? "",
        madeAt: status === "CREATING" ? undefined : createdAt,
        state: status === "COMPLETED" ? "available" : status,
        gib: bytes === undefined ? undefined : Math.ceil((bytes / GIB) * 100) / 100,
        price: backupStorage.item,
        passing: expiresAt !== undefined,
        ...(denied.has("backup:StartRestoreJob") ? { needs: ["--open-vault"] } : {}),
      })),
    };
  },
};
