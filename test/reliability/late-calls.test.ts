/** Calls that were under way when the process was killed, and that reach AWS when the next one is already at work. */
import { expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";
import {
  type Answer,
  amiss,
  compare,
  downAgain,
  fresh,
  madeBy,
  type Process,
  type Rehearsal,
  rehearse,
  restartAfter,
  type Surviving,
  start,
} from "./matrix.ts";

interface Call {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
}
/** A kill, and the changing calls that were on their way to AWS at that moment. */
interface Kill extends Surviving {
  readonly late: readonly Call[];
}

const nameOf = ({ service, operation }: Call) => `${service}:${operation}`;

/** Lives `up` once and keeps each moment that differs in what survives and what is under way, and all that it made. */
async function killsOf(config: Config): Promise<{ readonly kills: readonly Kill[]; readonly made: Process["made"] }> {
  const flying: Call[] = [];
  const land = (call: Call | undefined) => {
    const at = call ? flying.indexOf(call) : -1;
    if (at >= 0) flying.splice(at, 1);
  };
  const kills = new Map<string, Kill>();
  const on = await start(
    config,
    { world: fresh(config), time: START, state: undefined },
    {
      points(where, { world, time, state, made }) {
        // Calls take equally long: of those of the same name the oldest is the one that AWS has acted on.
        if (where.startsWith("acted ")) land(flying.find((call) => where === `acted ${nameOf(call)}`));
        if (flying.length === 0) return;
        const text = JSON.stringify(world);
        const key = `${text.replace(/"time":\d+/, "")}${state?.replace(/"serial": \d+/, "")}${JSON.stringify(flying)}`;
        if (!kills.has(key)) kills.set(key, { where, world: text, time, state, made, late: structuredClone(flying) });
      },
      around: (answer) => async (service, operation, input) => {
        if (isRead(operation)) return answer(service, operation, input);
        const call = { service, operation, input };
        flying.push(call);
        try {
          return await answer(service, operation, input);
        } finally {
          land(call);
        }
      },
    },
  );
  expect(amiss((await on.up()).settled)).toEqual([]);
  return { kills: [...kills.values()], made: on.made };
}

/** Seeded, from 1 to 3 s after the next process has started. */
function delays(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 1_000 + (2_000 * state) / 2 ** 32;
  };
}

/** Starts the next process; the late calls reach AWS while it works. Nobody waits for their answers. */
async function startBefore(kill: Kill, config: Config, seed: number): Promise<Process> {
  const delay = delays(seed);
  return start(
    config,
    { ...kill, time: kill.time + restartAfter(kill) },
    {
      direct: true,
      around: (answer: Answer, clock) => {
        for (const { service, operation, input } of kill.late)
          void clock
            .sleep(delay())
            .then(() => answer(service, operation, input))
            .catch(() => {});
        return answer;
      },
    },
  );
}

/** With the state file one moment in so many is tried, without it and by `down` half as many. */
const EVERY = 5;

test.each<[string, object, number]>([
  ["NAT instance", {}, 0],
  ["NAT gateway", { nat: { mode: "gateway" } }, 1],
])("%s: what was under way at a kill reaches AWS 1 to 3 s after the next start", async (name, given, offset) => {
  const config = parseConfig(given, "test.config.json");
  const rehearsal: Rehearsal = await rehearse(given, "up");
  const { normal } = rehearsal;
  const { kills, made } = await killsOf(config);
  const failures: string[] = [];
  const note = (kill: Kill, index: number, texts: readonly string[]) =>
    failures.push(...texts.map((text) => `${index} killed ${kill.where}, late ${kill.late.map(nameOf)}: ${text}`));
  // In each sample there is one of which a second thing comes: a VPC has neither a token nor a name of its own.
  const twofold = kills.findIndex(({ late }) => late.some(({ operation }) => operation === "CreateVpc"));
  let tried = 0;
  let arrived = 0;
  let twice = 0;
  for (const [index, kill] of kills.entries()) {
    if (index % EVERY === offset) {
      // What was intended is recorded: it is waited for, or sent again with the same token.
      const on = await startBefore(kill, config, index);
      const wrong = amiss((await on.up()).settled);
      on.sandbox.settle();
      wrong.push(...compare("after up", census(on.sandbox.world), normal));
      wrong.push(...compare("made", madeBy(made.slice(0, kill.made), on.made), madeBy(made)));
      note(kill, index, [...wrong, ...(await downAgain(rehearsal, on))]);
      tried++;
      arrived += kill.late.length;
    }
    if (index % (2 * EVERY) === offset + EVERY) {
      // `down` waits for it, too.
      const on = await startBefore(kill, config, index);
      const left = await downAgain({ ...rehearsal, snapshots: undefined }, on);
      note(
        kill,
        index,
        left.map((text) => `then down: ${text}`),
      );
      tried++;
      arrived += kill.late.length;
    }
    // A second file system may hold data by the time it is seen: it is shown, and left to a person (test/lifecycle/unclaimed.test.ts).
    const isLeft = kill.late.some(({ operation }) => operation === "CreateFileSystem");
    if ((index % (2 * EVERY) === offset && !isLeft) || index === twofold) {
      // Nobody can know of it. It has the stack's tags: the next look finds it, and removes what is there twice.
      const lost = { ...kill, state: undefined };
      const on = await startBefore(lost, config, index);
      const wrong = amiss((await on.up()).settled);
      on.sandbox.settle();
      // A second certificate costs nothing, and is found by its domain alone: it goes with `down`.
      const isOthers = (text: string) => !text.includes("acm.certificates");
      const differs = compare("after up", census(on.sandbox.world), normal).filter(isOthers);
      if (differs.length > 0) {
        twice++;
        const { items } = await on.plan();
        if (!items.some(({ action }) => action === "delete")) wrong.push(`no plan removes ${differs}`);
        wrong.push(...amiss((await on.up()).settled));
        on.sandbox.settle();
        wrong.push(...compare("after the second up", census(on.sandbox.world), normal).filter(isOthers));
      }
      note(
        lost,
        index,
        [...wrong, ...(await downAgain(rehearsal, on))].map((text) => `state file deleted: ${text}`),
      );
      tried++;
      arrived += kill.late.length;
    }
  }
  console.log(
    `up, ${name}: ${kills.length} moments differ in what survives and what is under way; tried ${tried} with ${arrived} late calls; ` +
      `without the state file ${twice} had something twice until the next up; ${failures.length} failures`,
  );
  expect(failures).toEqual([]);
  expect(kills.length).toBeGreaterThan(100);
  expect(arrived).toBeGreaterThan(2 * tried);
  expect(twice).toBeGreaterThan(0);
});
