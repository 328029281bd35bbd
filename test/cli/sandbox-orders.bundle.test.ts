/** `sandbox fail` and `sandbox mend` while another command works in the sandbox. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { carryOutOrders, leaveOrder } from "../../src/sandbox/fault-requests.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { World } from "../../src/sandbox/world.ts";
import { takeLock } from "../../src/state/lock.ts";
import { stage } from "../lifecycle/stage.ts";
import { type Folder, folder } from "./folder.ts";

const BIN = join(import.meta.dirname, "..", "..", "bin", "buddyverse.js");
const SANDBOX = "buddyverse.sandbox.json";
const worldIn = (on: Folder): World => JSON.parse(on.read(SANDBOX)).world;
const orders = (on: Folder) => on.files().filter((name) => name.includes(".order-"));

/** Starts the command, and answers as soon as it has said that. */
async function started(on: Folder, line: string, said: RegExp) {
  const child = spawn(process.execPath, [BIN, ...line.split(" ")], {
    cwd: on.path,
    env: { PATH: process.env.PATH, HOME: on.path },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let text = "";
  const ended = new Promise<{ code: number | null; text: string }>((done) =>
    child.on("close", (code) => done({ code, text })),
  );
  await new Promise<void>((done, refuse) => {
    const hear = (part: Buffer) => {
      text += part;
      if (said.test(text)) done();
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("close", () => refuse(new Error(`it ended first: ${text}`)));
  });
  return { child, ended };
}

test("up at work takes the order at once, and fails by it; mended, the next up ends it", async () => {
  const on = folder();
  // At this speed the image's builder is set up some four seconds after its start.
  const up = await started(on, "up --yes --sandbox --sandbox-speed 60 --step image", /vpc Buddy-Project/);
  const fail = await on.run("sandbox fail builder --json");
  expect(fail, fail.stderr).toMatchObject({ code: 0 });
  expect(JSON.parse(fail.stdout)).toMatchObject({ failures: [{ kind: "builder", about: "" }] });
  const { code, text } = await up.ended;
  expect(code, text).toBe(1);
  expect(text).toMatch(/BUDDYVERSE-SETUP FAILED: apt-get install apache2/);
  // What the run wrote afterwards has not undone it.
  expect(worldIn(on).failures).toMatchObject([{ kind: "builder" }]);
  expect(orders(on)).toEqual([]);

  const mend = await on.run("sandbox mend");
  expect(mend.stdout).toBe("Nothing fails on purpose any more.\n");
  const again = await on.rehearse("up --yes --step image");
  expect(again.code, again.stderr).toBe(0);
});

test("several orders at once are all carried out, by whoever has the lock", async () => {
  const on = folder();
  const kinds = ["capacity t3.micro", "capacity t3.small", "az ap-northeast-2a", "certificate"];
  const ended = await Promise.all(kinds.map((kind) => on.run(`sandbox fail ${kind}`)));
  expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
  const there = (worldIn(on).failures ?? []).map(({ kind, about }) => `${kind} ${about}`.trim()).sort();
  expect(there).toEqual([...kinds].sort());
  expect(on.files()).toEqual(["buddyverse.config.json", SANDBOX]);
});

test("a holder that takes no orders is named after ten seconds, and the order is taken back", async () => {
  const on = folder();
  expect((await on.run("sandbox fail certificate")).code).toBe(0);
  const lock = takeLock(join(on.path, `${SANDBOX}.lock`), "up", "mine", new Date());
  const { code, stderr } = await on.run("sandbox mend");
  lock.release();
  expect(code).toBe(4);
  expect(stderr).toMatch(/"up" by .* has held the stack since/);
  expect(orders(on)).toEqual([]);
  expect(worldIn(on).failures).toHaveLength(1);
});

test("an order stays until the world with it is written; one that is none is dropped; reset drops all", async () => {
  const on = folder();
  const path = join(on.path, SANDBOX);
  const { sandbox, clock } = await stage();
  leaveOrder(path, { fail: { kind: "az", about: "ap-northeast-2a" } });
  writeFileSync(`${path}.order-1-1-1`, '{"fail":{"kind":"volcano"}}');
  writeFileSync(`${path}.order-1-1-2`, '{"fa');
  const sim = () => simAt(sandbox.world, clock.now());
  const full = () => {
    throw new Error("no room");
  };
  expect(() => carryOutOrders(path, sim, full)).toThrow("no room");
  expect(orders(on)).toHaveLength(3);
  carryOutOrders(path, sim, () => {});
  carryOutOrders(path, sim, full);
  expect(sandbox.world.failures).toEqual([{ kind: "az", about: "ap-northeast-2a", from: clock.now() }]);
  expect(orders(on)).toEqual([]);

  expect((await on.run("sandbox fail certificate")).code).toBe(0);
  leaveOrder(path, { mend: null });
  expect((await on.run("sandbox reset")).code).toBe(0);
  expect(on.files()).toEqual(["buddyverse.config.json"]);
});
