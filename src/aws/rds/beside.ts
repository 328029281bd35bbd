import type { Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { STACK_TAG } from "../owned.ts";
import { automatedBackups } from "./copies.ts";
import { type InstanceLive, listInstances } from "./read-instances.ts";
import { type RestoreSpec, restoreInput } from "./restore.ts";
import { ORIGIN_TAG, speaksForItself } from "./tags.ts";

/** From what an instance is restored. `at`, milliseconds since 1970: undefined: the latest moment that there is. */
export type Origin =
  | { readonly kind: "snapshot"; readonly id: string }
  | { readonly kind: "time"; readonly at: number | undefined };

const second = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** As its tag says it: the same for the same command line. */
export const originText = (origin: Origin): string =>
  origin.kind === "snapshot"
    ? `snapshot ${origin.id}`
    : `time ${origin.at === undefined ? "latest" : second(origin.at)}`;

/** The stack's instances that were restored beside its primary. */
export const restoredBeside = async (aws: Aws, stack: string): Promise<readonly InstanceLive[]> =>
  (await listInstances(aws, stack)).filter((one) => speaksForItself(one) && one.tags[ORIGIN_TAG] !== undefined);

/** To when an instance can be restored, milliseconds since 1970; undefined: it has no automated backups, or none yet. */
export async function windowOf(
  aws: Aws,
  stack: string,
  id: string,
): Promise<{ readonly earliest: number; readonly latest: number } | undefined> {
  const all = await automatedBackups(aws, stack, new Set([id]));
  const { EarliestTime, LatestTime } =
    all.find((one) => one.DBInstanceIdentifier === id && one.Status !== "retained")?.RestoreWindow ?? {};
  return EarliestTime && LatestTime && { earliest: EarliestTime.getTime(), latest: LatestTime.getTime() };
}

/** Begins to restore an instance of that name. A name can be taken only once, so a repeat makes no second one. */
export async function restoreBeside(
  aws: Aws,
  {
    name,
    stack,
    origin,
    source,
    tags,
    spec,
  }: {
    readonly name: string;
    readonly stack: string;
    readonly origin: Origin;
    /** The instance whose backups have the time. */
    readonly source: string;
    readonly tags: Tags;
    readonly spec: RestoreSpec;
  },
): Promise<void> {
  const text = originText(origin);
  const owner = {
    stack,
    key: "",
    name,
    needs: [],
    tags: { ...tags, Name: name, [STACK_TAG]: stack, [ORIGIN_TAG]: text },
  };
  const input = restoreInput(spec, owner, text);
  if (origin.kind === "snapshot")
    await aws.rds.restoreDBInstanceFromDBSnapshot({
      DBInstanceIdentifier: name,
      DBSnapshotIdentifier: origin.id,
      ...input,
    });
  else
    await aws.rds.restoreDBInstanceToPointInTime({
      SourceDBInstanceIdentifier: source,
      TargetDBInstanceIdentifier: name,
      ...(origin.at === undefined ? { UseLatestRestorableTime: true } : { RestoreTime: new Date(origin.at) }),
      ...input,
    });
}

/** It is the stack's own now, under a key. */
export const unmarkRestored = (aws: Aws, { arn }: Pick<InstanceLive, "arn">) =>
  aws.rds.removeTagsFromResource({ ResourceName: arn, TagKeys: [ORIGIN_TAG] });
