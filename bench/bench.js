/** Prints what the tool promises about speed, as ratios measured in one run: `npm run bench [PART …]`. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { textLoader } from "../text-loader.js";
import { onMock } from "./mock.js";
import { roundTrips } from "./round-trips.js";

const bin = join(import.meta.dirname, "..", "bin", "buddyverse.js");
const folder = mkdtempSync(join(tmpdir(), "buddyverse-bench-"));
writeFileSync(join(folder, "buddyverse.config.json"), "{}");

const line = (what, value, goal = "") => console.log(`${what.padEnd(62)} ${value.padStart(10)}   ${goal}`.trimEnd());
const times = (value) => `${value.toFixed(2)} ×`;
const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: "utf8" });
  // 3: there are differences.
  if (status !== 0 && status !== 3) throw new Error(`${args.join(" ")}: ${stderr}`);
  return stdout;
}

/** The median wall time and memory of some commands, taken in turns so that a slow moment of the machine hits all alike. */
function medians(commands, rounds = 15) {
  const rss = join(folder, "rss.cjs");
  writeFileSync(rss, 'process.on("exit", () => process._rawDebug("MAXRSS " + process.resourceUsage().maxRSS));');
  const results = commands.map(() => ({ times: [], memory: [] }));
  for (let round = 0; round < rounds; round++)
    for (const [index, [program, ...args]] of commands.entries()) {
      const isNode = program === process.execPath;
      const started = performance.now();
      const { error, stderr } = spawnSync(program, isNode ? ["-r", rss, ...args] : args, {
        cwd: folder,
        encoding: "utf8",
      });
      if (error) throw error;
      results[index].times.push(performance.now() - started);
      results[index].memory.push(Number(/MAXRSS (\d+)/.exec(stderr)?.[1]));
    }
  return results.map(({ times, memory }) => ({ time: median(times), memory: median(memory) }));
}

const isThere = (program, ...args) => spawnSync(program, args, { cwd: folder }).status === 0;

function start() {
  const own = [["--help"], ["--version"], ["completion", "bash"], ["plan", "--offline"]];
  const others = [
    ["terraform", "version"],
    ["aws", "--version"],
    ["npx", "--no-install", "cdk", "--version"],
  ].filter((command) => isThere(...command));
  const goals = ["at most 1.3 ×", "at most 1.3 ×", "at most 1.3 ×", "at most 2 ×"];
  const node = (...args) => [process.execPath, ...args];
  const [nothing, ...found] = medians([node("-e", "0"), ...own.map((args) => node(bin, ...args)), ...others]);
  for (const [index, args] of own.entries()) {
    line(`start of ${args.join(" ")}, over node -e 0`, times(found[index].time / nothing.time), goals[index]);
    line("  its memory", times(found[index].memory / nothing.memory), index < 3 ? "at most 1.3 ×" : "");
  }
  for (const [index, command] of others.entries())
    line(`start of ${command.join(" ")}, over node -e 0`, times(found[own.length + index].time / nothing.time));
}

/** What a command loads of `dist`. */
function loaded() {
  const code = `process.on("exit", () => process._rawDebug("LOADED" + JSON.stringify(Object.keys(require.cache).filter((file) => file.endsWith('.cjs'))))); require(${JSON.stringify(bin)});`;
  for (const words of [
    ["--help"],
    ["completion", "bash"],
    ["plan", "--offline"],
    ["graph"],
    ["cost"],
    ["history"],
    ["plan", "--sandbox"],
  ]) {
    const { stderr } = spawnSync(process.execPath, ["-e", code, "--", "buddyverse", ...words], {
      cwd: folder,
      encoding: "utf8",
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: "1" },
    });
    const files = JSON.parse(/LOADED(.*)/.exec(stderr)[1]);
    const bytes = files.reduce((sum, file) => sum + readFileSync(file).length, 0);
    line(`loaded by ${words.join(" ")}, ${files.length} files`, `${Math.round(bytes / 1_000)} kB`);
  }
}

function stack() {
  const speed = ["--sandbox", "--sandbox-speed", "max"];
  const planned = JSON.parse(run("plan", "--sandbox", "--json"));
  const up = JSON.parse(run("up", ...speed, "--yes", "--json"));
  line("up, in AWS time, over its longest chain of AWS time", times(up.seconds / planned.seconds), "at most 1.03 ×");
  const calls = (...args) => {
    const trace = join(folder, "trace.jsonl");
    run(...args, "--trace", trace, "--json");
    return String(readFileSync(trace, "utf8").trim().split("\n").length);
  };
  line("calls of status on the whole stack", calls("status", ...speed, "--managed"), "30");
  line("calls of status with all extras", calls("status", ...speed), "50");
  line("calls of a second up", calls("up", ...speed, "--yes"), "30");
}

async function growth() {
  const file = join(folder, "growth.mjs");
  await build({
    input: join(import.meta.dirname, "growth.ts"),
    platform: "node",
    // The SDK's ES modules, as in the build: the others would look for their packages at run time.
    resolve: { mainFields: ["module", "main"], conditionNames: ["node", "import", "module"] },
    plugins: [textLoader],
    transform: { define: { BUDDYVERSE_VERSION: '""' } },
    logLevel: "silent",
    output: { file, codeSplitting: false },
  });
  const measure = (call) =>
    JSON.parse(
      execFileSync(
        process.execPath,
        [
          "--expose-gc",
          "--input-type=module",
          "-e",
          `import * as all from ${JSON.stringify(pathToFileURL(file).href)}; console.log(JSON.stringify(await all.${call}))`,
        ],
        { encoding: "utf8", env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" } },
      ),
    );
  for (const objects of [10, 100, 1_000, 5_000]) {
    const found = measure(`growth(${objects})`);
    for (const what of ["again", "up", "down"])
      line(
        `own work of ${what === "again" ? "plan" : what}, ${objects} objects`,
        `${found[what].toFixed(2)} ms`,
        "1 ms an object",
      );
    line(`memory after up, ${objects} objects`, `${found.memory.toFixed(1)} KiB`, "flat, per object");
  }
  for (const stacks of [1, 10, 50]) {
    const { calls, ms } = measure(`neighbours(${stacks})`);
    line(`a plan of 20 objects, ${stacks} such stacks in the account`, `${calls} calls`, "with pages only");
    line("  its own work, with the sandbox's", `${ms.toFixed(0)} ms`);
  }
  for (const objects of [10, 100, 1_000, 5_000]) {
    const { text, disk } = measure(`stateWrites(${objects})`);
    line(`a write of a state of ${objects} objects: its text`, `${text.toFixed(2)} ms`);
    line("  the same, safe on the disk", `${disk.toFixed(2)} ms`);
  }
}

async function trips() {
  const found = await roundTrips(bin, 50);
  if (found === undefined) {
    line("at 50 ms a call: no python3 with boto3 here", "");
    return;
  }
  for (const [what, { ms, calls }] of Object.entries(found))
    line(
      `at 50 ms a call: ${what}, ${calls} calls`,
      `${(ms / 1_000).toFixed(2)} s`,
      what === "a second up" ? "0.6 s" : "",
    );
  line(
    "a second up over that script",
    times(found["a second up"].ms / found["a sequential boto3 script"].ms),
    "below 1 ×",
  );
}

/** The life of a stack on a mock that we did not write, beside the script; once, as it takes minutes. */
async function mock() {
  for (const milliseconds of [0, 50]) {
    const found = await onMock(bin, milliseconds);
    if (found === undefined) {
      line("on moto_server: no python3 with boto3 and moto here", "");
      return;
    }
    for (const [what, [own, script]] of Object.entries(found)) {
      const at = `on moto at ${milliseconds} ms a call: ${what}`;
      line(`${at}, ${own.calls} calls`, `${(own.ms / 1_000).toFixed(1)} s`);
      line(`  over the sequential script's, ${script.calls} calls`, times(own.ms / script.ms));
    }
  }
}

const PARTS = { start, loaded, stack, trips, growth, mock };
const wanted = process.argv.slice(2);
console.log(
  `Node ${process.version}, ${cpus().length} processors (${cpus()[0]?.model.trim()}), ${new Date().toISOString().slice(0, 10)}`,
);
try {
  for (const [name, part] of Object.entries(PARTS)) if (wanted.length === 0 || wanted.includes(name)) await part();
} finally {
  rmSync(folder, { recursive: true });
}
