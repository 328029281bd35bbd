/** Clients that nobody here wrote, against the served sandbox: they must not notice that it is not AWS. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { at, type Folder, makeFolder } from "../cli/folder.ts";
import { BIN } from "../command.ts";
import { FOREIGN } from "../in-process.ts";
import { startMoto } from "../moto/server.ts";
import { needs } from "../tools.ts";

const REGION = "ap-northeast-2";
const inherited = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));

interface Served {
  readonly on: Folder;
  readonly env: Record<string, string | undefined>;
  /** Ctrl-C. Answers what it said on its way out, and its code. */
  end(): Promise<{ readonly code: number | null; readonly said: string }>;
}

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const path of folders.splice(0)) rmSync(path, { recursive: true, force: true });
});

async function serve(speed: string, ...more: readonly string[]): Promise<Served> {
  const on = at(makeFolder());
  folders.push(on.path);
  on.configure({ bastion: { allowedCidrs: ["203.0.113.10/32"] } });
  const child = spawn(process.execPath, [BIN, "sandbox", "serve", "--port", "0", "--sandbox-speed", speed, ...more], {
    cwd: on.path,
    env: inherited(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (part) => {
      text += part;
      const found = /AWS_DEFAULT_REGION=/.test(text) && /AWS_ENDPOINT_URL=(\S+)/.exec(text)?.[1];
      if (found) resolve(found);
    });
    child.on("close", () => reject(new Error(`it ended first: ${said}`)));
  });
  const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
  return {
    on,
    env: {
      ...inherited(),
      AWS_ENDPOINT_URL: url,
      BUDDYVERSE_SANDBOX_URL: url,
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async end() {
      child.kill("SIGINT");
      return { code: await ended, said };
    },
  };
}

const run = async (served: Served, command: string, ...args: readonly string[]): Promise<string> => {
  try {
    const { stdout } = await promisify(execFile)(command, [...args], {
      cwd: served.on.path,
      env: served.env,
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args[0]}: ${stdout}\n${stderr}`, { cause: error });
  }
};

describe("boto3", needs("python3 with boto3"), () => {
  test("builds the stack of the spec, reads it back and takes it down", { timeout: 400_000 }, async () => {
    const served = await serve("max");
    const report = JSON.parse(await run(served, "python3", join(import.meta.dirname, "stack.py"), REGION));
    expect(report.wrong).toEqual([]);
    expect(Object.keys(report.answered).length).toBeGreaterThan(100);
    const { code, said } = await served.end();
    expect(code, said).toBe(0);
    // It asked for nothing that is not simulated, and nothing was the sandbox's own fault.
    expect(said).toMatch(/^\nEnded\. Its world is in \S+\n$/);
  });
});

describe("the AWS CLI", needs("bash", "the AWS CLI"), () => {
  test("asks each service something, and is refused something", { timeout: 400_000 }, async () => {
    const served = await serve("60");
    const said = await run(served, "bash", join(import.meta.dirname, "cli.sh"));
    expect(said.trim().split("\n").length).toBeGreaterThan(30);
    const end = await served.end();
    expect(end.code).toBe(0);
    expect(end.said).toContain("1 × ec2:DescribeFleets");
  });
});

describe("moto", needs("moto_server and python3 with boto3"), () => {
  interface Outcome {
    readonly call: string;
    /** Its parameters, as JSON. */
    readonly given: string;
    readonly error?: string;
    /** Of an answer: each path with the type or the form of what is there. */
    readonly members?: Readonly<Record<string, string>>;
  }
  const asked = async (served: Pick<Served, "on" | "env">): Promise<Outcome[]> =>
    JSON.parse(await run(served as Served, "python3", join(import.meta.dirname, "calls.py"), REGION));
  const outcome = ({ error }: Outcome) => error ?? "fine";

  /** By the member's name: one kind of difference wherever the member is answered. */
  const differing = (one: Outcome, other: Outcome): string[] =>
    Object.entries(one.members ?? {}).flatMap(([path, ours]) => {
      const theirs = other.members?.[path] ?? ours;
      const name = path.replaceAll("[]", "").split(".").at(-1);
      return theirs === ours ? [] : [`${one.call.split(" ")[0]} ${name} | ${ours} | ${theirs}`];
    });

  test("differs from the sandbox as docs/internals/sandbox.md says, and in nothing else", {
    timeout: 400_000,
  }, async () => {
    const served = await serve("600");
    const moto = await startMoto();
    try {
      const [ours, theirs] = await Promise.all([
        asked(served),
        asked({ on: served.on, env: { ...served.env, AWS_ENDPOINT_URL: moto.url } }),
      ]);
      expect(new Set(ours.map(({ call, given }) => `${call} ${given}`)).size).toBeGreaterThan(300);
      expect(theirs.map(({ call }) => call)).toEqual(ours.map(({ call }) => call));
      const found = ours.flatMap((one, index) => {
        const other = theirs[index] as Outcome;
        return outcome(one) === outcome(other) ? [] : [`${one.call} | ${outcome(one)} | ${outcome(other)}`];
      });
      const text = readFileSync(join(import.meta.dirname, "..", "..", "docs", "internals", "sandbox.md"), "utf8");
      const said = [...text.matchAll(/^\| `(\w[\w-]* \w+)` \| ([^`\s]+) \| ([^`\s]+|breaks down) \| \S.*\|$/gm)];
      expect([...new Set(found)].sort()).toEqual(
        said.map(([, call, sandbox, motos]) => `${call} | ${sandbox} | ${motos}`).sort(),
      );
      const forms = ours.flatMap((one, index) => differing(one, theirs[index] as Outcome));
      const saidForms = [...text.matchAll(/^\| `(\w+ \w+)` \| `(.+?)` \| `(.+?)` \| \S.*\|$/gm)];
      expect([...new Set(forms)].sort()).toEqual(saidForms.map(([, ...cells]) => cells.join(" | ")).sort());
    } finally {
      moto.stop();
    }
  });
});

describe("buddyverse itself, over HTTP", () => {
  const command = (served: Served, line: string) =>
    served.on.spawn(line, Object.fromEntries(Object.entries(served.env).map(([key, value]) => [key, value ?? ""])));

  test("up, verify, down with lost calls, lost answers and throttling", { timeout: 400_000 }, async () => {
    const served = await serve("max", "--chaos", "throttle=0.05,lose-answer=0.03,lose-call=0.03,seed=4");
    const up = await command(served, "up --yes");
    expect(up.code, up.stderr + up.stdout).toBe(0);
    const status = await command(served, "status");
    expect(status.stdout).toContain("in sync");
    const confirmed = await served.on.spawn("sandbox confirm ops@example.com");
    expect([0, 2]).toContain(confirmed.code);
    const verify = await command(served, "verify");
    expect(verify.code, verify.stdout + verify.stderr).toBe(0);
    const down = await command(served, "down --yes --discard-data --discard-files");
    expect(down.code, down.stderr + down.stdout).toBe(0);
    expect(down.stdout).toContain("nothing of stack buddyverse is left");
    const { code, said } = await served.end();
    expect(code).toBe(0);
    expect(said).not.toContain("does not simulate");
  });

  test("a server that is killed at its work has lost nothing that was answered", { timeout: 400_000 }, async () => {
    const served = await serve("max");
    const up = await command(served, "up --yes --step vpc");
    expect(up.code, up.stderr).toBe(0);
    children.at(-1)?.kill("SIGKILL");
    const status = await served.on.spawn("plan --json --step vpc --sandbox --sandbox-speed max");
    expect(status.code, status.stderr).toBe(0);
    const items: { key: string; action: string }[] = JSON.parse(status.stdout).items;
    expect(items.filter(({ key }) => key === "vpc")).toMatchObject([{ action: "none" }]);
  });
});
