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
  /** Starts the script on all of them and answers the command's id. */
  send(instanceIds: readonly string[], script: string, about: string): Promise<string>;
  result(commandId: string, instanceId: string): Promise<Invocation>;
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

export function machinesBy(commands: Commands, clock: Clock, signal: AbortSignal): RunCommand {
  async function untilOnline(instanceIds: readonly string[]): Promise<void> {
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

  async function ended(commandId: string, instanceId: string, about: string): Promise<string> {
    const until = clock.now() + ENDED_WITHIN_MS;
    for (;;) {
      await clock.sleep(POLL_MS, signal);
      const found = await commands.result(commandId, instanceId);
      if (found.state === "lost") throw new Error(`${about} on ${instanceId}: ${found.why}`);
      if (found.state === "ended") {
        if (found.exitCode === 0) return found.output;
        const said = found.errors.trim().split("\n").at(-1) || `exit code ${found.exitCode}`;
        throw new CheckFailed(`${about} on ${instanceId}: ${said}`);
      }
      if (clock.now() >= until) throw new Error(`${about} on ${instanceId} did not end in time`);
    }
  }

  const aboutOf = (script: string): string => headOf(script)?.name ?? "a script";

  async function send(instanceIds: readonly string[], script: string): Promise<string> {
    await untilOnline(instanceIds);
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
