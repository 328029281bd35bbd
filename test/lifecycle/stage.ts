import { setMaxListeners } from "node:events";
import type { Aws } from "../../src/aws/aws.ts";
import { connect, type TracedCall } from "../../src/aws/connect.ts";
import { isRead } from "../../src/aws/safety.ts";
import { types } from "../../src/aws/services.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { bringDown, leftovers } from "../../src/engine/down.ts";
import { type Graph, graphOf } from "../../src/engine/graph.ts";
import { type Plan, planUp } from "../../src/engine/plan.ts";
import type { Run } from "../../src/engine/run.ts";
import { type StatusItem, statusOf } from "../../src/engine/status.ts";
import { type Survey, survey } from "../../src/engine/survey.ts";
import { bringUp, type Result, type Settled } from "../../src/engine/up.ts";
import { type Clock, jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import type { Event } from "../../src/report/events.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { openStore, type StateStore, type StateText } from "../../src/state/store.ts";
import { stepsFor } from "../../steps/index.ts";

export const START = Date.UTC(2026, 10, 22, 9, 0, 0);

const INPUTS = {
  publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ buddyverse",
  allowedCidrs: ["203.0.113.10/32"],
  appArchive: undefined,
};

/** A state text in memory. */
export function memoryText(): StateText & { text: string | undefined } {
  return {
    path: "memory",
    text: undefined,
    read() {
      return this.text;
    },
    write(text) {
      this.text = text;
    },
    backUp() {},
  };
}

/** The whole tool on the embedded AWS, on a clock that never waits. */
export interface Stage {
  readonly config: Config;
  readonly clock: Clock;
  readonly sandbox: Sandbox;
  readonly aws: Aws;
  readonly graph: Graph;
  readonly store: StateStore;
  readonly text: StateText & { text: string | undefined };
  readonly calls: TracedCall[];
  readonly events: Event[];
  readonly run: Run;
  survey(): Promise<Survey>;
  plan(): Promise<Plan>;
  up(): Promise<Result>;
  down(): Promise<readonly Settled[]>;
  left(): Promise<readonly object[]>;
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
): Promise<Stage> {
  const calls: TracedCall[] = [];
  const events: Event[] = [];
  const abort = new AbortController();
  setMaxListeners(0, abort.signal);
  let tokens = 0;
  const aws = await connect({
    region: config.region,
    clock,
    wire: sandbox,
    network: sandbox.network,
    signal: abort.signal,
    onCall: (call) => calls.push(call),
    random: () => 0.5,
  });
  const identity = { stack: config.stack, account: aws.account, region: aws.region };
  const store = openStore(text, identity, () => "lineage");
  const run: Run = {
    aws,
    clock,
    store,
    emit: (event) => events.push(event),
    signal: abort.signal,
    token: () => `token${String(++tokens).padStart(27, "0")}`,
    discardData: false,
  };
  const graph = graphOf(steps(config, INPUTS), config.stack, config.tags);
  const look = (all = false) =>
    survey(run, graph, types, {
      stack: config.stack,
      sweep: all || Object.keys(store.resources).length === 0 ? "all" : "known",
    });
  let told = 0;
  return {
    config,
    clock,
    sandbox,
    aws,
    graph,
    store,
    text,
    calls,
    events,
    run,
    survey: look,
    plan: async () => planUp(await look()),
    up: async () => bringUp(run, await look()),
    down: async () => bringDown(run, await look(true)),
    left: async () => leftovers(run, await look(true), types, config.stack),
    status: async () => statusOf(await look()),
    interrupt: () =>
      abort.abort(new BuddyError({ code: "interrupted", message: "interrupted", hint: "Run it again." })),
    writes() {
      const fresh = calls.slice(told);
      told = calls.length;
      return fresh
        .filter(({ operation }) => !isRead(operation))
        .map(({ service, operation }) => `${service}:${operation}`);
    },
  };
}
