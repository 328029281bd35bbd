import { expect, test } from "vitest";
import { folder } from "../cli/folder.ts";
import { replay } from "./replay.ts";

test("docs/first-deploy.md does what it says, command by command", async () => {
  expect(await replay("docs/first-deploy.md", folder(null), { configures: true })).toBeGreaterThan(11);
});
