import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandboxFile, readWorld } from "../../src/sandbox/file.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import type { World } from "../../src/sandbox/world.ts";
import { START, stageOn } from "../lifecycle/stage.ts";

// No service changes a row where it lies: that would not reach the file.
test("a whole life of the stack is in the file, save by save", async () => {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-world-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "buddyverse.sandbox.json");
  const fresh = () => freshWorld({ region: "ap-northeast-2", domain: undefined, time: START, seed: 7 });
  const file = openSandboxFile(path, START, fresh);
  const config = parseConfig({}, "test.config.json");
  const clock = jumpingClock(START);
  const sandbox = openSandbox({ world: file.world, clock, save: file.save });
  const on = await stageOn(config, clock, sandbox, Object.assign(file.state, { text: undefined }));
  const same = () => {
    sandbox.settle();
    file.save();
    // Tables that nothing is in come and go with a look at them.
    const filled = (world: World | undefined) => ({
      ...world,
      tables: Object.fromEntries(
        Object.entries(world?.tables ?? {}).filter(([, rows]) => Object.keys(rows).length > 0),
      ),
    });
    expect(filled(readWorld(path))).toEqual(filled(JSON.parse(JSON.stringify(file.world))));
  };
  await on.up();
  expect(Object.keys(on.store.resources).length).toBeGreaterThan(70);
  same();
  await clock.sleep(3_600_000);
  same();
  await on.down();
  same();
  expect(Object.keys(on.store.resources)).toEqual([]);
});
