/** The life of a stack on moto_server, an AWS mock that we did not write: by this tool, and by a script that does one call after the other. */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, plainEnvironment } from "./ended.js";
import { startLatency } from "./latency.js";

const REGION = "ap-northeast-2";
const MOTO = join(import.meta.dirname, "..", "test", "moto");
const SCRIPT = join(import.meta.dirname, "sequential.py");
const ZONE =
  'import boto3; boto3.client("route53").create_hosted_zone(Name="buddyverse.link", CallerReference="bench")';

/** @returns its address and its end, once it answers */
async function startMock() {
  const port = 20_000 + (process.pid % 20_000);
  const server = spawn("python3", [join(MOTO, "server.py"), "-H", "127.0.0.1", "-p", String(port)], {
    env: { ...plainEnvironment(), MOTO_ACM_VALIDATION_WAIT: "0", MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${port}`;
  while (server.exitCode === null)
    try {
      await fetch(`${url}/moto-api/`);
      return { url, stop: () => server.kill("SIGKILL") };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  throw new Error("moto_server does not start");
}

/** @returns by what was done, the time of both and their calls; undefined where it cannot be had */
export async function onMock(bin, milliseconds) {
  if (spawnSync("python3", ["-c", "import boto3, moto.server"]).status !== 0) return undefined;
  const cwd = mkdtempSync(join(tmpdir(), "buddyverse-mock-"));
  writeFileSync(
    join(cwd, "buddyverse.config.json"),
    JSON.stringify({
      // It has no parameter of Ubuntu's, and its instances do not run.
      image: { base: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
      bastion: { allowedCidrs: ["203.0.113.10/32"] },
    }),
  );
  const mock = await startMock();
  const far = await startLatency(mock.url, milliseconds);
  try {
    const env = {
      ...plainEnvironment(),
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
    const near = { cwd, env: { ...env, AWS_ENDPOINT_URL: mock.url } };
    const options = { cwd, env: { ...env, AWS_ENDPOINT_URL: far.url } };
    await ended("python3", ["-c", ZONE], near);
    const timed = async (program, args) => {
      far.calls();
      const started = performance.now();
      await ended(program, args, options);
      return { ms: performance.now() - started, calls: far.calls() };
    };
    const tool = (...args) => timed(process.execPath, [bin, ...args, "--yes", "--json"]);
    const script = (...args) => timed("python3", [SCRIPT, ...args]);

    const [up] = await Promise.all([tool("up"), ended("python3", [join(MOTO, "builder.py"), REGION], near)]);
    cpSync(join(cwd, "buddyverse.state.json"), join(cwd, "state.json"));
    const again = await tool("up");
    // It makes no backups of files.
    const down = await tool("down", "--discard-files");
    return {
      up: [up, await script("up", "state.json", "made.json")],
      "a second up": [again, await script("read", "made.json")],
      down: [down, await script("down", "made.json")],
    };
  } finally {
    await far.close();
    mock.stop();
    rmSync(cwd, { recursive: true, force: true });
  }
}
