/** `sandbox fail` and `mend` take what there is, and say what that is. */
import { expect, test } from "vitest";
import { SANDBOX_FAILURES } from "../../src/cli/command-table.ts";
import { failureKinds } from "../../src/sandbox/failures.ts";
import { folder } from "./folder.ts";

test.each([
  ["fail az eu-west-1a", "there is no eu-west-1a in the sandbox", "There is ap-northeast-2a, ap-northeast-2b,"],
  ["fail az ap-northeast-2e", "there is no ap-northeast-2e", "Did you mean ap-northeast-2a?"],
  ["fail capacity foo", "there is no foo", "t3.micro"],
  ["fail launch t3.micr", "there is no t3.micr", "Did you mean t3.micro?"],
  ["fail database-class db.t3.smal", "there is no db.t3.smal", "Did you mean db.t3.small?"],
  ["fail nat sleeps", "there is no sleeps", "fails and hangs"],
  ["fail capacity", '"sandbox fail capacity" needs an instance type', "As in: buddyverse sandbox fail capacity NAME"],
  ["fail builder now", "is about nothing more", "Say only: buddyverse sandbox fail builder"],
  ["mend foo", 'nothing of the kind "foo" fails on purpose', "Nothing at all does."],
])("sandbox %s: exit 2, and nothing is changed", async (line, said, hint) => {
  const on = folder();
  const { code, stdout, stderr } = await on.run(`sandbox ${line}`);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain(said);
  expect(stderr).toContain(hint);
  expect(on.files()).toEqual(["buddyverse.config.json"]);
});

test("what is not there yet is said, and fails when it comes; mend says what fails", async () => {
  const on = folder();
  expect(await on.run("sandbox fail database database1")).toEqual({
    code: 0,
    stdout: "Fails on purpose: database database1\nThere is no database1 in the sandbox yet: it fails when it comes.\n",
    stderr: "",
  });
  expect((await on.run("sandbox mend az")).stderr).toContain("What fails: database database1.");
  expect((await on.run("sandbox mend database")).stdout).toBe("Nothing fails on purpose any more.\n");
  expect((await on.run("sandbox mend")).code).toBe(0);
});

test("the help lists all that can fail", () => {
  const listed = SANDBOX_FAILURES.map((one) => one.split(" ")).map(([kind, about]) => [kind, about !== undefined]);
  expect(listed.toSorted()).toEqual([...failureKinds()].toSorted());
});
