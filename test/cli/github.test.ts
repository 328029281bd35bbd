/** What a step of GitHub Actions gets besides what a pipe gets. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

test("a plan as Markdown on stdout, and on the page of the run", async () => {
  const on = folder();
  const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: join(on.path, "summary.md") };
  const { code, stdout, stderr } = await on.run("plan --offline --markdown", env);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^### buddyverse: \d+ to create\n/);
  expect(stdout).toContain("| create | instance `Buddy-NAT1` |");
  expect(readFileSync(env.GITHUB_STEP_SUMMARY, "utf8")).toBe(`${stdout}\n`);
  expect((await on.run("plan --offline --markdown --json", env)).code).toBe(2);
});

test("an error is an annotation, but for programs", async () => {
  const on = folder({ stak: "x" } as object);
  const env = { GITHUB_ACTIONS: "true" };
  const { code, stderr } = await on.run("plan --offline", env);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split("\n").at(-1)).toMatch(/^::error title=buddyverse plan::.*%0A {2}stak: /);
  expect((await on.run("plan --offline")).stderr).not.toContain("::");
  expect((await on.run("plan --offline --json", env)).stderr).not.toContain("::");
});

test("a page of the run that cannot be written takes nothing from the command", async () => {
  const on = folder();
  for (const summary of [join(on.path, "nowhere", "s.md"), on.path]) {
    const env = { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: summary };
    const { code, stdout, stderr } = await on.run("plan --offline", env);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^Plan: \d+ to create/m) });
    expect(stderr).toMatch(/^The summary of the step is missing: E/m);
  }
});
