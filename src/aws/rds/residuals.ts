import type { Tag } from "@aws-sdk/client-rds";
import type { Snapshot } from "../../engine/snapshot.ts";
import { STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { recoveryPointCommands } from "../recovery-points.ts";
import type { ResidualReader } from "../residual.ts";
import { database } from "./database.ts";
import { backupStorage } from "./prices.ts";
import { replica } from "./replica.ts";
import { idOf } from "./tags.ts";

/** The stack's databases give their tags to what is made of them; what has none is known by its database. */
function ours(stack: string, before: Snapshot["entries"]) {
  const databases = [...before.values()]
    .filter(({ node }) => node.type === database || node.type === replica)
    .map(({ node }) => idOf(node.owner));
  return (tags: Tag[] = [], id = "") =>
    tags.length > 0 ? tagsFrom(tags)[STACK_TAG] === stack : databases.includes(id);
}

export const snapshots: ResidualReader = {
  what: "DB snapshots",
  async read(aws, stack, before) {
    const isOurs = ours(stack, before);
    // What AWS Backup makes is of a type of its own (API reference, DescribeDBSnapshots), and goes with its recovery point.
    const all = await Promise.all(
      ["manual", "awsbackup"].map((SnapshotType) =>
        allPages(
          (Marker) => aws.rds.describeDBSnapshots({ SnapshotType, Marker }),
          (page) => page.DBSnapshots,
          (page) => page.Marker,
        ),
      ),
    );
    return all
      .flat()
      .filter(({ TagList, DBInstanceIdentifier }) => isOurs(TagList, DBInstanceIdentifier))
      .map(({ DBSnapshotIdentifier: id = "", DBInstanceIdentifier: source = "", SnapshotType, ...one }) => {
        const backup = SnapshotType === "awsbackup";
        const byWhom = backup ? "AWS Backup" : "hand, or by something else than buddyverse";
        return {
          what: "DB snapshot",
          id,
          why: id.startsWith(`${source}-final-`)
            ? `final snapshot of ${source}: its data, if you want it back`
            : id.startsWith(`${source}-before-`)
              ? `made by up before ${source} got another major version`
              : `made of ${source} by ${byWhom}`,
          gib: one.AllocatedStorage,
          price: backupStorage.item,
          commands: backup
            ? recoveryPointCommands(aws, one.DBSnapshotArn ?? id)
            : [`${aws.cli} rds delete-db-snapshot --db-snapshot-identifier ${id} --region ${aws.region}`],
        };
      });
  },
};

/** `down` deletes them with the instance; an instance that was deleted otherwise may have kept them. */
export const retainedBackups: ResidualReader = {
  what: "retained automated backups",
  async read(aws, stack, before) {
    const isOurs = ours(stack, before);
    const all = await allPages(
      (Marker) =>
        aws.rds.describeDBInstanceAutomatedBackups({ Filters: [{ Name: "status", Values: ["retained"] }], Marker }),
      (page) => page.DBInstanceAutomatedBackups,
      (page) => page.Marker,
    );
    return all
      .filter(
        ({ Status, TagList, DBInstanceIdentifier }) => Status === "retained" && isOurs(TagList, DBInstanceIdentifier),
      )
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
