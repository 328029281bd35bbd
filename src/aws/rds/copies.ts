import type { DBSnapshot, Tag } from "@aws-sdk/client-rds";
import type { Aws } from "../aws.ts";
import type { Copy, CopyReader, RestoreWindow } from "../copy.ts";
import { KEY_TAG, STACK_TAG, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";
import { backupStorage } from "./prices.ts";

/** The stack's databases give their tags to what is made of them; what has none is known by its database. */
const ours =
  (stack: string, names: ReadonlySet<string>) =>
  (tags: readonly Tag[] = [], source = ""): boolean =>
    tags.length > 0 ? tagsFrom(tags)[STACK_TAG] === stack : names.has(source);

/** "manual": a person's and the tool's; "automated": RDS's own of each day; "awsbackup": AWS Backup's (API reference, DescribeDBSnapshots). */
export type SnapshotType = "manual" | "automated" | "awsbackup";

/** The stack's snapshots of those types. @param names of its instances */
export async function stackSnapshots(
  aws: Aws,
  stack: string,
  names: ReadonlySet<string>,
  types: readonly SnapshotType[],
): Promise<readonly DBSnapshot[]> {
  const isOurs = ours(stack, names);
  const all = await Promise.all(
    types.map((SnapshotType) =>
      allPages(
        (Marker) => aws.rds.describeDBSnapshots({ SnapshotType, Marker }),
        (page) => page.DBSnapshots,
        (page) => page.Marker,
      ),
    ),
  );
  return all.flat().filter(({ TagList, DBInstanceIdentifier }) => isOurs(TagList, DBInstanceIdentifier));
}

/** The stack's automated backups: of instances that are there, and of those that were deleted in a way that keeps them. */
export async function automatedBackups(aws: Aws, stack: string, names: ReadonlySet<string>) {
  const isOurs = ours(stack, names);
  const all = await allPages(
    (Marker) => aws.rds.describeDBInstanceAutomatedBackups({ Marker }),
    (page) => page.DBInstanceAutomatedBackups,
    (page) => page.Marker,
  );
  return all.filter(({ TagList, DBInstanceIdentifier }) => isOurs(TagList, DBInstanceIdentifier));
}

/** What a snapshot is, by its type and by the names that the tool gives to its own. */
export function kindOf({ DBSnapshotIdentifier: id = "", DBInstanceIdentifier: source = "", SnapshotType }: DBSnapshot) {
  if (SnapshotType === "automated") return "automated snapshot";
  if (SnapshotType === "awsbackup") return "snapshot of AWS Backup";
  if (id.startsWith(`${source}-final-`)) return "final snapshot";
  return id.startsWith(`${source}-before-`) ? "snapshot before an upgrade" : "manual snapshot";
}

function copyOf(snapshot: DBSnapshot): Copy {
  const { DBSnapshotIdentifier: id = "", DBInstanceIdentifier: source = "", SnapshotType, TagList = [] } = snapshot;
  const automated = SnapshotType === "automated";
  // "OriginalSnapshotCreateTime … doesn't change when the snapshot is copied" (API reference, DBSnapshot).
  const made = snapshot.OriginalSnapshotCreateTime ?? snapshot.SnapshotCreateTime;
  return {
    of: "database",
    what: kindOf(snapshot),
    id,
    source,
    key: TagList.length === 0 ? undefined : (tagsFrom(TagList)[KEY_TAG] ?? ""),
    madeAt: made?.getTime(),
    state: snapshot.Status ?? "",
    gib: snapshot.AllocatedStorage,
    version: snapshot.EngineVersion && `MySQL ${snapshot.EngineVersion}`,
    price: automated ? undefined : backupStorage.item,
    // As much as the storage of the databases that run in the region (RDS pricing, "Backup storage").
    free: automated ? "free up to the storage of the running databases" : undefined,
    passing: automated,
  };
}

const windowOf = (
  { cli, region }: Aws,
  {
    DBInstanceIdentifier: source = "",
    DbiResourceId: resource = "",
    Status,
    RestoreWindow: { EarliestTime, LatestTime } = {},
  }: Awaited<ReturnType<typeof automatedBackups>>[number],
): readonly RestoreWindow[] =>
  EarliestTime === undefined || LatestTime === undefined
    ? []
    : [
        {
          of: "database",
          source,
          earliest: EarliestTime.getTime(),
          latest: LatestTime.getTime(),
          ...(Status === "retained"
            ? {
                commands: [
                  `${cli} rds restore-db-instance-to-point-in-time --source-dbi-resource-id ${resource} --target-db-instance-identifier ${source}-restored --restore-time TIME --db-subnet-group-name GROUP --region ${region}`,
                ],
              }
            : {}),
        },
      ];

export const databaseCopies: CopyReader = {
  what: "DB snapshots and automated backups",
  async read(aws, stack, names) {
    const [snapshots, backups] = await Promise.all([
      stackSnapshots(aws, stack, names, ["manual", "automated", "awsbackup"]),
      automatedBackups(aws, stack, names),
    ]);
    return { copies: snapshots.map(copyOf), windows: backups.flatMap((one) => windowOf(aws, one)) };
  },
};
