/** `rotate password`, as it is typed. */
import { rmSync } from "node:fs";
import { DeleteParameterCommand, GetParametersCommand } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { type Folder, folder, folderThatIsUp, writesIn } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const NAME = "/buddyverse/buddyverse/database/password";
async function passwords(on: Folder): Promise<readonly string[]> {
  let found: readonly string[] = [];
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    // Longer than reads lag.
    await clock.sleep(5_000);
    const Names = [NAME, `${NAME}-next`];
    const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));
    found = Parameters.map(({ Value = "" }) => Value);
  });
  return found;
}

test("says what it will do, does it step by step, and shows no password; up and verify agree", async () => {
  const on = folder({}, base);
  const [before] = await passwords(on);
  expect(await on.rehearse("rotate password")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Say --yes: buddyverse rotate password --sandbox --yes"),
  });
  const { code, stdout, stderr } = await on.rehearse("rotate password --yes --trace trace.jsonl");
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("database1 gets a new password.");
  expect(stderr).toMatch(/making up a new password\n.*from i-\w+\n(.*\n)+.*i-\w+ uses it\n.*i-\w+ uses it\n/);
  expect(stdout).toMatch(/^The password is rotated, in \d+ s: i-\w+ and i-\w+ use the new one/);
  const [now, ...others] = await passwords(on);
  expect(others).toEqual([]);
  expect(now).not.toBe(before);
  for (const secret of [before, now]) {
    expect(stdout + stderr).not.toContain(secret);
    expect(JSON.stringify(on.trace())).not.toContain(secret);
  }

  expect((await on.rehearse("plan --detailed-exit-code")).code).toBe(0);
  const verified = await on.rehearse("verify");
  expect(verified.code, verified.stdout).toBe(0);
});

test("a lost password is told with the command, which makes a new one; as JSON", async () => {
  const on = folder({}, base);
  await inSandboxOf(on.path, async ({ ssm }, clock) => {
    await ssm.send(new DeleteParameterCommand({ Name: NAME }));
    await clock.sleep(60_000);
  });
  const refused = await on.rehearse("up --yes");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("without a failed request: buddyverse rotate password --sandbox");
  const { code, stdout } = await on.rehearse("rotate password --yes --json");
  expect(JSON.parse(stdout)).toEqual({
    schemaVersion: 1,
    rotated: "password",
    instances: [expect.stringMatching(/^i-/), expect.stringMatching(/^i-/)],
    seconds: expect.any(Number),
  });
  expect(code).toBe(0);
  const again = await on.rehearse("up --yes --trace trace.jsonl");
  expect({ code: again.code, writes: writesIn(on.trace()) }).toEqual({ code: 0, writes: [] });
});

test("without a stack there is nothing to rotate, and nothing else than the password", async () => {
  const on = folder();
  expect(await on.rehearse("rotate password --yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("database1 is not there: there is no password to rotate"),
  });
  expect((await on.rehearse("rotate keys --yes")).code).toBe(2);
});
