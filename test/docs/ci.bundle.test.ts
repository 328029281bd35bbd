/** Every command of docs/ci/github.yml, in the order of a stack's days, as GitHub's runner starts it, on the sandbox. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "../cli/folder.ts";
import { BIN } from "../command.ts";
import { FOREIGN } from "../in-process.ts";
import { needs } from "../tools.ts";
import { workflow } from "./workflow.ts";

/** A runner's machine: `npx buddyverse` is the command on the sandbox, `gh` and `npm` note what they are asked for. */
function runner() {
  const on = folder({});
  const bin = join(on.path, "bin");
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  program("npx", `shift; exec "${process.execPath}" "${BIN}" "$@" --sandbox --sandbox-speed max`);
  for (const name of ["gh", "npm"]) program(name, `echo "${name} $*" >> asked.txt`);
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name)));

  /** One job, step by step, as long as they end well. @param env what the workflow puts into its variables */
  function job(name: string, env: Readonly<Record<string, string>> = {}) {
    const files = { GITHUB_OUTPUT: join(on.path, "output.txt"), GITHUB_STEP_SUMMARY: join(on.path, "summary.md") };
    for (const file of Object.values(files)) writeFileSync(file, "");
    let failed = false;
    let said = "";
    for (const step of workflow.jobs[name]?.steps ?? []) {
      if (step.run === undefined || (failed && step.if !== "always()")) continue;
      const { status, stdout, stderr } = spawnSync(
        "bash",
        ["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step.run],
        {
          cwd: on.path,
          encoding: "utf8",
          env: {
            ...inherited,
            HOME: on.path,
            PATH: `${bin}:${process.env.PATH}`,
            GITHUB_ACTIONS: "true",
            ...files,
            ...env,
          },
        },
      );
      said += stdout + stderr;
      failed ||= status !== 0;
    }
    const [output = "", summary = ""] = Object.values(files).map((file) => readFileSync(file, "utf8"));
    return { failed, said, output, summary };
  }
  return { on, job };
}

test("plan, up, verify, a night, a pull request, drift", needs("bash"), () => {
  const { on, job } = runner();
  const planned = job("planned", { OPTIONS: "" });
  expect(planned, planned.said).toMatchObject({ failed: false, output: "code=3\n" });
  expect(planned.summary).toMatch(/^### buddyverse: 84 to create/);

  const up = job("up");
  expect(up.failed, up.said).toBe(false);
  expect(up.said).toMatch(/^::group::buddyverse up: 84 resources$[\s\S]*^::endgroup::$/m);
  expect(up.summary).toMatch(/^### up\n\n```text\n✔ Done[\s\S]*^### verify\n\n```text\n/m);
  expect(existsSync(join(on.path, "verify.html"))).toBe(true);

  expect(job("planned", { OPTIONS: "" }).output).toBe("code=0\n");
  expect(job("nightly")).toMatchObject({ failed: false });

  on.configure({ database: { instanceClass: "db.t3.small" } });
  const pullRequest = job("plan", { PULL_REQUEST: "7" });
  expect(pullRequest.failed, pullRequest.said).toBe(true);
  expect(on.read("plan.md")).toContain("**`up --yes` does this only with the option that is named.**");
  expect(on.read("asked.txt")).toContain("gh pr comment 7 --edit-last --create-if-none --body-file plan.md");
  expect(job("planned", { OPTIONS: "" }).failed).toBe(true);
  expect(job("planned", { OPTIONS: "--allow-outage" })).toMatchObject({ failed: false, output: "code=3\n" });

  const night = job("nightly");
  expect(night.failed).toBe(true);
  expect(night.said).toContain("::warning title=Not in sync::");
});
