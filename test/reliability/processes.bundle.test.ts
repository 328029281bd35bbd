import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { readWorld } from "../../src/sandbox/file.ts";
import type { World } from "../../src/sandbox/world.ts";
import { startMoto } from "../moto/server.ts";
import { census } from "../sandbox/contents.ts";
import { needs } from "../tools.ts";
import { fresh } from "./matrix.ts";
import { startProxy } from "./proxy.ts";

const ROOT = join(import.meta.dirname, "..", "..");

function folder(config: object): string {
  const path = mkdtempSync(join(tmpdir(), "buddyverse-kill-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "buddyverse.config.json"), JSON.stringify(config));
  return path;
}

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly text: string;
}

/** Runs the tool as a user does. @param events SIGKILL when it has told so many events; never when undefined. */
function tool(
  cwd: string,
  args: string,
  options: { events?: number; env?: Record<string, string>; started?: (kill: () => void) => void } = {},
): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, "bin", "buddyverse.js"), ...args.split(" ")], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, AWS_EC2_METADATA_DISABLED: "true", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  options.started?.(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (part) => {
    text += part;
    if (options.events !== undefined && text.split("\n").length > options.events) child.kill("SIGKILL");
  });
  child.stderr.on("data", (part) => {
    text += part;
  });
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, text })));
}

/** Seeded: the same moments at each run. */
const moments = (seed: number, count: number, most: number): number[] =>
  Array.from({ length: count }, (_, index) => 1 + ((seed * 7919 + index * 104729 + seed * index * 31) % most));

const worldIn = (cwd: string): World => readWorld(join(cwd, "buddyverse.sandbox.json")) as World;

test.each([1, 2])(
  "SIGKILL at seeded moments of up and down, on the sandbox (seed %i): in sync after up, nothing left after down",
  { timeout: 120_000 },
  async (seed) => {
    const given = seed % 2 === 0 ? { nat: { mode: "gateway" } } : {};
    const cwd = folder(given);
    const sandbox = "--sandbox --sandbox-speed max";
    const killed: (string | null)[] = [];
    for (const events of moments(seed, 4, 90))
      killed.push((await tool(cwd, `up --yes --json-lines ${sandbox}`, { events })).signal);
    expect(killed).toContain("SIGKILL");
    const up = await tool(cwd, `up --yes ${sandbox}`);
    expect(up.code, up.text).toBe(0);
    const status = await tool(cwd, `status ${sandbox}`);
    expect(status.code, status.text).toBe(0);

    killed.length = 0;
    for (const events of moments(seed + 10, 3, 60))
      killed.push((await tool(cwd, `down --yes --json-lines ${sandbox}`, { events })).signal);
    expect(killed).toContain("SIGKILL");
    const down = await tool(cwd, `down --yes ${sandbox}`);
    expect(down.code, down.text).toBe(0);
    const before = JSON.parse(fresh(parseConfig(given, "x"))) as World;
    // The records that validate the certificate of the domain and its `www` are kept.
    const kept = { "route53.records": (census(before)["route53.records"] ?? 0) + 2 };
    expect(census(worldIn(cwd))).toEqual({ ...census(before), ...kept });
  },
);

describe("over HTTP, through a proxy that loses answers", needs("moto_server and python3 with boto3"), () => {
  test("the answer is lost after AWS acted, then SIGKILL or not: one of each after up, nothing left after down", {
    timeout: 180_000,
  }, async () => {
    const moto = await startMoto();
    onTestFinished(moto.stop);
    const proxy = await startProxy(moto.url);
    onTestFinished(proxy.stop);
    const env = {
      AWS_ENDPOINT_URL: proxy.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "ap-northeast-2",
    };
    const cwd = folder({ domain: null, bastion: { allowedCidrs: ["203.0.113.10/32"] } });
    const inventory = async (): Promise<Record<string, string[]>> => {
      const script = join(ROOT, "test", "moto", "inventory.py");
      const { stdout } = await promisify(execFile)("python3", [script, "ap-northeast-2"], {
        env: { ...process.env, ...env, AWS_ENDPOINT_URL: moto.url, AWS_DEFAULT_REGION: "ap-northeast-2" },
        maxBuffer: 2 ** 26,
      });
      return JSON.parse(stdout);
    };
    const before = await inventory();
    let struck = 0;
    const round = async (command: string, nth: number, kill: boolean) => {
      const already = struck;
      const { text } = await tool(cwd, command, {
        env,
        started: (end) =>
          proxy.strike(nth, () => {
            struck++;
            if (kill) end();
          }),
      });
      expect(struck, text).toBe(already + 1);
    };
    // The first changing call of each run takes the lock; then later ones: the tool is killed at it, or goes on.
    const up = "up --yes --step nat-bastion";
    for (const [nth, kill] of [
      [1, true],
      [2, true],
      [3, true],
      [6, true],
      [10, true],
      [4, false],
    ] as const)
      await round(up, nth, kill);
    const last = await tool(cwd, up, { env, started: () => proxy.strike(1_000, () => {}) });
    expect(last.code, last.text).toBe(0);
    const there = await inventory();
    const added = (kind: string) => (there[kind] ?? []).filter((id) => !before[kind]?.includes(id)).length;
    expect(
      Object.fromEntries(
        ["vpcs", "subnets", "internet gateways", "route tables", "security groups", "key pairs", "instances"].map(
          (kind) => [kind, added(kind)],
        ),
      ),
      // Of tables and groups, one each is the VPC's own.
    ).toEqual({
      vpcs: 1,
      subnets: 4,
      "internet gateways": 1,
      "route tables": 4,
      "security groups": 3,
      "key pairs": 1,
      instances: 4,
    });
    for (const [nth, kill] of [
      [1, true],
      [2, true],
      [5, true],
      [4, false],
    ] as const)
      await round("down --yes", nth, kill);
    const down = await tool(cwd, "down --yes", { env, started: () => proxy.strike(1_000, () => {}) });
    expect(down.code, down.text).toBe(0);
    expect(await inventory()).toEqual(before);
  });
});
