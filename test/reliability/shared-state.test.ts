/** A run whose state is in S3, killed at each of its changing calls, the state's own among them: what is gone with its machine, and what is not. */
import { expect, test } from "vitest";
import { sharedText } from "../../src/aws/s3/shared-text.ts";
import { isRead } from "../../src/aws/safety.ts";
import { sandboxStack } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { type NodeResult, stopped } from "../../src/engine/node-result.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld, SANDBOX_ACCOUNT } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { World } from "../../src/sandbox/world.ts";
import type { Text } from "../../src/state/file.ts";
import { openSharedState, type SharedState } from "../../src/state/shared.ts";
import type { Steps } from "../../steps/index.ts";
import { dataSteps } from "../lifecycle/data.ts";
import { INPUTS, START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";

const config = parseConfig({ database: { replica: false } }, "x.json");
/** A network, and a database in it with what it needs. */
const SMALL: Steps = (config) => dataSteps(config).filter(({ name }) => name !== "efs");
const world = (): World => freshWorld({ region: config.region, time: START, seed: 5, stateBucket: "states" });

/** A file of one machine, as it is when the process is killed. */
function disk(content?: string): Text & { text: string | undefined; dead: boolean } {
  return {
    path: "/nowhere/state.unsent",
    text: content,
    dead: false,
    read() {
      return this.text;
    },
    write(text) {
      if (!this.dead) this.text = text;
    },
  };
}

type Kill = { readonly nth: number; readonly acted: boolean };

/**
 * One process: what it knows is gone with it.
 * @param kill at which changing call it is killed, the state's own among them, and whether AWS has acted then
 */
async function start(at: World, unsent: ReturnType<typeof disk>, kill?: Kill) {
  const clock = jumpingClock(at.time + 5_000);
  const sandbox = openSandbox({ world: at, clock });
  const sent: string[] = [];
  let killed = false;
  const dead = () => Object.assign(new Error("killed"), { name: "Killed", $metadata: { httpStatusCode: 400 } });
  const wire: Sandbox = {
    ...sandbox,
    async answer(service, operation, input) {
      if (killed) throw dead();
      if (isRead(operation)) return sandbox.answer(service, operation, input);
      sent.push(`${service}:${operation}`);
      if (sent.length !== kill?.nth) return sandbox.answer(service, operation, input);
      if (kill.acted) await sandbox.answer(service, operation, input);
      killed = true;
      unsent.dead = true;
      throw dead();
    },
  };
  let text: SharedState | undefined;
  let secured = async () => {};
  const { stack } = await sandboxStack({
    config,
    inputs: INPUTS,
    steps: SMALL,
    sandbox: wire,
    clock,
    run: `run ${at.time}`,
    text: async (its) => {
      const place = { bucket: "states", key: "s.json", owner: SANDBOX_ACCOUNT };
      text = await openSharedState(sharedText(its.bookkeeping().s3, place, "application/json"), unsent);
      return text;
    },
    beforeChange: () => secured(),
  });
  secured = () => stack.run.store.secured();
  const ended = async (work: Promise<readonly NodeResult[]>) => {
    const results = await work;
    await stack.run.store.secured();
    return results.filter(stopped).map(({ name, reason }) => `${name}: ${reason}`);
  };
  return {
    sent,
    up: () => ended(stack.up().then(({ settled }) => settled)),
    down: () => ended(stack.down()),
  };
}

/** What there is, and whether a copy of the database is. */
const things = (at: World) => ({
  ...Object.fromEntries(Object.entries(census(at)).filter(([table]) => !table.startsWith("s3."))),
  copied: Object.values(at.tables["rds.snapshots"] ?? {}).some(({ row }) => row !== null),
});
const copyOf = (at: World): World => JSON.parse(JSON.stringify(at));

/**
 * Kills a command at each of its changing calls; another then does it again. Where it writes its state, before that reaches S3 and
 * after S3 has it; of the stack's own calls, which other matrices have both of, in turn.
 */
async function killedAnywhere(command: "up" | "down", from: () => World): Promise<void> {
  const whole = from();
  const first = await start(whole, disk());
  expect(await first[command]()).toEqual([]);
  const expected = things(whole);
  expect(expected.copied).toBe(command === "down");
  const writes = first.sent.filter((call) => call === "s3:PutObject").length;
  expect(writes).toBeGreaterThan(10);
  for (let nth = 1; nth <= first.sent.length; nth++)
    for (const acted of first.sent[nth - 1] === "s3:PutObject" ? [false, true] : [nth % 2 === 0]) {
      const at = from();
      const unsent = disk();
      const run = await start(at, unsent, { nth, acted });
      await run[command]().catch(() => {});
      // On that machine, or on another one.
      const again = await start(at, disk(nth % 4 < 2 ? unsent.text : undefined));
      const where = `${acted ? "after" : "before"} call ${nth}, ${first.sent[nth - 1]}`;
      expect({ where, trouble: await again[command]() }).toEqual({ where, trouble: [] });
      expect({ where, things: things(at) }).toEqual({ where, things: expected });
    }
}

test("killed at any changing call of up, the next run makes nothing twice, on that machine and on another", async () => {
  await killedAnywhere("up", world);
});

test("killed at any changing call of down, the next run leaves nothing, and keeps the copy of the data", async () => {
  const standing = world();
  expect(await (await start(standing, disk())).up()).toEqual([]);
  await killedAnywhere("down", () => copyOf(standing));
});
