import type { Blocker, CopyProgress, DeleteOptions, NotYet, Owner, Right } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { command } from "./commands.ts";
import { protectionsOf } from "./protections.ts";
import { GONE, type InstanceLive, instances } from "./read-instances.ts";
import { snapshotOf } from "./snapshot.ts";

export const HAS_REPLICAS: NotYet = { code: "BuddyError", message: /still has the replica/ };

/** Its replicas: those of the stack go before it, so what stays is somebody else's. */
export async function replicaBlockers(aws: Aws, { replicas }: InstanceLive): Promise<readonly Blocker[]> {
  const known = await instances(aws);
  return replicas.map((id) => ({
    id,
    what: "a read replica of it",
    passing: known.find((one) => one.id === id)?.status === "deleting",
    // It keeps its data, as a database of its own.
    commands: [command(aws, "promote-read-replica", id)],
  }));
}

const finalName = (id: string, label: string) => `${id}-final-${label}`;

/** What the caller needs for `finalSnapshot`, which has tags. */
export function copyRights(_aws: Aws, { id, arn }: InstanceLive): readonly Right[] {
  const snapshot = arn.replace(/:db:.*$/, `:snapshot:${finalName(id, "0")}`);
  return [
    { action: "rds:CreateDBSnapshot", resources: [arn, snapshot] },
    { action: "rds:AddTagsToResource", resources: [snapshot] },
  ];
}

/** The copy that stays of an instance's data. */
export const finalSnapshot = (aws: Aws, { id }: InstanceLive, owner: Owner, label: string): Promise<CopyProgress> =>
  snapshotOf(aws, id, finalName(id, label), owner);

/** A final snapshot that was begun since then, by its name; none of another instance that had this one's name before. */
export async function finalSince(aws: Aws, { id }: InstanceLive, _owner: Owner, since: number) {
  const [{ DBInstances: [instance] = [] }, { DBSnapshots = [] }] = await Promise.all([
    aws.rds.describeDBInstances({ DBInstanceIdentifier: id }),
    aws.rds.describeDBSnapshots({ DBInstanceIdentifier: id, SnapshotType: "manual" }),
  ]);
  const from = Math.max(since, instance?.InstanceCreateTime?.getTime() ?? Number.POSITIVE_INFINITY);
  const [newest] = DBSnapshots.flatMap(({ DBSnapshotIdentifier: name = "", Status = "" }) => {
    const begun = name.startsWith(finalName(id, "")) ? Number(name.slice(finalName(id, "").length)) : Number.NaN;
    return begun >= from && /^(available|creating)$/.test(Status) ? [{ id: name, since: begun }] : [];
  }).sort((one, other) => other.since - one.since);
  return newest;
}

const blocked = (id: string, message: string, hint: string) =>
  new BuddyError({
    code: "blocked",
    message: `DB instance ${id} ${message}`,
    about: { id, operation: "DeleteDBInstance" },
    hint,
  });

/** Deletes an instance that may hold data: unless that is to be discarded, a snapshot of it stays. */
export async function deleteWithSnapshot(
  aws: Aws,
  instance: InstanceLive,
  { discardData, label }: DeleteOptions,
): Promise<string | undefined> {
  const snapshot = discardData ? undefined : finalName(instance.id, label);
  await deleteInstance(aws, instance, snapshot);
  return snapshot;
}

/** @param snapshot the name of the snapshot that stays; undefined: none. */
export async function deleteInstance(aws: Aws, instance: InstanceLive, snapshot?: string): Promise<void> {
  const { id, replicas } = instance;
  // Looked at before the run, too; it may have come since.
  const [protection] = protectionsOf(aws, instance, { discardData: snapshot === undefined });
  if (protection) {
    const { to, commands } = protection.lift;
    const hint = `To ${to}: ${commands.join(" && ")}; then run the same command again.`;
    throw blocked(id, `cannot be deleted: ${protection.what}`, hint);
  }
  // Without its source a replica would become a primary of its own, and cost as one.
  if (replicas.length > 0)
    throw blocked(
      id,
      `still has the replica ${replicas.join(", ")}`,
      "Delete that replica, or promote it, then run the same command again.",
    );
  // The snapshot is there when an earlier call was accepted and its answer lost: the next look shows the instance deleting.
  await undefinedIf([...GONE, "DBSnapshotAlreadyExistsFault"], () =>
    aws.rds.deleteDBInstance({
      DBInstanceIdentifier: id,
      ...(snapshot === undefined
        ? { SkipFinalSnapshot: true }
        : { SkipFinalSnapshot: false, FinalDBSnapshotIdentifier: snapshot }),
      DeleteAutomatedBackups: true,
    }),
  );
}
