import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

test("stacks: by their tags; cost and last run where the state is here; none when all is gone", async () => {
  const on = folder({ stack: "staging" });
  expect((await on.rehearse("stacks")).stdout).toMatch(/No object in EC2 of ap-northeast-2 bears the tag of a stack/);
  expect((await on.rehearse("up --yes --step routes")).code).toBe(0);
  const { code, stdout } = await on.rehearse("stacks --json");
  expect(code).toBe(0);
  const here = JSON.parse(stdout);
  expect(here).toMatchObject({
    schemaVersion: expect.any(Number),
    region: "ap-northeast-2",
    stacks: [
      {
        stack: "staging",
        vpc: expect.stringMatching(/^vpc-/),
        objects: expect.any(Number),
        lastRun: { command: expect.stringContaining("up"), result: "done" },
        state: "buddyverse.sandbox.json",
      },
    ],
  });
  expect(here.stacks[0].objects).toBeGreaterThan(8);

  // Somebody else's, whose state is not here, is there all the same.
  const file = JSON.parse(on.read("buddyverse.sandbox.json"));
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), JSON.stringify({ ...file, state: null }));
  expect(JSON.parse((await on.rehearse("stacks --json")).stdout).stacks).toEqual([
    { ...here.stacks[0], monthly: null, lastRun: null, state: null },
  ]);
  const text = await on.rehearse("stacks");
  expect(text.stdout).toMatch(/staging +vpc-\w+ +\d+ +\? +\? +not here/);
  writeFileSync(join(on.path, "buddyverse.sandbox.json"), JSON.stringify(file));
  expect((await on.rehearse("down --yes")).code).toBe(0);
  expect(JSON.parse((await on.rehearse("stacks --json")).stdout).stacks).toEqual([]);
});
