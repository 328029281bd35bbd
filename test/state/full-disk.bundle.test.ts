import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type MutableInputs, makeKeyPair } from "../../src/cli/inputs.ts";
import { pathsOf } from "../../src/cli/paths.ts";
import { parseConfig } from "../../src/config/load.ts";
import { takeLock } from "../../src/state/lock.ts";
import type { Recorded } from "../../src/state/state.ts";
import { openStore, readState, stateFile } from "../../src/state/store.ts";
import { type Folder, folder } from "../cli/folder.ts";
import { BIN, type Ended, ended } from "../command.ts";
import { needs } from "../tools.ts";

/**
 * Runs the command where no file may grow beyond so many KiB: the kernel takes the part that fits and refuses the rest (EFBIG),
 * as a disk does that is nearly full. Anybody may set that limit, where only root may mount a small disk.
 */
function short(on: Folder, kib: number, line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = spawn("bash", ["-c", `ulimit -f ${kib}; exec "$0" "$@"`, process.execPath, BIN, ...line.split(" ")], {
    cwd: on.path,
    env: { PATH: process.env.PATH, HOME: on.path, AWS_EC2_METADATA_DISABLED: "true", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return ended(child);
}

/** Counts what is sent to AWS. */
async function awsThatCounts(): Promise<{ readonly env: Readonly<Record<string, string>>; asked(): number }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked++;
    response.writeHead(500).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
    asked: () => asked,
  };
}

const UP = "up --yes --sandbox --sandbox-speed max";
const SANDBOX = "buddyverse.sandbox.json";
const temporaries = (on: Folder) => on.files().filter((name) => /\.(tmp|stale|lock)$/.test(name));

describe("a disk that fills up", () => {
  test(
    "under a sandbox: the run stops and names the file, the last copy is whole, and with room the next up ends it",
    needs("bash"),
    async () => {
      const on = folder();
      const stopped = await short(on, 100, UP);
      expect(stopped.code, stopped.stderr).toBe(2);
      expect(stopped.stdout).toMatch(/could not write .*buddyverse\.sandbox\.json: EFBIG/);
      expect(stopped.stdout).toMatch(/The last good copy is kept\. Make room/);
      expect(statSync(join(on.path, SANDBOX)).size).toBeLessThanOrEqual(100 * 1024);
      expect(temporaries(on)).toEqual([]);
      const good = JSON.parse(on.read(SANDBOX));
      expect(Object.keys(good.state.resources).length).toBeGreaterThan(10);

      const up = await on.rehearse("up --yes");
      expect(up.code, up.stderr).toBe(0);
      const after = JSON.parse(on.read(SANDBOX)).state.resources;
      for (const [key, { id, status }] of Object.entries<{ id?: string; status: string }>(good.state.resources))
        if (status === "ready") expect(after[key]?.id, key).toBe(id);
      const status = await on.rehearse("status");
      expect(status.code, status.stdout).toBe(0);
    },
  );

  test(
    "under the trace: it ends with a notice, and the run goes on: no answer is lost for it",
    needs("/dev/full"),
    async () => {
      const on = folder();
      const up = await on.rehearse("up --yes --trace /dev/full");
      expect(up.code, up.stderr).toBe(0);
      expect(up.stderr.match(/The trace ends here: ENOSPC/g)).toHaveLength(1);
    },
  );

  test("under the lock: no half a lock is left, and AWS is not asked anything", needs("bash"), async () => {
    const on = folder();
    const { env, asked } = await awsThatCounts();
    const up = await short(on, 0, "up --yes", env);
    expect(up.code, up.stderr).toBe(2);
    expect(up.stderr).toMatch(/could not take the lock .*buddyverse\.state\.json\.lock: EFBIG/);
    expect(up.stderr).toMatch(/to do .*Make room/);
    expect(temporaries(on)).toEqual([]);
    expect(asked()).toBe(0);
    takeLock(join(on.path, "buddyverse.state.json.lock"), "up", "mine", new Date(0)).release();
  });
});

/** The next write of that file meets a full device: what it writes first goes to one (where there is none, to a folder). */
function fill(file: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  if (existsSync("/dev/full")) symlinkSync("/dev/full", temporary);
  else mkdirSync(temporary);
}
const FULL = existsSync("/dev/full") ? /ENOSPC/ : /EISDIR/;

describe("a write that the device refuses", () => {
  const identity = { stack: "s", account: "111122223333", region: "ap-northeast-2" };
  const vpc: Recorded = {
    type: "ec2:vpc",
    name: "Buddy-Project",
    status: "creating",
    since: 1,
    token: "t",
    spec: {},
    needs: [],
  };
  const place = () => join(folder(null).path, "state.json");

  test("keeps the file as it was, names it, and the store says so from then on", () => {
    const file = place();
    const store = openStore(stateFile(file), identity, () => "lineage");
    store.put("vpc", vpc);
    const before = readFileSync(file, "utf8");
    expect(store.failure).toBeUndefined();
    fill(file);
    const refused = expect.objectContaining({
      code: "state",
      message: expect.stringMatching(new RegExp(`could not write ${file}: .*${FULL.source}`)),
      about: { file },
      hint: expect.stringContaining("Make room"),
    });
    expect(() => store.put("vpc", { ...vpc, id: "vpc-1" })).toThrow(refused);
    expect(readFileSync(file, "utf8")).toBe(before);
    expect(store.get("vpc")).toEqual(vpc);
    // With room again what is under way is still recorded.
    store.put("vpc", { ...vpc, id: "vpc-1" });
    expect(readState(stateFile(file))?.resources.vpc?.id).toBe("vpc-1");
    expect(store.failure).toEqual(refused);
  });

  test("keeps the older backup whole, and changes nothing without a backup", () => {
    const file = place();
    openStore(stateFile(file), identity, () => "lineage").put("vpc", vpc);
    openStore(stateFile(file), identity, () => "").put("vpc", { ...vpc, id: "vpc-1" });
    const backup = readFileSync(`${file}.backup`, "utf8");
    const now = readFileSync(file, "utf8");
    fill(`${file}.backup`);
    expect(() => openStore(stateFile(file), identity, () => "").drop("vpc")).toThrow(FULL);
    expect(readFileSync(`${file}.backup`, "utf8")).toBe(backup);
    expect(readFileSync(file, "utf8")).toBe(now);
  });

  test("leaves no half of a key pair for the next run to take", () => {
    const file = place();
    const inputs: MutableInputs = { publicKey: undefined, allowedCidrs: [], appArchive: undefined };
    const key = join(dirname(file), "Buddy-Project.pem");
    const paths = pathsOf({ config: join(dirname(file), "buddyverse.config.json"), color: false });
    const make = () => makeKeyPair({ config: parseConfig({}, "x"), paths, inputs });
    for (const half of [key, `${key}.pub`]) {
      fill(half);
      expect(make).toThrow(FULL);
      expect([existsSync(key), existsSync(`${key}.pub`), inputs.publicKey]).toEqual([false, false, undefined]);
    }
    expect(make()).toBe(key);
    expect(statSync(key).mode & 0o777).toBe(0o600);
  });
});

// Root may write into any folder of a disk, so these are none: a file in the folder's place, no folder, the kernel's own.
describe.each([
  ["that is a file", "buddyverse.config.json/state.json"],
  ["that is not there", "nowhere/state.json"],
  ["in which nobody may write", "/sys/state.json"],
])("a folder %s", (_name, state) => {
  test("stops the run before anything is sent, and the error names the file and what to do", async () => {
    const on = folder();
    const { env, asked } = await awsThatCounts();
    for (const command of ["up --yes", "down --yes"]) {
      const { code, stderr } = await on.run(`${command} --state ${state}`, env);
      expect(code, stderr).toBe(2);
      expect(stderr).toContain(`could not take the lock ${state}.lock: `);
      expect(stderr).toMatch(/to do .*make the folder writable, or name a state file elsewhere/);
    }
    expect(asked()).toBe(0);
    const sandbox = await on.rehearse(`up --yes --state ${state}`);
    expect(sandbox.code, sandbox.stderr).toBe(2);
    expect(sandbox.stderr).toMatch(/could not take the lock .*state\.sandbox\.json\.lock: /);
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });
});

test("a state that cannot be read is not taken for none: status names the file, and asks AWS nothing", async () => {
  const on = folder();
  const { env, asked } = await awsThatCounts();
  mkdirSync(join(on.path, "state.json"));
  for (const state of ["state.json", "buddyverse.config.json/state.json"]) {
    const { code, stderr } = await on.run(`status --state ${state}`, env);
    expect(code, stderr).toBe(2);
    const isFolder = state === "state.json";
    expect(stderr).toContain(isFolder ? `${state} is a folder, not a state file` : `could not read ${state}: `);
    expect(stderr).toMatch(isFolder ? /to do .*--state state\.json\// : /to do .*--state FILE/);
  }
  expect(asked()).toBe(0);
});
