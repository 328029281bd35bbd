import type { Clock } from "../lib/clock.ts";
import { headOf } from "../lib/script.ts";
import { CheckFailed } from "./check.ts";

/** Runs scripts on instances. */
export interface Machines {
  /**
   * Runs the script on all of them and answers what each printed. Throws `CheckFailed` when it ended with an error, and
   * something else when an instance cannot be asked.
   */
  run(instanceIds: readonly string[], script: string): Promise<ReadonlyMap<string, string>>;
}

/** The state of a command on one instance. */
export type Invocation =
  | { readonly state: "under-way" }
  | { readonly state: "ended"; readonly exitCode: number; readonly output: string; readonly errors: string }
  /** It will not run; AWS's word for why. */
  | { readonly state: "lost"; readonly why: string };

/** Systems Manager Run Command, call by call. */
export interface Commands {
  /** Those of the instances whose agent is online. */
  online(instanceIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** Starts the script on all of them and answers the command's id. @param seconds how long it may run */
  send(instanceIds: readonly string[], script: string, about: string, seconds?: number): Promise<string>;
  result(commandId: string, instanceId: string): Promise<Invocation>;
}

/** Commands that can be cancelled; AWS does not promise that what runs is stopped. */
export interface Cancellable extends Commands {
  cancel(commandId: string, instanceId: string): Promise<void>;
}

export interface RunCommand extends Machines {
  /** Hands the script to all of them and does not wait for its end: a script that shuts the machine down never reports its end. */
  start(instanceIds: readonly string[], script: string): Promise<void>;
}

/** A new instance's agent reports some time after its start. */
const ONLINE_WITHIN_MS = 90_000;
const LOOK_AGAIN_MS = 5_000;
/** Each script ends before that. */
const ENDED_WITHIN_MS = 180_000;
const POLL_MS = 1_500;

async function untilOnline(
  commands: Commands,
  clock: Clock,
  instanceIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const until = clock.now() + ONLINE_WITHIN_MS;
  for (;;) {
    const online = await commands.online(instanceIds);
    const missing = instanceIds.filter((id) => !online.has(id));
    if (missing.length === 0) return;
    if (clock.now() >= until)
      throw new Error(`Systems Manager does not reach ${missing.join(", ")}: its agent is not online`);
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** What has come of a command on an instance. Undefined: it was still under way after that time. */
async function outcome(
  commands: Commands,
  clock: Clock,
  { commandId, instanceId, withinMs }: { commandId: string; instanceId: string; withinMs: number },
  signal?: AbortSignal,
): Promise<Exclude<Invocation, { state: "under-way" }> | undefined> {
  const until = clock.now() + withinMs;
  for (;;) {
    await clock.sleep(POLL_MS, signal);
    const found = await commands.result(commandId, instanceId);
    if (found.state !== "under-way") return found;
    if (clock.now() >= until) return undefined;
  }
}

/** How long AWS may take to say that it has cancelled a command. */
const CANCELLED_WITHIN_MS = 15_000;
/** How long it may take to hand a command over, and to say that it has ended, beside the time that it runs. */
const SLACK_MS = 120_000;

/**
 * Runs a script on one instance until it has ended, however it ends. The signal cancels it; what has come of it then is the answer.
 * @param seconds how long it may run
 * @throws Error when Systems Manager does not reach the instance, or never says what has come of the script
 */
export async function runOnce(
  commands: Cancellable,
  clock: Clock,
  run: { readonly instanceId: string; readonly script: string; readonly seconds: number },
  signal: AbortSignal,
): Promise<Exclude<Invocation, { state: "under-way" }> | undefined> {
  const { instanceId, script, seconds } = run;
  await untilOnline(commands, clock, [instanceId], signal);
  signal.throwIfAborted();
  const commandId = await commands.send([instanceId], script, headOf(script)?.name ?? "a script", seconds);
  const one = { commandId, instanceId };
  try {
    return await outcome(commands, clock, { ...one, withinMs: seconds * 1_000 + SLACK_MS }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    await commands.cancel(commandId, instanceId);
    return outcome(commands, clock, { ...one, withinMs: CANCELLED_WITHIN_MS });
  }
}

export function machinesBy(commands: Commands, clock: Clock, signal: AbortSignal): RunCommand {
  async function ended(commandId: string, instanceId: string, about: string): Promise<string> {
    const found = await outcome(commands, clock, { commandId, instanceId, withinMs: ENDED_WITHIN_MS }, signal);
    if (!found) throw new Error(`${about} on ${instanceId} did not end in time`);
    if (found.state === "lost") throw new Error(`${about} on ${instanceId}: ${found.why}`);
    if (found.exitCode === 0) return found.output;
    const said = found.errors.trim().split("\n").at(-1) || `exit code ${found.exitCode}`;
    throw new CheckFailed(`${about} on ${instanceId}: ${said}`);
  }

  const aboutOf = (script: string): string => headOf(script)?.name ?? "a script";

  async function send(instanceIds: readonly string[], script: string): Promise<string> {
    await untilOnline(commands, clock, instanceIds, signal);
    return commands.send(instanceIds, script, aboutOf(script));
  }

  return {
    async start(instanceIds, script) {
      await send(instanceIds, script);
    },

    async run(instanceIds, script) {
      const about = aboutOf(script);
      const commandId = await send(instanceIds, script);
      // All end before an error is thrown: none is still running when a check clears up.
      const outcomes = await Promise.allSettled(instanceIds.map((id) => ended(commandId, id, about)));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed) throw failed.reason;
      return new Map(
        instanceIds.map((id, index) => [id, (outcomes[index] as PromiseFulfilledResult<string>).value] as const),
      );
    },
  };
}
