import { randomBytes } from "node:crypto";
import { type Machine, machinesOf } from "../../../steps/access.ts";
import { GROUP_KEY } from "../../../steps/auto-scaling.ts";
import { cancelCommand } from "../../aws/ssm/run-command.ts";
import type { Identified } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import { list } from "../../lib/text.ts";
import { commandsOf, KEPT } from "../../verify/aws/commands.ts";
import { readScalingGroup, readTargets } from "../../verify/aws/scaling.ts";
import { type Invocation, runOnce } from "../../verify/machines.ts";
import { appCommandScript, NOT_RUN } from "../../verify/scripts.ts";
import type { CommonOptions } from "../options.ts";
import { tell } from "../output.ts";
import { screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";
import { noWebInstance } from "../ssh-access.ts";
import { staged } from "../staged.ts";

export interface RunOptions extends CommonOptions {
  readonly all?: boolean;
  readonly instance?: string;
  readonly timeout: Timeout;
  /** What comes after `--`. */
  readonly words?: readonly string[];
}

/** As it was typed, "10m", and what it means. */
export interface Timeout {
  readonly text: string;
  readonly seconds: number;
}

type Ended = Extract<Invocation, { state: "ended" }>;

/** What a command has said on one instance. */
interface Said {
  readonly instance: string;
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
  /** There was more than AWS keeps. */
  readonly outputCut: boolean;
  readonly errorsCut: boolean;
}

/** Runs a command of the application on a web instance, or on all of them in turn, and answers its exit code. */
export async function run(options: RunOptions): Promise<number> {
  const { words = [] } = options;
  if (words.length === 0)
    throw new BuddyError({
      code: "usage",
      message: "there is nothing to run",
      hint: 'The command comes after "--": buddyverse run -- python manage.py check',
    });
  // A command that is interrupted is cancelled first.
  const purpose = { command: "run", writes: false, resolvesAddress: false, putsBack: true };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const { of, machines } = await chosen(session, options);
    session.listen((event) => {
      if (event.type === "run.note") tell(event.note);
      if (event.type === "run.interrupting")
        screen.say("Cancelling the command. Ctrl-C again leaves at once, and it may go on there.");
    });
    const all: Said[] = [];
    for (const machine of machines) {
      screen.say(`${all.length > 0 ? "\n" : ""}── web ${machine.number} of ${of}: ${machine.id}, in ${machine.zone}`);
      const said = await onMachine(session, machine, words, options.timeout);
      all.push(said);
      if (!options.json && !options.jsonLines) show(options, said, machine);
    }
    const exitCode = all.find((said) => said.exitCode !== 0)?.exitCode ?? 0;
    if (options.json || options.jsonLines) screen.result("", { exitCode, instances: all });
    return exitCode;
  });
}

/** Where it runs: on what is named, on all that the group has in service, or on the first of these that the load balancer calls healthy. */
async function chosen(
  { config, aws, stack }: Session,
  { all, instance }: RunOptions,
): Promise<{ readonly of: number; readonly machines: readonly Machine[] }> {
  const { web } = await machinesOf(config, aws, stack.find);
  const of = web.length;
  if (of === 0) throw noWebInstance(config.stack);
  const named = web.filter(({ id, number }) => instance === id || instance === String(number));
  if (instance !== undefined) {
    if (named.length > 0) return { of, machines: named };
    throw new BuddyError({
      code: "failed",
      message: `there is no web instance ${instance}: there is ${list(web.map(({ number, id }) => `${number} (${id})`))}`,
      hint: "Name one of these, by its number or its id.",
    });
  }
  const [group, targetGroup] = (await Promise.all([stack.find(GROUP_KEY), stack.find("target-group")])) as Identified[];
  const members = group ? (await readScalingGroup(aws, group.id, (subnet) => subnet)).instances : [];
  const inService = web.filter(({ id }) => members.some((member) => member.id === id && member.inService));
  if (all && inService.length > 0) return { of, machines: inService };
  const targets = targetGroup ? await readTargets(aws, targetGroup.id) : [];
  const healthy = inService.filter(({ id }) =>
    targets.some(({ instanceId, state }) => instanceId === id && state === "healthy"),
  );
  if (!all && healthy.length > 0) return { of, machines: healthy.slice(0, 1) };
  throw new BuddyError({
    code: "failed",
    message: `none of the ${of} web instances is ${all ? "in service" : "healthy"}`,
    hint: "Run `buddyverse status`. To run it on one all the same: --instance 1.",
  });
}

async function onMachine(
  { aws, clock, interrupted }: Session,
  { id }: Machine,
  words: readonly string[],
  { text, seconds }: Timeout,
): Promise<Said> {
  const script = appCommandScript(words, randomBytes(12).toString("hex"));
  const cancel = (command: string, instance: string) => cancelCommand(aws, command, instance);
  const found = await runOnce({ ...commandsOf(aws), cancel }, clock, { instanceId: id, script, seconds }, interrupted);
  if (interrupted.aborted && found?.state !== "ended") throw cancelled(id, found?.why === "Cancelled");
  if (!found) throw lost(id, "Systems Manager did not say what came of it");
  if (found.state === "lost") throw /^Execution ?Timed ?Out$/.test(found.why) ? tooLong(id, text) : lost(id, found.why);
  refuse(found, id);
  return {
    instance: id,
    exitCode: found.exitCode,
    output: found.output,
    errors: found.errors,
    outputCut: isCut(found.output, KEPT.output),
    errorsCut: isCut(found.errors, KEPT.errors),
  };
}

const isCut = (text: string, { characters, cutSays }: (typeof KEPT)["output" | "errors"]): boolean =>
  text.length >= characters || text.trimEnd().endsWith(cutSays);

/** Throws where the script on the instance has not run the command. */
function refuse({ exitCode, errors }: Ended, id: string): void {
  const is = ({ code, says }: (typeof NOT_RUN)["noApp" | "twice"]) => exitCode === code && errors.trim() === says;
  if (is(NOT_RUN.noApp))
    throw new BuddyError({
      code: "failed",
      message: `/usr/local/bin/buddyverse-app, which runs commands as the application, is not on ${id}: its image was baked by an earlier buddyverse, or is none that buddyverse bakes`,
      hint: "`buddyverse plan` shows whether `buddyverse up` replaces it. Where that has nothing to do, `buddyverse up --refresh-image` bakes a new image, and replaces the instances in turn.",
    });
  if (is(NOT_RUN.twice))
    throw new BuddyError({
      code: "failed",
      message: `AWS's answer was lost, and the command was sent twice to ${id}: it runs there once, but what it says is lost`,
      hint: "Look whether it has done its work before you run it again.",
    });
}

const cancelled = (id: string, confirmed: boolean): BuddyError =>
  new BuddyError({
    code: "interrupted",
    message: confirmed
      ? `interrupted: the command on ${id} is cancelled`
      : `interrupted: Systems Manager was told to cancel the command on ${id}, and has not said yet that it did`,
    hint: "Look how far it came before you run it again: what it had done stays done.",
  });

const tooLong = (id: string, timeout: string): BuddyError =>
  new BuddyError({
    code: "timeout",
    message: `the command did not end within ${timeout} on ${id}, and Systems Manager has ended it; what it said is lost`,
    hint: "Give it more time (--timeout 2h), or run it where its output is seen: `buddyverse ssh web -- sudo buddyverse-app COMMAND`.",
  });

const lost = (id: string, why: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `the command did not run to its end on ${id}: ${why}`,
    hint: "Run `buddyverse status`: the instance may be on its way out. Then run it again, if it can be run twice.",
  });

function show(options: RunOptions, { output, errors, outputCut, errorsCut }: Said, { number }: Machine): void {
  process.stdout.write(output);
  process.stderr.write(errors);
  if (!outputCut && !errorsCut) return;
  tell(
    staged(options)(
      `\nNote: there was more. Run Command keeps the first 24,000 characters of output, and 8,000 of errors. All of it: buddyverse ssh web ${number} -- sudo buddyverse-app COMMAND`,
    ),
  );
}
