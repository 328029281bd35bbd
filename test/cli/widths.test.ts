/** What commands say fits the terminal: lines break between words, and only what is to be copied is ever longer. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { staged } from "../../src/cli/staged.ts";
import { widthOf } from "../../src/lib/text.ts";
import { inProcess } from "../in-process.ts";
import { at, makeFolder } from "./folder.ts";

// Names of a Korean team: each letter is two columns wide.
const top = makeFolder();
const path = join(top, "내 프로젝트");
const on = at(path);
const CONFIG = { tags: { 서비스: "버디버스 운영", team: "플랫폼" }, monitoring: { email: "ops@example.com" } };

beforeAll(async () => {
  mkdirSync(path);
  on.configure(CONFIG);
  const { code, stderr } = await on.rehearse("up --yes --quiet");
  expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  writeFileSync(
    join(path, "changed.json"),
    JSON.stringify({
      ...CONFIG,
      database: { instanceClass: "db.t3.small" },
      nat: { mode: "gateway" },
      tags: { 서비스: "다른 이름" },
    }),
  );
  writeFileSync(
    join(path, "wrong.json"),
    JSON.stringify({ nat: { mode: "box" }, regin: "x", domain: { name: "한글.kr" } }),
  );
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const COMMANDS = [
  "plan",
  "plan --config changed.json",
  "plan --offline",
  "plan --config wrong.json",
  "up --yes",
  "status",
  "status --coverage",
  "status --config changed.json",
  "history",
  "history 1",
  "why",
  "verify",
  "outputs",
  "outputs --refresh",
  "cost",
  "cost --usage dataOutGB=500",
  "doctor",
  "snapshots",
  "releases",
  "stacks",
  "stacks --all-regions",
  "state",
  "secret list",
  "ssh --print",
  "tunnel database --print",
  "sandbox",
  "sandbox fail az ap-northeast-2a",
  "sandbox mend",
  "unlock 12ab",
  "version",
  "init --yes --config 새.json",
  "rollback --yes",
  "restore database --to 2026 --yes",
  "rotate password --yes",
  "failover --yes",
  "restore database --to latest --no-switch --yes",
  "restore files --yes",
  "down --yes",
  "down --yes --remove nothing",
];

/** A line to copy stays whole, and so does a word. Progress in a pipe is a log. */
const mayBeLong = (line: string): boolean =>
  /^\s*(buddyverse(?= [a-z-])|aws|ssh|mysql|mariadb|[A-Z_]+=)/.test(line) ||
  /^(\[|\d\d:\d\d:\d\d )/.test(line) ||
  !/\S \S/.test(line.trim());

test.each([80, 40])("every command at %i columns", async (columns) => {
  const wide: string[] = [];
  for (const line of COMMANDS) {
    const args = line.split(" ");
    const at = args.indexOf("--");
    args.splice(at < 0 ? args.length : at, 0, "--sandbox", "--sandbox-speed", "max");
    const { stdout, stderr } = await inProcess(args, { cwd: path, env: { HOME: path }, columns });
    // What names the stage is broken into lines once, with it.
    if (line === "down --yes" && columns === 80) expect(stderr).toContain("`buddyverse logs --sandbox --since 30d`");
    for (const one of `${stdout}${stderr}`.split("\n"))
      if (widthOf(one) > columns && !mayBeLong(one)) wide.push(`${line}: ${widthOf(one)}: ${one}`);
  }
  expect(wide).toEqual([]);
});

test.each([60, 80, 100])("commands that name a stage of long words, at %i columns", async (columns) => {
  const folder = join(path, "some", "longer", "folder");
  mkdirSync(folder, { recursive: true });
  const config = "some/longer/folder/production-site.json";
  writeFileSync(
    join(path, config),
    JSON.stringify({ ...CONFIG, database: { instanceClass: "db.t3.small" }, nat: { mode: "gateway" } }),
  );
  const wrong: string[] = [];
  for (const command of ["plan", "status", "up --yes", "why", "doctor", "stacks", "outputs", "verify", "down --yes"]) {
    const args = [...command.split(" "), "--sandbox", "--sandbox-speed", "max", "--config", config];
    const { stdout, stderr } = await inProcess(args, { cwd: path, env: { HOME: path }, columns });
    const text = `${stdout}\n${stderr}`;
    for (const one of text.split("\n"))
      if (widthOf(one) > columns && !mayBeLong(one)) wrong.push(`${command}: ${widthOf(one)}: ${one}`);
    for (const [quoted] of text.matchAll(/`buddyverse [^`]*`/g)) {
      const whole = quoted.replace(/\s+/g, " ");
      if (whole !== staged({ sandbox: true, config })(whole)) wrong.push(`${command}: names no stage: ${whole}`);
      if (whole.match(/--sandbox\b/g)?.length !== 1) wrong.push(`${command}: ${whole}`);
      if (quoted !== whole && whole.length < columns - 30) wrong.push(`${command}: is broken: ${quoted}`);
    }
  }
  expect(wrong).toEqual([]);
});
