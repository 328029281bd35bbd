import type { Aws } from "../../src/aws/aws.ts";
import type { TracedCall } from "../../src/aws/connect.ts";
import { isRead } from "../../src/aws/safety.ts";
import { memoryText, sandboxStack } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Result } from "../../src/engine/apply.ts";
import type { Leftover } from "../../src/engine/destroy.ts";
import type { Event } from "../../src/engine/events.ts";
import type { Graph } from "../../src/engine/graph.ts";
import type { NodeResult } from "../../src/engine/node-result.ts";
import type { Plan } from "../../src/engine/plan.ts";
import type { Run } from "../../src/engine/run.ts";
import type { Snapshot } from "../../src/engine/snapshot.ts";
import type { Stack } from "../../src/engine/stack.ts";
import type { StatusItem } from "../../src/engine/status.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { StateStore, StateText } from "../../src/state/store.ts";
import { stepsFor } from "../../steps/index.ts";
import type { Inputs } from "../../steps/inputs.ts";

export const START = Date.UTC(2026, 10, 22, 9, 0, 0);

export const INPUTS: Inputs = {
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ buddyverse",
  allowedCidrs: ["203.0.113.10/32"],
  appArchive: undefined,
};

/** The whole tool on the embedded AWS, on a clock that never waits. */
export interface Stage {
  readonly config: Config;
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  readonly aws: Aws;
  readonly stack: Stack;
  readonly graph: Graph;
  readonly store: StateStore;
  readonly text: StateText & { text: string | undefined };
  readonly calls: TracedCall[];
  readonly events: Event[];
  readonly run: Run;
  refresh(everything?: boolean): Promise<Snapshot>;
  plan(): Promise<Plan>;
  up(): Promise<Result>;
  down(): Promise<readonly NodeResult[]>;
  left(): Promise<readonly Leftover[]>;
  status(): Promise<readonly StatusItem[]>;
  /** The changing calls since the last question. */
  writes(): string[];
  /** What Ctrl-C does. */
  interrupt(): void;
}

/** @param steps another graph than the whole stack's. */
export async function stage(given: object = {}, seed = 7, steps = stepsFor): Promise<Stage> {
  const config = parseConfig(given, "test.config.json");
  const clock = jumpingClock(START);
  const world = freshWorld({
    region: config.region,
    domain: config.domain?.zone === "existing" ? config.domain.name : undefined,
    time: START,
    seed,
  });
  return stageOn(config, clock, openSandbox({ world, clock }), memoryText(), steps);
}

export async function stageOn(
  config: Config,
  clock: Clock,
  sandbox: Sandbox,
  text: StateText & { text: string | undefined },
  steps = stepsFor,
  token?: Run["token"],
  inputs: Inputs = INPUTS,
  allowed: { readonly replace?: boolean; readonly allowOutage?: boolean; readonly upgrade?: readonly string[] } = {},
): Promise<Stage> {
  const calls: TracedCall[] = [];
  const events: Event[] = [];
  const abort = new AbortController();
  const { aws, stack } = await sandboxStack({
    config,
    inputs,
    sandbox,
    clock,
    text,
    steps,
    token,
    ...allowed,
    signal: abort.signal,
    emit: (event) => events.push(event),
    onCall: (call) => calls.push(call),
  });
  let told = 0;
  return {
    config,
    clock,
    sandbox,
    aws,
    stack,
    graph: stack.graph,
    store: stack.run.store,
    text,
    calls,
    events,
    run: stack.run,
    refresh: (everything) => stack.refresh(everything ? { orphans: "all" } : {}),
    plan: () => stack.plan(),
    up: () => stack.up(),
    down: () => stack.down(),
    left: () => stack.leftovers(),
    status: () => stack.status(),
    interrupt: () =>
      abort.abort(new BuddyError({ code: "interrupted", message: "interrupted", hint: "Run it again." })),
    writes() {
      const fresh = calls.slice(told);
      told = calls.length;
      return fresh
        .filter(({ operation, input }) => !isRead(operation, input))
        .map(({ service, operation }) => `${service}:${operation}`);
    },
  };
}
