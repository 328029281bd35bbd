import { BuddyError } from "../lib/errors.ts";

/** The requirements that the stack was built for. */
export type Requirement = "R1" | "R2" | "R3" | "R4" | "R5" | "R6";

/** What a check looked at. */
export interface Seen {
  /** In words and numbers, whether it is as wanted or not. */
  readonly saw: string;
  readonly ok: boolean;
}

/** One question to the running stack. */
export interface Check<World> {
  /** For ever: scripts and results know it by this. */
  readonly id: string;
  readonly requirement: Requirement;
  /** What it asks, as a sentence that is true when it passes. */
  readonly title: string;
  /** Throws `Refuted` when what it looks for is not there; anything else that it throws means: could not be looked at. */
  run(world: World): Promise<Seen>;
}

/** `unknown`: it could not be looked at. Never counted as passed. */
export type Result = "passed" | "failed" | "unknown";

export interface Finding {
  readonly id: string;
  readonly requirement: Requirement;
  readonly title: string;
  readonly result: Result;
  readonly saw: string;
  /** How long it took, by the run's clock. */
  readonly ms: number;
}

/** The answer is no: what a check looks for is not there, or does not work. */
export class Refuted extends Error {
  override readonly name = "Refuted";
}

/** Runs all checks side by side. Throws only when the run is interrupted, and then when all have cleared up. */
export async function runChecks<World>(
  checks: readonly Check<World>[],
  world: World,
  now: () => number,
  settled: (finding: Finding) => void = () => {},
): Promise<readonly Finding[]> {
  const all = await Promise.allSettled(
    checks.map(async ({ id, requirement, title, run }) => {
      const began = now();
      const found = await run(world).then(
        ({ ok, saw }): Pick<Finding, "result" | "saw"> => ({ result: ok ? "passed" : "failed", saw }),
        asFinding,
      );
      const finding = { id, requirement, title, ...found, ms: Math.round(now() - began) };
      settled(finding);
      return finding;
    }),
  );
  return all.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

function asFinding(error: unknown): Pick<Finding, "result" | "saw"> {
  if (error instanceof BuddyError && error.code === "interrupted") throw error;
  if (error instanceof Refuted) return { result: "failed", saw: error.message };
  const name = error instanceof Error && error.name !== "Error" && error.name !== "BuddyError" ? `${error.name}: ` : "";
  return { result: "unknown", saw: `could not be looked at: ${name}${error instanceof Error ? error.message : error}` };
}

/** 1 when one failed, 3 when one could not be looked at, 0 when all passed. */
export function exitCode(findings: readonly Finding[]): number {
  if (findings.some(({ result }) => result === "failed")) return 1;
  return findings.some(({ result }) => result === "unknown") ? 3 : 0;
}
