/** Prints what the tool promises about speed, as ratios measured in one run: `npm run bench`. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const bin = join(import.meta.dirname, "..", "bin", "buddyverse.js");
const folder = mkdtempSync(join(tmpdir(), "buddyverse-bench-"));
writeFileSync(join(folder, "buddyverse.config.json"), "{}");
const run = (...args) =>
  execFileSync(process.execPath, [bin, ...args], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });

/** The median wall time of some runs, taken in turns so that a slow moment of the machine hits all alike. */
function medians(commands, rounds = 15) {
  const times = commands.map(() => []);
  for (let round = 0; round < rounds; round++) {
    commands.forEach((args, index) => {
      const started = performance.now();
      execFileSync(process.execPath, args, { stdio: "ignore", cwd: folder });
      times[index].push(performance.now() - started);
    });
  }
  return times.map((list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]);
}
const line = (what, value, promise) => console.log(`${what.padEnd(58)} ${value.padStart(10)}   ${promise}`);

const [nothing, help, version, offline] = medians([
  ["-e", "0"],
  [bin, "--help"],
  [bin, "--version"],
  [bin, "plan", "--offline"],
]);
line("start of --help, over node -e 0", `${(help / nothing).toFixed(2)} ×`, "at most 2 ×");
line("start of --version, over node -e 0", `${(version / nothing).toFixed(2)} ×`, "at most 2 ×");
line("plan --offline, over node -e 0", `${(offline / nothing).toFixed(2)} ×`, "at most 5 ×");

const planned = JSON.parse(run("plan", "--sandbox", "--json"));
const up = JSON.parse(run("up", "--sandbox", "--sandbox-speed", "max", "--yes", "--json"));
line(
  "up, in AWS time, over its longest chain of AWS time",
  `${(up.seconds / planned.seconds).toFixed(2)} ×`,
  "at most 1.10 ×",
);
const calls = (...args) => {
  const trace = join(folder, "trace.jsonl");
  try {
    run(...args, "--trace", trace, "--json");
  } catch (error) {
    if (error.status !== 3) throw error;
  }
  return readFileSync(trace, "utf8").trim().split("\n").length;
};
line(
  "calls of status on the whole stack",
  String(calls("status", "--sandbox", "--sandbox-speed", "max")),
  "at most 55",
);
line("calls of a second up", String(calls("up", "--sandbox", "--sandbox-speed", "max", "--yes")), "at most 55");
rmSync(folder, { recursive: true });
