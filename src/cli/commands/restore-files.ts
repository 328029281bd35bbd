import type { RecoveryPoint } from "../../aws/backup/recovery-points.ts";
import { age, at } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { counted } from "../../lib/text.ts";
import { reachedInstances } from "../../recovery/replication.ts";
import {
  chosenPoint,
  discardOld,
  filesSeen,
  mustBeOpen,
  type Recovered,
  type Restoration,
  recoveredFiles,
  switchFiles,
  type Wanted,
} from "../../recovery/restore-files.ts";
import { heading } from "../../report/views/heading.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import { type Machines, machinesBy } from "../../verify/machines.ts";
import { agreesAfterwards, ask, confirm, requireConsent } from "../ask.ts";
import { inSteps } from "../in-steps.ts";
import { again, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";
import type { RestoreOptions } from "./restore.ts";

const PURPOSE = { command: "restore", writes: true, resolvesAddress: false, inSteps: true } as const;

/** Restores the files beside the running ones, says what is there, and has them take the others' place when that is wanted. */
export async function restoreFiles(options: RestoreOptions): Promise<number> {
  if (options.discardOld) return discard(options);
  const wanted = wantedOf(options);
  const words = [
    "files",
    ...(options.recoveryPoint === undefined ? [] : ["--recovery-point", options.recoveryPoint]),
    ...(options.to === undefined ? [] : ["--to", options.to]),
  ];
  requireConsent("restore", options.yes ?? false, again("restore", options, words));
  return withSession(options, PURPOSE, async (session) => {
    const screen = screenOf(session);
    const { config, stack, clock } = session;
    screen.say(heading(screen.place, screen.errLook));
    const { machines, instance } = await webInstance(session);
    const point = await chosenPoint(stack, config.stack, wanted);
    const openAgain = again("restore", options, [...words, "--open-vault"]);
    if (!options.openVault) await mustBeOpen(stack, point, openAgain);
    screen.say(
      `\nThe files as of ${at(point.createdAt)}, ${age(clock.now() - point.createdAt)} ago (${sizeOf(point)}), are restored into a directory beside the running ones, which stay as they are.\n${point.arn}`,
    );
    if (!(await confirm(options.yes ?? false, stack.run.signal))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    const goOn = {
      meanwhile: "The running files stay as they are, and AWS Backup goes on with what it has begun.",
      line: again("restore", options, [
        "files",
        "--recovery-point",
        point.arn,
        ...(options.openVault ? ["--open-vault"] : []),
        ...(options.switch === false ? ["--no-switch"] : []),
      ]),
    };
    const restorationWith = (say: Restoration["say"]): Restoration => ({
      stack,
      name: config.stack,
      point,
      machines,
      instance,
      say,
    });
    const recovered = await inSteps(screen, goOn, (say) => recoveredFiles(restorationWith(say)));
    const discardAgain = again("restore", options, ["files", "--discard-old"]);
    if ("aside" in recovered) {
      screen.result(
        `These files were restored already, and are in their place. The former ones are in /mnt/efs/${recovered.aside}; until they are discarded, nothing is restored from the same recovery point again:\n  ${discardAgain}`,
        { switched: true, aside: recovered.aside },
      );
      return 0;
    }
    screen.say(
      `\nIn /mnt/efs/${recovered.directory}: ${contentsText(recovered)}. The recovery point: ${sizeOf(point)}.`,
    );
    const kept = (code: number) => {
      screen.result(
        `The files are in /mnt/efs/${recovered.directory} of each web instance, beside the running ones. To have them take their place:\n  ${again("restore", options, ["files", "--recovery-point", point.arn])}`,
        { recovered, switched: false },
      );
      return code;
    };
    if (options.switch === false) return kept(0);
    const question = `What is at the root now is put aside, with all that was written since then, and what was recovered comes in its place. Type the stack's name, ${config.stack}, to have it done: `;
    const { agreed, code } = await agreesAfterwards(options.yes ?? false, question, config.stack, stack.run.signal);
    if (!agreed) return kept(code);
    const meanwhile = "The switch runs on the instance to its end.";
    const aside = await inSteps(screen, { ...goOn, meanwhile }, async (say) => {
      say(`puts the files of /mnt/efs/${recovered.directory} in their place`);
      return switchFiles(restorationWith(say), recovered);
    });
    screen.result(
      `The recovered files are in their place. The former ones are in /mnt/efs/${aside}, until:\n  ${discardAgain}`,
      { recovered, switched: true, aside },
    );
    return 0;
  });
}

/** Deletes what former switches put aside. */
async function discard(options: RestoreOptions): Promise<number> {
  requireConsent("restore", options.yes ?? false, again("restore", options, ["files", "--discard-old"]));
  return withSession(options, PURPOSE, async (session) => {
    const screen = screenOf(session);
    const { config, stack } = session;
    screen.say(heading(screen.place, screen.errLook));
    const { machines, instance } = await webInstance(session);
    const { aside } = await filesSeen(machines, instance);
    if (aside.length === 0) {
      screen.result("Nothing was put aside.", { discarded: [] });
      return 0;
    }
    screen.say(`\nDeleted for good, with all files: ${aside.map((one) => `/mnt/efs/${one}`).join(", ")}`);
    const question = `Type the stack's name, ${config.stack}, to delete them: `;
    if (!options.yes && (await ask(question, stack.run.signal)) !== config.stack) {
      screen.say("Nothing was changed.");
      return 0;
    }
    const goOn = {
      meanwhile: "What has begun on the instance runs to its end.",
      line: again("restore", options, ["files", "--discard-old"]),
    };
    await inSteps(screen, goOn, () => discardOld(machines, instance));
    screen.result("They are being deleted, in the background.", { discarded: aside });
    return 0;
  });
}

/** Any web instance that Run Command reaches: all have the same files. */
async function webInstance({
  aws,
  clock,
  stack,
}: Session): Promise<{ readonly machines: Machines; readonly instance: string }> {
  const commands = commandsOf(aws);
  const [instance] = await reachedInstances(stack, (ids) => commands.online(ids));
  if (instance === undefined)
    throw new BuddyError({
      code: "refused",
      message: "no web instance is in service and reached by Systems Manager, so nobody can look at the files",
      hint: "`buddyverse up` brings the site up; `buddyverse verify` says what is wrong with it.",
    });
  return { machines: machinesBy(commands, clock, stack.run.signal), instance };
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/;

function wantedOf({ to, recoveryPoint }: RestoreOptions): Wanted {
  const usage = (message: string) =>
    new BuddyError({ code: "usage", message, hint: "`buddyverse snapshots` lists what there is." });
  if (to !== undefined && recoveryPoint !== undefined)
    throw usage("restore files takes one of --to TIME and --recovery-point ARN");
  const latest = { until: Number.POSITIVE_INFINITY };
  if (recoveryPoint !== undefined) return recoveryPoint === "latest" ? latest : { arn: recoveryPoint };
  if (to === undefined || to === "latest") return latest;
  if (!ISO.test(to) || Number.isNaN(Date.parse(to)))
    throw usage(`"${to}" is no moment: write it as 2026-11-22T11:55:00Z`);
  return { until: Date.parse(to) };
}

const sizeText = (bytes: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
  const step = bytes < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1024 ** step).toFixed(step === 0 ? 0 : 1)} ${units[step]}`;
};
const sizeOf = ({ bytes }: RecoveryPoint): string => (bytes === undefined ? "size not said" : sizeText(bytes));
const contentsText = ({ files, bytes, whole }: Recovered): string =>
  `${whole ? "" : "more than "}${counted(files, "file")}, ${sizeText(bytes)}`;
