import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { writeAtomically } from "../../src/state/file.ts";
import { needs } from "../tools.ts";
import { type Folder, folder } from "./folder.ts";

/** A folder with a pipe that nobody writes to, a link in a circle and a link to what is not there. */
function odd(): Folder {
  const on = folder();
  execFileSync("mkfifo", [join(on.path, "pipe.json")]);
  symlinkSync("circle.json", join(on.path, "circle.json"));
  symlinkSync("not-there.json", join(on.path, "dangling.json"));
  return on;
}

test.each([
  [
    "plan --offline --config pipe.json",
    /pipe\.json cannot be read.*\n.*\n.*it is a pipe or a device.*\n.*Put the config/,
  ],
  ["init --yes --config pipe.json", /pipe\.json is there already/],
  ["outputs --state pipe.json", /could not read pipe\.json: it is a pipe or a device/],
  ["up pipe.json --sandbox --yes", /the plan pipe\.json cannot be read\n.*\n.*it is a pipe or a device/],
  ["plan --offline --config /dev/null", /\/dev\/null cannot be read.*\n.*\n.*it is a pipe or a device/],
  ["plan --offline --config circle.json", /circle\.json cannot be read.*\n.*\n.*ELOOP.*\n.*Name another config/],
  ["init --yes --config circle.json", /circle\.json is there already/],
  ["init --yes --config dangling.json", /dangling\.json is there already/],
  ["init --yes --config buddyverse.config.json/x.json", /x\.json cannot be written\n.*\n.*ENOTDIR/],
  [`init --yes --config ${"a".repeat(300)}.json`, /cannot be written\n.*\n.*ENAMETOOLONG/],
])("%s: refused before anything is done, and told", needs("mkfifo"), async (line, told) => {
  const on = odd();
  const before = on.files();
  const { code, stderr } = await on.run(line);
  expect(stderr).toMatch(told);
  expect(code).toBe(2);
  expect(on.files()).toEqual(before);
});

test("a folder's config is named so that a shell takes it", async () => {
  const on = folder(null);
  mkdirSync(join(on.path, "내 스택"));
  const { stderr } = await on.start(["plan", "--offline", "--config", "내 스택/"]);
  expect(stderr).toContain("--config '내 스택/buddyverse.config.json'");
});

test(
  "a plan that is saved into a pipe or a device goes into it, and does not take its place",
  needs("mkfifo"),
  async () => {
    const { path } = odd();
    const pipe = join(path, "pipe.json");
    const reader = spawn("cat", [pipe], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void reader.kill());
    let read = "";
    reader.stdout.on("data", (chunk) => {
      read += chunk;
    });
    writeAtomically(pipe, "{}\n");
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    await once(reader, "close");
    expect(read).toBe("{}\n");
  },
);

test("a link to what is not there yet is followed: on a disk that is not mounted nothing is kept in its place", () => {
  const { path } = odd();
  const link = join(path, "dangling.json");
  writeAtomically(link, "{}\n");
  expect(readlinkSync(link)).toBe("not-there.json");
  expect(readFileSync(join(path, "not-there.json"), "utf8")).toBe("{}\n");

  const away = join(path, "away.json");
  symlinkSync("no-disk/away.json", away);
  expect(() => writeAtomically(away, "{}\n")).toThrow(/could not write .*away\.json: ENOENT/);
  expect(readlinkSync(away)).toBe("no-disk/away.json");
  expect(() => writeAtomically(join(path, "circle.json"), "{}\n")).toThrow(/ELOOP/);
});

test("a report that cannot be written is told, and what the checks found is not lost", needs("/dev/full"), async () => {
  const on = folder();
  await on.rehearse("up --yes --quiet");
  symlinkSync("no-disk/r.html", join(on.path, "r.html"));
  const early = await on.rehearse("verify --report r.html");
  expect(early.code).toBe(2);
  expect(early.stderr).toMatch(/the report r\.html cannot be written/);
  const { code, stdout, stderr } = await on.rehearse("verify --report /dev/full");
  expect(stdout).toMatch(/of \d+ checks passed/);
  expect(stderr).toMatch(/The report is missing: \/dev\/full could not be written: ENOSPC/);
  expect(code).toBe(1);
  const graph = await on.rehearse("graph --format svg --output /dev/full");
  expect(graph.code).toBe(2);
  expect(graph.stderr).toMatch(/\/dev\/full could not be written: ENOSPC.*\n.*\n.*--output FILE/);
});
