import { createHash } from "node:crypto";
import { callsFor } from "../../src/cli/dry-run-calls.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { decidedOf, lookAtAll } from "../../src/doctor/objects.ts";
import { type NodeResult, stopped } from "../../src/engine/node-result.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { MORE, type More } from "../../src/policy/actions.ts";
import { documentsOf, type PolicyDocument, statementsFor } from "../../src/policy/policy.ts";
import type { Finding } from "../../src/report/findings.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { StackState } from "../../src/state/state.ts";
import type { stepsFor } from "../../steps/index.ts";
import type { From } from "../../steps/inputs.ts";
import { INPUTS, START, type Stage, stageOn } from "../lifecycle/stage.ts";
import { stranger } from "../stranger.ts";
import { type Enforced, emptiesDefaultGroup, enforced, grant } from "./enforcer.ts";
import { Ledger } from "./ledger.ts";

let tokens = 0;

/**
 * What `buddyverse policy` prints for a config; unless told otherwise, with all that other commands need.
 * @param resources what the state of a stack that stands has
 */
export async function policyOf(
  given: object,
  more: readonly More[] = MORE,
  resources: StackState["resources"] = {},
): Promise<readonly PolicyDocument[]> {
  const config = parseConfig(given, "test.config.json");
  return documentsOf(statementsFor(await callsFor(config, more), config, more, Object.values(resources)));
}

/** All that could be taken away from policies, one by one. */
export const grantsOf = (documents: readonly PolicyDocument[]): readonly string[] =>
  documents
    .flatMap(({ Statement }) => Statement)
    .flatMap((statement) => statement.Action.map((action) => grant(statement, action)));

/** The policies without one action of one statement. */
export const without = (documents: readonly PolicyDocument[], taken: string): readonly PolicyDocument[] =>
  documents.map(({ Version, Statement }) => ({
    Version,
    Statement: Statement.map((statement) => ({
      ...statement,
      Action: statement.Action.filter((action) => grant(statement, action) !== taken),
    })),
  }));

/**
 * A new account, in which the caller has but the policies that it is given; and whoever else is in it, who may do everything.
 * @param tagsLagMs how long IAM does not know the tags of a new object
 */
export async function account(given: object = {}, seed = 7, tagsLagMs = 0) {
  const config = parseConfig(given, "test.config.json");
  const clock = jumpingClock(START);
  const world = freshWorld({
    region: config.region,
    domain: config.domain?.zone === "existing" ? config.domain.name : undefined,
    keys: [config.efs.kmsKey, config.database.kmsKey].filter((key) => key !== null),
    stateBucket: config.state?.bucket,
    time: START,
    seed,
  });
  const sandbox = openSandbox({ world, clock });
  const ledger = new Ledger(world, { ms: tagsLagMs, now: () => clock.now() });
  const text = memoryText();
  const held: Enforced[] = [];
  // What others do is allowed, and known.
  const open: Sandbox = {
    ...sandbox,
    async answer(service, operation, input) {
      const answer = await sandbox.answer(service, operation, input);
      ledger.learn(service, operation, input as never, answer as never);
      return answer;
    },
  };
  return {
    clock,
    sandbox,
    /** The tool at work for a config, under policies. @param lost without the state */
    async under(
      documents: readonly PolicyDocument[],
      {
        now = given,
        lost = false,
        steps,
        from,
      }: {
        readonly from?: From;
        readonly now?: object;
        readonly lost?: boolean;
        readonly steps?: typeof stepsFor;
      } = {},
    ): Promise<Stage> {
      const enforcement = enforced(sandbox, documents, ledger);
      held.push(enforcement);
      return stageOn(
        parseConfig(now, "test.config.json"),
        clock,
        enforcement.sandbox,
        lost ? memoryText() : text,
        steps,
        // No two processes make the same one.
        () => `t${++tokens}x`,
        {
          ...INPUTS,
          appArchive: { sha256: createHash("sha256").digest("hex"), bytes: new Uint8Array(), leftOut: [] },
          from,
        },
        { allowOutage: true },
      );
    },
    /** Somebody else, with the tool's own calls, or any command of the SDK. */
    others: async () => (await stageOn(config, clock, open, memoryText())).aws,
    stranger: () => stranger(open),
    /** What was denied to whoever worked under policies, but for what a stack does without. */
    denials: () => held.flatMap(({ denials }) => denials).filter((one) => !emptiesDefaultGroup(one)),
    /** Whether the VPC's default group may be emptied was asked, and denied. */
    keptGroups: () => held.flatMap(({ denials }) => denials).filter(emptiesDefaultGroup),
    /** The grants without which something would have been denied. */
    needed: () => new Set(held.flatMap(({ needed }) => [...needed])),
  };
}
export type Account = Awaited<ReturnType<typeof account>>;

/** What of a run was stopped. */
export const bad = (results: readonly NodeResult[]): readonly string[] =>
  results.filter(stopped).map(({ outcome, name, reason }) => `${outcome} ${name}: ${reason}`);

/** A whole life. Answers what of it failed, in the words of the tool. */
export async function upAndDown(on: Stage): Promise<readonly string[]> {
  const trouble: string[] = [];
  const attempt = async (act: () => Promise<readonly NodeResult[]>) => {
    try {
      trouble.push(...bad(await act()));
    } catch (error) {
      trouble.push(String(error));
    }
  };
  await attempt(async () => (await on.up()).settled);
  // With `--delete-zone`: what may be asked for must be allowed.
  Object.assign(on.run, { deleteKept: true });
  await attempt(() => on.down());
  return trouble;
}

/** What `doctor` finds, asked about these policies. */
export const examined = async (
  { aws, config, run, graph }: Stage,
  documents: readonly PolicyDocument[],
): Promise<readonly Finding[]> =>
  examine(
    aws,
    config,
    documents.flatMap(({ Statement }) => Statement),
    decidedOf(run, await lookAtAll(run, graph)),
  );
