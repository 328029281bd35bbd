/** docs/ci.md and its workflow say what is so. Its commands are run by ci.bundle.test.ts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { needs } from "../tools.ts";
import { read } from "./pages.ts";
import { mistakes, workflow } from "./workflow.ts";

const TEXT = read("docs/ci.md");
const jobs = Object.entries(workflow.jobs);
const runs = jobs.flatMap(([, { steps }]) => steps.flatMap(({ run }) => run ?? []));

test("the workflow is YAML without a mistake, with nothing but what GitHub knows", () => {
  expect(mistakes).toEqual([]);
  expect(Object.keys(workflow).sort()).toEqual(["jobs", "name", "on", "permissions"]);
  for (const [name, { steps, needs }] of jobs) {
    if (needs !== undefined) expect(Object.keys(workflow.jobs), name).toContain(needs);
    for (const { uses, run } of steps) expect([uses, run].filter(Boolean), name).toHaveLength(1);
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  }
});

test("no job has more rights than it uses, and what changes something is in an environment", () => {
  expect(workflow.permissions).toEqual({ contents: "read" });
  for (const [name, { steps, permissions, environment }] of jobs) {
    const takesRole = steps.some(({ uses }) => uses?.startsWith("aws-actions/"));
    expect(permissions?.["id-token"] === "write", name).toBe(takesRole);
    const comments = steps.some(({ run }) => run?.includes("gh pr comment"));
    expect(permissions?.["pull-requests"] === "write", name).toBe(comments);
    const changes = steps.some(({ run }) => /buddyverse (up|verify|down)/.test(run ?? ""));
    expect(environment !== undefined, name).toBe(changes);
  }
});

test("what comes from outside reaches no shell but by a variable", () => {
  for (const run of runs) expect(run).not.toContain("${{");
});

/** Each `buddyverse …` of a text, as words. */
const commandsIn = (text: string) =>
  [...text.matchAll(/(?:^|npx |`)buddyverse ([a-z][^`\n#|>]*)/gm)].map(([, line = ""]) => line.trim().split(/\s+/));

test("each command of the page and of the workflow is there, with its options", () => {
  const lines = [...runs.flatMap(commandsIn), ...commandsIn(TEXT)];
  expect(lines.length).toBeGreaterThanOrEqual(8);
  for (const [name = "", ...words] of lines) {
    const found = COMMANDS.find((command) => command.name === name);
    expect(found, name).toBeDefined();
    const own = found?.own?.(new Command(name)) ?? new Command(name);
    const flags = own.options.map(({ long }) => long);
    for (const word of words.filter((one) => one.startsWith("--"))) expect(flags, `${name} ${word}`).toContain(word);
  }
});

test("the roles' trust policies are for this repository's jobs alone", needs("bash"), () => {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-ci-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [script = ""] = /^REPO=OWNER\/REPO[\s\S]*?(?=^```)/m.exec(TEXT) ?? [];
  const aws = 'aws() { [ "$1" = sts ] && echo 111122223333; echo "$*" >> calls.txt; }\n';
  const { status, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eu", "-c", aws + script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });

  const subjects = ["plan", "up"].map((role) => {
    const { Statement } = JSON.parse(readFileSync(join(folder, `trust-${role}.json`), "utf8"));
    const [{ Principal, Action, Condition }] = Statement;
    expect(Principal.Federated).toMatch(/^arn:aws:iam::\d{12}:oidc-provider\/token\.actions\.githubusercontent\.com$/);
    expect(Action).toBe("sts:AssumeRoleWithWebIdentity");
    expect(Object.keys(Condition)).toEqual(["StringEquals"]);
    const { "token.actions.githubusercontent.com:aud": aud, "token.actions.githubusercontent.com:sub": sub } =
      Condition.StringEquals;
    expect(aud).toBe("sts.amazonaws.com");
    return sub as string[];
  });
  const environments = new Set(jobs.flatMap(([, { environment }]) => environment ?? []));
  expect(subjects).toEqual([
    ["repo:OWNER/REPO:pull_request", "repo:OWNER/REPO:ref:refs/heads/main"],
    [...environments].map((name) => `repo:OWNER/REPO:environment:${name}`),
  ]);
  expect(readFileSync(join(folder, "calls.txt"), "utf8").match(/create-role/g)).toHaveLength(2);
});
