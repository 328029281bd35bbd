/** Commands that texts for people name: what is copied works on the stage of the command that says it. */
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/command-table.ts";
import { STAGED, staged, stagedIn } from "../../src/cli/staged.ts";

test("all commands are known that work on a stage", () => {
  const online = COMMANDS.filter(({ offline }) => !offline).map(({ name }) => name);
  // It asks nobody, and reads what the runs on a stage have left.
  expect(STAGED.toSorted()).toEqual([...online, "history"].toSorted());
});

test.each([
  ["Run `buddyverse up` again.", "Run `buddyverse up --sandbox` again."],
  ["buddyverse rollback 11", "buddyverse rollback --sandbox 11"],
  ["buddyverse rollback 11 --sandbox", "buddyverse rollback 11 --sandbox"],
  ["buddyverse secret set KEY < FILE", "buddyverse secret set KEY --sandbox < FILE"],
  ["`buddyverse history NUMBER` shows one", "`buddyverse history NUMBER --sandbox` shows one"],
  ["buddyverse rotate password", "buddyverse rotate password --sandbox"],
  ["buddyverse restore files --to latest", "buddyverse restore files --sandbox --to latest"],
  ["`buddyverse ssh web 2 -- uptime`", "`buddyverse ssh web --sandbox 2 -- uptime`"],
  ["buddyverse up --sandbox --yes --files none", "buddyverse up --sandbox --yes --files none"],
  // Where a line broke within it.
  ["see `buddyverse rollback 11\n  --sandbox --yes`.", "see `buddyverse rollback 11\n  --sandbox --yes`."],
  ["buddyverse up\nbuddyverse down --sandbox", "buddyverse up --sandbox\nbuddyverse down --sandbox"],
  ["`buddyverse up`; or `buddyverse down --sandbox`", "`buddyverse up --sandbox`; or `buddyverse down --sandbox`"],
  // These need none: they work on none, or are no commands.
  ["`buddyverse policy` prints it", "`buddyverse policy` prints it"],
  ["buddyverse keeps keys for itself", "buddyverse keeps keys for itself"],
  ["the stack buddyverse is up", "the stack buddyverse is up"],
])("%s", (text, expected) => {
  expect(staged({ sandbox: true })(text)).toBe(expected);
  expect(staged({})(text)).toBe(text);
});

test("what asks nobody is about the files of the run, too", () => {
  const text = "`buddyverse policy --with run` prints it. Empty it: buddyverse sandbox reset";
  expect(staged({ sandbox: true })(text)).toBe(text);
  expect(staged({ sandbox: true, config: "stage.config.json" })(text)).toBe(
    "`buddyverse policy --config stage.config.json --with run` prints it. Empty it: buddyverse sandbox reset --config stage.config.json",
  );
});

test("the profile and the files of a run count as the sandbox does; values too", () => {
  const stage = { profile: "shop", config: "my site.json" };
  expect(stagedIn(stage, { hint: "`buddyverse up`", list: [{ to: "buddyverse plan", n: 1 }], at: undefined })).toEqual({
    hint: "`buddyverse up --config 'my site.json' --profile shop`",
    list: [{ to: "buddyverse plan --config 'my site.json' --profile shop", n: 1 }],
    at: undefined,
  });
});
