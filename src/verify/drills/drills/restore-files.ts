import { age, at } from "../../../lib/duration.ts";
import type { Drill } from "../drill.ts";
import { counted, until } from "./beside.ts";

/** AWS Backup restores 100 MB or 500 files a second (EFS user guide, "Backup performance"); the limit is chosen. Seconds. */
const RESTORE_S = 3 * 3600;
const REMOVE_S = 30 * 60;

/** The newest backup of the files: can it be read, how old is it, how long does it take. */
export const restoreFiles: Drill = {
  name: "restore-files",
  requirement: "R3",
  title: "The newest backup of the files can be restored and read, beside those that are there",
  detected: "AWS Backup has restored it",
  recovered: "the files in it were read",
  tolerates: { failedPercent: 1, gapSeconds: 5 },
  announce: () => ({
    does: "has AWS Backup restore the newest recovery point of the files into a directory of its own beside them, reads it on a web instance, and removes it again; the policy of the recovery point's vault is opened for the moment in which that begins, where it denies it",
    minutes: 10,
    limitMinutes: (RESTORE_S + REMOVE_S) / 60,
    instanceHours: 0,
    charged: "what AWS Backup takes for a restore, by the GB, and storage meanwhile",
  }),
  refuses: (_group, { filesTrial }) => filesTrial.refuses(),

  async run({ stack, note, inject, detected, recovered }) {
    const { filesTrial: trial, clock, interrupted } = stack;
    await until(stack, "what an earlier drill restored is removed", RESTORE_S + REMOVE_S, trial.remove, interrupted);
    const { name, fileSystem, asOf, isReady } = await trial.begin();
    inject(
      `restores ${name} beside the files of ${fileSystem}, as they were ${age(clock.now() - asOf)} ago (${at(asOf)})`,
    );
    await until(stack, `${name} is restored`, RESTORE_S, isReady, interrupted);
    detected();
    const { directory, files, bytes, whole, readBytes, running } = await trial.read();
    recovered();
    const some = (isWhole: boolean) => (isWhole ? "" : "at least ");
    note(
      `/mnt/efs/${directory} has ${some(whole)}${counted(files, "file")} with ${counted(bytes, "byte")}, ${readBytes < bytes ? `${counted(readBytes, "byte")} of it` : "all of it"} read; beside them are now ${some(running.whole)}${counted(running.files, "file")} with ${counted(running.bytes, "byte")}`,
    );
    await until(stack, `${directory} is removed`, REMOVE_S, trial.remove, interrupted);
    note(`removed ${directory} again`);
  },

  async putBack({ stack, note }) {
    await until(stack, "what was restored is removed", REMOVE_S, stack.filesTrial.remove);
    note("removed what was restored");
  },
};
