import type { Aws } from "../aws/aws.ts";
import { type RecoveryPoint, recoveryPointsOf } from "../aws/backup/recovery-points.ts";
import { progressOfRestore, type RestoreJob, restoresOf, startRestore } from "../aws/backup/restore-job.ts";
import { closeAgain, openCommand, policyOf, whileOpen } from "../aws/backup/vault-policy.ts";
import { fileSystemArn } from "../aws/efs/arn.ts";
import { patiently } from "../engine/observe.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Machines } from "../verify/machines.ts";
import { scriptFor } from "../verify/scripts.ts";
import { until } from "./switch-primary.ts";

const FILE_SYSTEM = "file-system";
const RESTORE = "backup:StartRestoreJob";
/** "The maximum duration for a backup operation is seven days", and a restore takes longer: a run waits for a day. */
const RESTORE_SECONDS = 24 * 3600;
/** Between AWS's clocks that a directory and a job are named by. */
const SLACK_MS = 5 * 60_000;

/** Which copy is wanted: one by its ARN, or the newest until a moment (milliseconds since 1970). */
export type Wanted = { readonly arn: string } | { readonly until: number };

/** A directory that AWS Backup recovered files into, at the root of the file system. */
export interface Recovered {
  readonly directory: string;
  readonly files: number;
  readonly bytes: number;
  /** False: counting took too long, there are more. */
  readonly whole: boolean;
}

export interface FilesSeen {
  readonly recovered: readonly Recovered[];
  /** What former switches put aside. */
  readonly aside: readonly string[];
  /** The restore that a drill has begun, by `jobToken`, until what that made is removed. */
  readonly drill: string | undefined;
}

const refused = (message: string, hint: string): BuddyError => new BuddyError({ code: "refused", message, hint });

/** The copy that is wanted of the stack's file system. Throws `refused` where it cannot be restored into it. */
export async function chosenPoint(stack: Stack, name: string, wanted: Wanted): Promise<RecoveryPoint> {
  const point = await pointIn(stack, name, wanted);
  // One whose vault a killed run left open.
  const closed = await patiently(stack.run, () => closeAgain(stack.run.aws, point.vault));
  return closed ? pointIn(stack, name, { arn: point.arn }) : point;
}

/** The same, and only looks. */
export async function pointIn({ run, find }: Stack, stack: string, wanted: Wanted): Promise<RecoveryPoint> {
  const { aws } = run;
  const live = await find(FILE_SYSTEM);
  if (!live) throw refused("the stack has no file system to restore files into", "`buddyverse up` creates it.");
  const arn = fileSystemArn(aws, live.id);
  const all = await patiently(run, () => recoveryPointsOf(aws, stack, [arn]));
  const list = "`buddyverse snapshots` lists what there is.";
  if ("arn" in wanted) {
    const point = all.find((one) => one.arn === wanted.arn);
    if (!point) throw refused(`${wanted.arn} is no recovery point of the stack's files`, list);
    if (point.status !== "COMPLETED") throw refused(`${point.arn} is ${point.status}`, list);
    if (point.resourceArn !== arn)
      throw refused(
        `${point.arn} is of ${point.resourceArn.split("/").at(-1)}, and the stack's file system is ${live.id}`,
        "AWS Backup restores into the file system that was copied, or into a new one.",
      );
    return point;
  }
  const point = all.find(
    (one) => one.resourceArn === arn && one.status === "COMPLETED" && one.createdAt <= wanted.until,
  );
  if (!point && all.length === 0)
    throw refused(
      `there is no recovery point of ${live.id} yet`,
      `AWS Backup makes one a day, where \`efs.backup\` is on. ${list}`,
    );
  if (!point) throw refused(`there is no recovery point of ${live.id} of that time`, list);
  return point;
}

/** Throws `refused` where the vault's access policy denies a restore, with what opens it. */
export async function mustBeOpen(
  { run: { aws } }: Stack,
  { vault, denied }: RecoveryPoint,
  again: string,
): Promise<void> {
  if (!denied.has(RESTORE)) return;
  throw refused(
    `the access policy of ${vault} denies everybody to restore what is in it`,
    [
      `To have it opened for the moment in which the restore is started, and closed again: ${again}`,
      `By hand: ${openCommand(aws, vault, (await policyOf(aws, vault)) ?? "{}")}`,
    ].join("\n"),
  );
}

/** The web instance by which the files are looked at. Answers what is there. */
export async function filesSeen(machines: Machines, instance: string): Promise<FilesSeen> {
  const text = (await machines.run([instance], scriptFor("files-recovered", "files"))).get(instance) ?? "";
  const lines = text.split("\n").map((line) => line.split(" "));
  return {
    recovered: lines.flatMap(([kind, directory = "", files, bytes, whole]) =>
      kind === "recovered" ? [{ directory, files: Number(files), bytes: Number(bytes), whole: whole === "whole" }] : [],
    ),
    aside: lines.flatMap(([kind, name = ""]) => (kind === "aside" ? [name] : [])),
    drill: lines.find(([kind]) => kind === "drill")?.[1],
  };
}

/** A restore job's id as a script's token. */
export const jobToken = (id: string): string => id.replace(/[^A-Za-z0-9]/g, "");

/** A directory's name as a script's token. */
export const tokenOf = (directory: string): string =>
  directory.replace(/[^A-Za-z0-9]/g, "").replace(/^awsbackuprestore/, "");

/** When AWS Backup began to fill a directory, by its token; undefined: it is named otherwise. */
function timeOf(token: string): number | undefined {
  const [, y, mo, d, h, mi, s] = /(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(token) ?? [];
  return y === undefined ? undefined : Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Of those names the ones that a restore may have made, which AWS names by its time: the nearest first. */
export function candidatesOf(job: RestoreJob, names: readonly string[]): readonly string[] {
  const [from, to] = [job.CreationDate?.getTime() ?? 0, job.CompletionDate?.getTime() ?? 0];
  const off = (name: string) => Math.abs((timeOf(tokenOf(name)) ?? from) - from);
  return names
    .filter((name) => {
      const time = timeOf(tokenOf(name));
      return time === undefined || (time >= from - SLACK_MS && time <= to + SLACK_MS);
    })
    .sort((one, other) => off(one) - off(other));
}
const madeBy = (job: RestoreJob, names: readonly string[]): string | undefined => candidatesOf(job, names)[0];

const directoryOf = (seen: FilesSeen, job: RestoreJob): Recovered | undefined => {
  const name = madeBy(
    job,
    seen.recovered.map(({ directory }) => directory),
  );
  return seen.recovered.find(({ directory }) => directory === name);
};

export interface Restoration {
  readonly stack: Stack;
  /** The stack's name. */
  readonly name: string;
  readonly point: RecoveryPoint;
  readonly machines: Machines;
  readonly instance: string;
  readonly say: (text: string) => void;
}

/** Restored already, and switched to: where the former files are. */
export interface Switched {
  readonly aside: string;
}

/**
 * Has the files restored into a directory beside the running ones. A restore of the same recovery point that is under way, or whose
 * directory is still there, is continued; one that was switched to is done until the former files are discarded. So a command that
 * is run again starts nothing twice.
 */
export async function recoveredFiles(restoration: Restoration): Promise<Recovered | Switched> {
  const { stack, name, point, machines, instance, say } = restoration;
  const { run } = stack;
  const { aws } = run;
  const jobs = await patiently(run, () => restoresOf(aws, point));
  const last = jobs.at(-1);
  if (last?.Status === "COMPLETED") {
    const seen = await filesSeen(machines, instance);
    const aside = madeBy(last, seen.aside);
    const there = directoryOf(seen, last);
    // What a drill that was killed has left is a person's from now on.
    if (there && seen.drill === jobToken(last.RestoreJobId ?? ""))
      await machines.run([instance], scriptFor("files-trial-end", "none"));
    if (there) return there;
    if (aside !== undefined) return { aside };
  }
  const underWay = last?.Status === "PENDING" || last?.Status === "RUNNING" ? last.RestoreJobId : undefined;
  const id = underWay ?? (await started(aws, name, point, jobs.length));
  say(underWay === undefined ? `Restore job ${id} has begun.` : `Restore job ${id} is under way.`);
  const done = await until(stack, { what: `restore job ${id} has not ended`, seconds: RESTORE_SECONDS }, async () => {
    const job = (await restoresOf(aws, point)).find(({ RestoreJobId }) => RestoreJobId === id);
    return job && progressOfRestore(aws, job).complete ? job : undefined;
  });
  const seen = await filesSeen(machines, instance);
  const there = directoryOf(seen, done);
  if (there) return there;
  throw new BuddyError({
    code: "failed",
    message: `restore job ${id} is complete, and its directory is not found at the root of the file system`,
    hint: `There are: ${seen.recovered.map(({ directory }) => directory).join(", ") || "none"}. Look on a web instance: sudo ls -la /mnt/efs`,
  });
}

/** Starts a restore, where it is needed with the vault's policy opened for that moment. Answers the job's id. */
export const started = (aws: Aws, stack: string, point: RecoveryPoint, attempt: number): Promise<string> =>
  point.denied.has(RESTORE)
    ? whileOpen(aws, point.vault, () => startRestore(aws, stack, point, attempt))
    : startRestore(aws, stack, point, attempt);

/** Brings the recovered files to the root; what was there is put aside, and kept. Answers where. */
export async function switchFiles({ machines, instance }: Restoration, { directory }: Recovered): Promise<string> {
  const token = tokenOf(directory);
  await machines.run([instance], scriptFor("files-switch", token));
  return `.before-restore-${token}`;
}

/** Deletes what former switches put aside. */
export const discardOld = async (machines: Machines, instance: string): Promise<void> =>
  void (await machines.run([instance], scriptFor("files-discard", "files")));
