/** A run whose state is in S3, killed at each of its changing calls, the state's own among them: what is gone with its machine, and what is not. */
import { expect, test } from "vitest";
import { sharedText } from "../../src/aws/s3/shared-text.ts";
import { isRead } from "../../src/aws/safety.ts";
import { sandboxStack } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { stopped } from "../../src/engine/node-result.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld, SANDBOX_ACCOUNT } from "../../src/sandbox/fresh.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import type { World } from "../../src/sandbox/world.ts";
import type { Text } from "../../src/state/file.ts";
import { openSharedState, type SharedState } from "../../src/state/shared.ts";
import { stepsFor } from "../../steps/index.ts";
import { INPUTS, START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";

const config = parseConfig({}, "x.json");
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

/** One process. @param kill at which changing call it is killed, and whether AWS has acted then */
async function process(at: World, unsent: ReturnType<typeof disk>, kill?: { nth: number; acted: boolean }) {
  const clock = jumpingClock(at.time + 5_000);
  const sandbox = openSandbox({ world: at, clock });
  let changes = 0;
  let killed = false;
  const dead = () => Object.assign(new Error("killed"), { name: "Killed", $metadata: { httpStatusCode: 400 } });
  const wire: Sandbox = {
    ...sandbox,
    async answer(service, operation, input) {
      if (killed) throw dead();
      if (isRead(operation) || ++changes !== kill?.nth) return sandbox.answer(service, operation, input);
      if (kill.acted) await sandbox.answer(service, operation, input);
      killed = true;
      unsent.dead = true;
      throw dead();
    },
  };
  let text: SharedState | undefined;
  let secured = async () => {};
  const { aws, stack } = await sandboxStack({
    config,
    inputs: INPUTS,
    steps: (...given) => stepsFor(...given).slice(0, 2),
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
  return {
    changes: () => changes,
    aws,
    async up() {
      const { settled } = await stack.up();
      await stack.run.store.secured();
      return settled.filter(stopped).map(({ name, reason }) => `${name}: ${reason}`);
    },
  };
}

const things = (at: World) =>
  Object.fromEntries(Object.entries(census(at)).filter(([table]) => !table.startsWith("s3.")));

test("killed at any changing call, the next run makes nothing twice, on that machine and on another", async () => {
  const whole = world();
  const first = await process(whole, disk());
  expect(await first.up()).toEqual([]);
  const expected = things(whole);
  expect(expected["ec2.vpcs"]).toBe(1);
  const calls = first.changes();
  expect(calls).toBeGreaterThan(20);
  for (let nth = 1; nth <= calls; nth++) {
    const acted = nth % 2 === 0;
    const at = world();
    const unsent = disk();
    const run = await process(at, unsent, { nth, acted });
    await run.up().catch(() => {});
    const again = await process(at, disk(nth % 3 === 0 ? unsent.text : undefined));
    expect({ nth, acted, trouble: await again.up() }).toEqual({ nth, acted, trouble: [] });
    expect({ nth, acted, things: things(at) }).toEqual({ nth, acted, things: expected });
  }
});
