import type { Snapshot } from "../../engine/snapshot.ts";
import { recoveryPointCommands } from "../recovery-points.ts";
import type { ResidualReader } from "../residual.ts";
import { automatedBackups, kindOf, stackSnapshots } from "./copies.ts";
import { database } from "./database.ts";
import { backupStorage } from "./prices.ts";
import { replica } from "./replica.ts";
import { idOf } from "./tags.ts";

/** Names of the stack's databases. */
const namesIn = (before: Snapshot["entries"]): ReadonlySet<string> =>
  new Set(
    [...before.values()]
      .filter(({ node }) => node.type === database || node.type === replica)
      .map(({ node }) => idOf(node.owner)),
  );

const WHY: Readonly<Record<ReturnType<typeof kindOf>, (source: string) => string>> = {
  "final snapshot": (source) => `final snapshot of ${source}: its data, if you want it back`,
  "snapshot before an upgrade": (source) => `made by up before ${source} got another major version`,
  "snapshot of AWS Backup": (source) => `made of ${source} by AWS Backup`,
  "manual snapshot": (source) => `made of ${source} by hand, or by something else than buddyverse`,
  "automated snapshot": (source) => `made of ${source} by RDS, which removes it`,
};

export const snapshots: ResidualReader = {
  what: "DB snapshots",
  async read(aws, stack, before) {
    // What AWS Backup makes goes with its recovery point; what RDS makes by itself goes by itself.
    const all = await stackSnapshots(aws, stack, namesIn(before), ["manual", "awsbackup"]);
    return all.map((snapshot) => {
      const { DBSnapshotIdentifier: id = "", DBInstanceIdentifier: source = "", DBSnapshotArn: arn = id } = snapshot;
      return {
        what: "DB snapshot",
        id,
        why: WHY[kindOf(snapshot)](source),
        gib: snapshot.AllocatedStorage,
        price: backupStorage.item,
        commands:
          snapshot.SnapshotType === "awsbackup"
            ? recoveryPointCommands(aws, arn)
            : [`${aws.cli} rds delete-db-snapshot --db-snapshot-identifier ${id} --region ${aws.region}`],
      };
    });
  },
};

/** `down` deletes them with the instance; an instance that was deleted otherwise may have kept them. */
export const retainedBackups: ResidualReader = {
  what: "retained automated backups",
  async read(aws, stack, before) {
    const all = await automatedBackups(aws, stack, namesIn(before));
    return all
      .filter(({ Status }) => Status === "retained")
      .map(({ DbiResourceId: id = "", DBInstanceIdentifier, AllocatedStorage, BackupRetentionPeriod: days }) => ({
        what: "automated backups",
        id,
        why: `${DBInstanceIdentifier} was deleted in a way that keeps them${days === undefined ? "" : `; the last goes after ${days} days`}`,
        gib: AllocatedStorage,
        price: backupStorage.item,
        commands: [`${aws.cli} rds delete-db-instance-automated-backup --dbi-resource-id ${id} --region ${aws.region}`],
      }));
  },
};
