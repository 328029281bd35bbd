import type { Config } from "../config/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { ReadFact } from "./facts.ts";
import type { Machines } from "./machines.ts";
import type { Site } from "./site.ts";

/** The requirements that the stack was built for. */
export type Requirement = "R1" | "R2" | "R3" | "R4" | "R5" | "R6";

/** What a check found. */
export interface CheckOutcome {
  /** In words and numbers, whether the check passes or not. */
  readonly evidence: string;
  readonly ok: boolean;
  /** It may pass in a moment, as on a new stack: ask again, for as long as the check's `retry` says. */
  readonly pending?: boolean;
}

/** What checks work with, besides the facts. */
export interface CheckTools {
  readonly config: Config;
  readonly site: Site;
  readonly machines: Machines;
  /** Milliseconds since 1970. */
  now(): number;
  readonly signal: AbortSignal;
  /** Random, new for each run: names what a check leaves behind for a moment. Letters and digits. */
  readonly token: string;
}

export interface CheckContext extends CheckTools {
  readonly read: ReadFact;
}

/** One question to the running stack. All that is said of it is said here: docs/verify.md is written from it. */
export interface Check {
  /** Never changes: scripts and results know the check by it. */
  readonly id: string;
  readonly requirement: Requirement;
  /** What it asks, as a sentence that is true when it passes. */
  readonly title: string;
  /** What it looks at, and what that must be. */
  readonly method: string;
  /** What it does not prove though one might think so. */
  readonly limits?: string;
  /** Why this config gives no reason to ask; undefined: ask. */
  readonly skip?: (config: Config) => string | undefined;
  /** How often what is pending is asked again, with facts read again, and for how long. */
  readonly retry?: { readonly everySeconds: number; readonly forSeconds: number };
  /** Throws `CheckFailed` when what it looks for does not exist; anything else that it throws means: could not be looked at. */
  run(context: CheckContext): Promise<CheckOutcome>;
}

/** A check that this config gives no reason to run, or a drill that would prove nothing, and why. */
export interface SkippedCheck {
  readonly id: string;
  readonly requirement: string;
  readonly why: string;
}

/** The checks that the config gives reason to run, and the others. */
export function applicableChecks(
  checks: readonly Check[],
  config: Config,
): { readonly applicable: readonly Check[]; readonly skipped: readonly SkippedCheck[] } {
  const applicable: Check[] = [];
  const skipped: SkippedCheck[] = [];
  for (const check of checks) {
    const why = check.skip?.(config);
    if (why === undefined) applicable.push(check);
    else skipped.push({ id: check.id, requirement: check.requirement, why });
  }
  return { applicable, skipped };
}

/** `unknown`: it could not be looked at. Never counted as passed. */
export type Verdict = "passed" | "failed" | "unknown";

export interface CheckResult {
  readonly id: string;
  readonly requirement: Requirement;
  readonly title: string;
  readonly result: Verdict;
  readonly evidence: string;
  /** How long it took, by the run's clock. */
  readonly ms: number;
}

/** The answer is no: what a check looks for does not exist, or does not work. */
export class CheckFailed extends Error {
  override readonly name = "CheckFailed";
}

/**
 * Runs all checks side by side. Throws only when the run is interrupted, and then when all have cleared up.
 * @param newReader a reader of facts that has read nothing yet; the first attempts of all checks share one
 */
export async function runChecks(
  checks: readonly Check[],
  {
    tools,
    newReader,
    clock,
    onResult = () => {},
  }: {
    readonly tools: CheckTools;
    readonly newReader: () => ReadFact;
    readonly clock: Pick<Clock, "now" | "sleep">;
    readonly onResult?: (result: CheckResult) => void;
  },
): Promise<readonly CheckResult[]> {
  const shared = newReader();
  async function settle({ run, retry = { everySeconds: 0, forSeconds: 0 } }: Check): Promise<CheckOutcome> {
    const until = clock.now() + retry.forSeconds * 1_000;
    let outcome = await run({ ...tools, read: shared });
    while (outcome.pending && clock.now() < until) {
      await clock.sleep(retry.everySeconds * 1_000, tools.signal);
      outcome = await run({ ...tools, read: newReader() });
    }
    return outcome;
  }
  const settled = await Promise.allSettled(
    checks.map(async (check) => {
      const { id, requirement, title } = check;
      const began = clock.now();
      const verdict = await settle(check).then(
        ({ ok, evidence }): Pick<CheckResult, "result" | "evidence"> => ({
          result: ok ? "passed" : "failed",
          evidence,
        }),
        verdictOf,
      );
      const result = { id, requirement, title, ...verdict, ms: Math.round(clock.now() - began) };
      onResult(result);
      return result;
    }),
  );
  return settled.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
}

function verdictOf(error: unknown): Pick<CheckResult, "result" | "evidence"> {
  if (error instanceof BuddyError && error.code === "interrupted") throw error;
  if (error instanceof CheckFailed) return { result: "failed", evidence: error.message };
  return { result: "unknown", evidence: `could not be looked at: ${messageOf(error)}` };
}

/** With AWS's code before it, which is the error's name. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const named = error.name !== "Error" && !(error instanceof BuddyError) && !(error instanceof CheckFailed);
  return named ? `${error.name}: ${error.message}` : error.message;
}

/** 1 when one failed, 3 when one could not be looked at, 0 when all passed. */
export function exitCode(results: readonly CheckResult[]): number {
  if (results.some(({ result }) => result === "failed")) return 1;
  return results.some(({ result }) => result === "unknown") ? 3 : 0;
}
