import { expect } from "vitest";
import { ownedZone } from "../../src/aws/route53/zone.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import type { Plan, PlannedAction } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { setAppSecret } from "../../src/recovery/app-secrets.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { delegate } from "../../src/sandbox/outside.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { copied, type World } from "../../src/sandbox/world.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { IN_ACCOUNT } from "./any-config.ts";
import { INPUTS, START, type Stage, stageOn } from "./stage.ts";

interface Standing {
  readonly world: World;
  readonly at: number;
  readonly state: string | undefined;
}

/** Stacks that stand, by their config: brought up once, each change works on a copy. */
const grown = new Map<string, Promise<Standing>>();

async function grow(config: object, inputs: Inputs, zoneNumbers: Config["zoneNumbers"]): Promise<Standing> {
  const clock = jumpingClock(START);
  const parsed = { ...parseConfig(config, "test.config.json"), ...(zoneNumbers ? { zoneNumbers } : {}) };
  // The zone is there whether the config names it or not.
  const world = freshWorld({ region: parsed.region, ...IN_ACCOUNT, time: START, seed: 7 });
  const first = await stageOn(parsed, clock, openSandbox({ world, clock }), memoryText(), undefined, undefined, inputs);
  for (const name of parsed.app.secrets) await setAppSecret(first.run, parsed, name, name);
  const failed = (await first.up()).settled.filter(({ error }) => error !== undefined);
  expect(failed.map(({ error }) => error?.message)).toEqual([]);
  if (await registered(first)) await first.up();
  // What the databases do after they are made is over.
  await first.clock.sleep(3_600_000);
  first.sandbox.settle();
  return { world: copied(first.sandbox.world), at: first.clock.now(), state: first.text.text };
}

/** A stack of the first config, whose config is the second by now. */
export async function changedFrom(
  before: object,
  after: object,
  {
    replace = true,
    inputs = INPUTS,
    inputsBefore = INPUTS,
    upgrade = [],
    zoneNumbers,
  }: {
    readonly replace?: boolean;
    readonly inputs?: Inputs;
    readonly inputsBefore?: Inputs;
    readonly upgrade?: readonly string[];
    /** The numbers of the zones in the keys and names, where they are not their places. */
    readonly zoneNumbers?: Config["zoneNumbers"];
  } = {},
): Promise<Stage> {
  const key = JSON.stringify([before, inputsBefore, zoneNumbers]);
  const standing = grown.get(key) ?? grow(before, inputsBefore, zoneNumbers);
  grown.set(key, standing);
  const { world, at, state } = await standing;
  const clock = jumpingClock(at);
  const sandbox = openSandbox({ world: copied(world), clock });
  const config = parseConfig(after, "test.config.json");
  return stageOn(config, clock, sandbox, memoryText(state), undefined, undefined, inputs, {
    replace,
    allowOutage: true,
    upgrade,
  });
}

/** The databases, for a change of the engine that cannot be taken back. */
export const upgradeTo = ({ database }: { readonly database: { readonly replica: boolean } }): readonly string[] => [
  "database1",
  ...(database.replica ? ["database1-replica"] : []),
];

/** What a person does at the registrar for a zone of the stack's own, which comes or goes. False: there is none. */
export async function registered({ aws, graph, store, sandbox, clock }: Stage): Promise<boolean> {
  const zones = Object.entries(store.resources).filter(([, { type }]) => type === ownedZone.name);
  for (const [key, { id, name }] of zones) {
    const stays = graph.nodes.get(key)?.resource !== undefined;
    const servers = stays ? (await aws.route53.getHostedZone({ Id: id })).DelegationSet?.NameServers : undefined;
    delegate(simAt(sandbox.world, clock.now()), name, servers ?? []);
  }
  return zones.length > 0;
}

const OUTCOMES: Partial<Record<PlannedAction, string>> = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  blocked: "waits",
};

/** What a plan says that a run will do, as the run tells it: "alarm-bastion-1 updated". Something temporary is gone in the end. */
export const promised = ({ items }: Plan, graph: Stage["graph"]): string[] =>
  items
    .flatMap(({ key, action }) => {
      const temporary = (graph.nodes.get(key)?.resource?.temporaryFor().length ?? 0) > 0;
      const outcome = temporary && action === "create" ? "deleted" : OUTCOMES[action];
      return outcome === undefined ? [] : [`${key} ${outcome}`];
    })
    .sort();

/** What a run did, and what waits for a person, itself or for another. That what was replaced goes, when the new one has its place, is no other thing than the replacement. */
export const done = (settled: readonly { readonly key: string; readonly outcome: string }[]): string[] =>
  settled
    .filter(({ key, outcome }) => outcome !== "unchanged" && !key.includes("#"))
    .map(({ key, outcome }) => `${key} ${outcome === "blocked" || outcome === "skipped" ? "waits" : outcome}`)
    .sort();

/** How far a promised time is from the one that it took, beyond what is allowed: 30 %, or a minute. 0: it is within. */
export const tooFar = (promisedSeconds: number, tookSeconds: number): number =>
  Math.max(0, Math.abs(promisedSeconds - tookSeconds) - Math.max(60, 0.3 * tookSeconds));
