import { everyRestore, progressOfRestore, type RestoreJob, restoresOf } from "../aws/backup/restore-job.ts";
import { patiently } from "../engine/observe.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";
import type { FilesTrial } from "../verify/drills/drill-stack.ts";
import type { Machines } from "../verify/machines.ts";
import { scriptFor } from "../verify/scripts.ts";
import { reachedInstances } from "./replication.ts";
import { candidatesOf, chosenPoint, filesSeen, jobToken, pointIn, started, tokenOf } from "./restore-files.ts";

const isUnderWay = ({ Status }: RestoreJob): boolean => Status === "PENDING" || Status === "RUNNING";

/** The newest recovery point of the files, restored beside those that are there, read, and removed again. @param name the stack's */
export function filesTrialOf(
  stack: Stack,
  name: string,
  machines: Machines,
  online: (ids: readonly string[]) => Promise<ReadonlySet<string>>,
): FilesTrial {
  const { run } = stack;
  const { aws, clock } = run;
  /** The job that this one has begun, and which directories were there before that. */
  let begun: { readonly token: string; readonly before: ReadonlySet<string> } | undefined;
  /** The directory that goes, as a script's token; "none": there is none. */
  let leaving: string | undefined;

  const newest = () => ({ until: clock.now() });
  const jobs = () => patiently(run, () => everyRestore(aws));
  const jobOf = async (token: string) =>
    (await jobs()).find(({ RestoreJobId = "" }) => jobToken(RestoreJobId) === token);
  async function instanceIn(): Promise<string> {
    const [instance] = await reachedInstances(stack, online);
    if (instance === undefined) throw new Error("no web instance is in service and reached by Systems Manager");
    return instance;
  }
  const seenBy = (instance: string) => filesSeen(machines, instance);
  const told = async (script: string) => {
    const instance = await instanceIn();
    return (await machines.run([instance], script)).get(instance) ?? "";
  };

  /** Those that the job may have made. */
  async function directoriesOf(job: RestoreJob): Promise<readonly string[]> {
    const { recovered } = await seenBy(await instanceIn());
    const names = recovered.map(({ directory }) => directory).filter((one) => !begun?.before.has(one));
    return candidatesOf(job, names);
  }

  return {
    async refuses() {
      try {
        const { resourceArn } = await pointIn(stack, name, newest());
        const others = (await jobs()).filter(
          (job) => isUnderWay(job) && (job.CreatedResourceArn ?? job.SourceResourceArn) === resourceArn,
        );
        if (others.length === 0) return undefined;
        const { drill } = await seenBy(await instanceIn());
        const other = others.find(({ RestoreJobId = "" }) => jobToken(RestoreJobId) !== drill);
        return other && `AWS Backup's restore job ${other.RestoreJobId} is under way, into the same file system`;
      } catch (error) {
        if (error instanceof BuddyError && error.code === "refused") return error.message;
        throw error;
      }
    },

    async begin() {
      const point = await chosenPoint(stack, name, newest());
      const { recovered } = await seenBy(await instanceIn());
      const before = new Set(recovered.map(({ directory }) => directory));
      const former = await patiently(run, () => restoresOf(aws, point));
      const id = await started(aws, name, point, former.length);
      begun = { token: jobToken(id), before };
      await told(scriptFor("files-trial-begin", begun.token));
      return {
        name: point.arn,
        fileSystem: point.resourceArn.split("/").at(-1) ?? "",
        asOf: point.createdAt,
        async isReady() {
          const job = await jobOf(jobToken(id));
          return job !== undefined && progressOfRestore(aws, job).complete;
        },
      };
    },

    async read() {
      const job = begun && (await jobOf(begun.token));
      const [directory] = job ? await directoriesOf(job) : [];
      if (directory === undefined) throw new Error("the directory that AWS Backup restored into is not found");
      const lines = (await told(scriptFor("files-trial-read", tokenOf(directory)))).split("\n");
      const said = new Map(lines.map((line) => [line.split(" ")[0], line.split(" ").slice(1)] as const));
      const counted = (what: string) => {
        const [files, bytes, whole] = said.get(what) ?? [];
        return { files: Number(files), bytes: Number(bytes), whole: whole === "whole" };
      };
      return {
        directory,
        ...counted("restored"),
        readBytes: Number(said.get("read")?.[0]),
        running: counted("running"),
      };
    },

    async remove() {
      if (leaving === undefined) {
        const token = begun?.token ?? (await seenBy(await instanceIn())).drill;
        if (token === undefined) return true;
        const job = await jobOf(token);
        if (job && isUnderWay(job)) return false;
        const names = job ? await directoriesOf(job) : [];
        if (names.length > 1)
          throw new Error(
            `which of ${names.join(", ")} in /mnt/efs the drill has made is not clear: remove it by hand`,
          );
        leaving = names[0] === undefined ? "none" : tokenOf(names[0]);
      }
      if (!(await told(scriptFor("files-trial-end", leaving))).includes("gone")) return false;
      begun = undefined;
      leaving = undefined;
      return true;
    },
  };
}
