import type { DeleteOptions, Owner, Protection } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG, STACK_TAG } from "../owned.ts";
import { command, noProtection, start } from "./commands.ts";
import { FAILED, type InstanceLive, instances } from "./read-instances.ts";

type Options = Pick<DeleteOptions, "discardData">;

/** What makes AWS refuse to delete an instance as it is now, or to copy it before. */
export function protectionsOf(
  aws: Aws,
  { id, status, deletionProtection, source, storageGiB }: InstanceLive,
  { discardData }: Options,
): Protection[] {
  const snapshot = !discardData && source === "";
  const found: Protection[] = [];
  // Neither is a stopped instance changed, nor is a snapshot made of it (mattclay/aws-terminator#319; DeleteDBInstance answers
  // "not currently in the available state"). AWS starts it by itself after seven days (API reference, StopDBInstance).
  if (status === "stopped" && (snapshot || deletionProtection))
    found.push({
      what: "it is stopped, and AWS makes no final snapshot of it, and changes nothing of it, before it is started",
      lift: { to: `start ${id}`, commands: start(aws, id) },
      unprotect: () => aws.rds.startDBInstance({ DBInstanceIdentifier: id }),
    });
  // AWS makes no snapshot of what it cannot decrypt; which error says so, is not documented.
  const keyless = status.startsWith("inaccessible-encryption-credentials");
  if (snapshot && keyless)
    found.push({
      what: `AWS cannot use its KMS key (${status}), and makes no final snapshot`,
      lift: status.endsWith("-recoverable")
        ? { to: `bring ${id} back, once its key is enabled again`, commands: start(aws, id) }
        : {
            to: "remove the stack without one, once what you need was restored from its backups",
            commands: ["buddyverse down --discard-data"],
          },
    });
  // That is what it is for: it is lifted when that was said, never in passing.
  if (deletionProtection)
    found.push({
      what: "deletion protection is on (the next up puts it back where database.deletionProtection is true)",
      lift: { to: `lift the deletion protection of ${id}`, commands: noProtection(aws, id) },
      unprotect: () => aws.rds.modifyDBInstance({ DBInstanceIdentifier: id, DeletionProtection: false }),
    });
  // "The source DB instance must be in the available or storage-optimization state" (API reference, CreateDBSnapshot).
  if (snapshot && !keyless && status !== "stopped" && FAILED.test(status))
    found.push({
      what: `it is ${status}, and AWS makes no snapshot of it in that state`,
      lift:
        status === "storage-full"
          ? {
              to: `give ${id} more storage`,
              commands: [
                command(
                  aws,
                  "modify-db-instance",
                  id,
                  ` --allocated-storage ${Math.ceil(storageGiB * 1.1)} --apply-immediately`,
                ),
              ],
            }
          : {
              to: "remove the stack without a copy, once what you need was restored from its automated backups",
              commands: ["buddyverse down --discard-data"],
            },
    });
  return found;
}

/** The same, and what another object or the account tells. */
export async function protections(
  aws: Aws,
  instance: InstanceLive,
  options: Options,
  { stack }: Owner,
): Promise<readonly Protection[]> {
  const [others, room] = await Promise.all([
    othersReplicas(aws, instance, stack),
    options.discardData || instance.source !== "" ? [] : noRoom(aws),
  ]);
  return [...protectionsOf(aws, instance, options), ...others, ...room];
}

/** Without its source a replica would become a primary of its own. The stack's own go before it. */
async function othersReplicas(aws: Aws, { replicas }: InstanceLive, stack: string): Promise<Protection[]> {
  if (replicas.length === 0) return [];
  const known = await instances(aws);
  return replicas
    .filter((id) => {
      const replica = known.find((one) => one.id === id);
      const { [STACK_TAG]: ofStack, [KEY_TAG]: key } = replica?.tags ?? {};
      // Somebody may have taken one of the two off ours.
      const isOurs = ofStack === stack || (ofStack === undefined && key !== undefined);
      return !isOurs && replica?.status !== "deleting";
    })
    .map((id) => ({
      what: `${id} is a read replica of it, and is not the stack's`,
      // It keeps its data, as a database of its own. One in another region is named by its ARN, arn:aws:rds:REGION:….
      lift: {
        to: `make ${id} a database of its own`,
        commands: [
          id.startsWith("arn:")
            ? command({ ...aws, region: id.split(":")[3] ?? "" }, "promote-read-replica", id.split(":").at(-1) ?? "")
            : command(aws, "promote-read-replica", id),
        ],
      },
    }));
}

/** The account's manual snapshots are counted (API reference, AccountQuota). */
const noRoom = (aws: Aws): Promise<Protection[]> =>
  aws.coalesce("rds:snapshot-quota", async () => {
    const { AccountQuotas = [] } = await aws.rds.describeAccountAttributes({});
    const { Used = 0, Max } =
      AccountQuotas.find(({ AccountQuotaName }) => AccountQuotaName === "ManualSnapshots") ?? {};
    if (Max === undefined || Used < Max) return [];
    return [
      {
        what: `the account has all ${Max} manual DB snapshots that it may have in ${aws.region}, and none can be made of it`,
        lift: {
          to: "see which there are, for one that can go (aws rds delete-db-snapshot)",
          commands: [
            `${aws.cli} rds describe-db-snapshots --snapshot-type manual --query "DBSnapshots[].[DBSnapshotIdentifier,SnapshotCreateTime]" --output text --region ${aws.region}`,
          ],
        },
      },
    ];
  });
