/** Commands on a stack that stands, with a way to AWS that takes long, beside a script that reads the same objects one by one. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, plainEnvironment } from "./ended.js";
import { startLatency } from "./latency.js";

const ROUNDS = 5;

/** @returns by what was done, the median of its time and its calls; undefined where the script cannot run */
export async function roundTrips(bin, milliseconds) {
  if (spawnSync("python3", ["-c", "import boto3"]).status !== 0) return undefined;
  const cwd = mkdtempSync(join(tmpdir(), "buddyverse-trips-"));
  writeFileSync(
    join(cwd, "buddyverse.config.json"),
    JSON.stringify({ bastion: { allowedCidrs: ["203.0.113.10/32"] } }),
  );
  const inherited = plainEnvironment();
  const server = spawn(process.execPath, [bin, "sandbox", "serve", "--port", "0", "--sandbox-speed", "max"], {
    cwd,
    env: inherited,
    stdio: ["ignore", "pipe", "ignore"],
  });
  let far;
  try {
    const url = await new Promise((resolve, reject) => {
      let text = "";
      server.stdout.on("data", (part) => {
        text += part;
        const found = /AWS_ENDPOINT_URL=(\S+)/.exec(text)?.[1];
        if (found) resolve(found);
      });
      server.on("close", () => reject(new Error("the sandbox is not served")));
    });
    const env = {
      ...inherited,
      AWS_ENDPOINT_URL: url,
      BUDDYVERSE_SANDBOX_URL: url,
      AWS_DEFAULT_REGION: "ap-northeast-2",
      AWS_ACCESS_KEY_ID: "sandbox",
      AWS_SECRET_ACCESS_KEY: "sandbox",
    };
    await ended(process.execPath, [bin, "up", "--yes", "--json"], { cwd, env });
    far = await startLatency(url, milliseconds);
    // Another address than the sandbox's own: the clock is this machine's, as on AWS.
    const options = { cwd, env: { ...env, AWS_ENDPOINT_URL: far.url } };
    const script = [join(import.meta.dirname, "sequential.py"), "read", "buddyverse.state.json"];
    const commands = {
      status: [process.execPath, bin, "status", "--managed", "--json"],
      "a second up": [process.execPath, bin, "up", "--yes", "--json"],
      "a sequential boto3 script": ["python3", ...script],
    };
    const found = Object.fromEntries(Object.keys(commands).map((what) => [what, { all: [], calls: 0 }]));
    for (let round = 0; round < ROUNDS; round++)
      for (const [what, [program, ...args]] of Object.entries(commands)) {
        far.calls();
        const started = performance.now();
        await ended(program, args, options);
        found[what].all.push(performance.now() - started);
        found[what].calls = far.calls();
      }
    return Object.fromEntries(
      Object.entries(found).map(([what, { all, calls }]) => [
        what,
        { ms: all.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)], calls },
      ]),
    );
  } finally {
    server.kill("SIGINT");
    await new Promise((resolve) => server.on("close", resolve));
    await far?.close();
    rmSync(cwd, { recursive: true, force: true });
  }
}
