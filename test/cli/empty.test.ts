/** What commands say where nothing is there yet: what is missing, and what to do now. */
import { expect, test } from "vitest";
import { folder } from "./folder.ts";

const UP = "`buddyverse up --sandbox`";

test.each([
  ["status", 3],
  ["history", 0],
  ["why", 1],
  ["snapshots", 0],
  ["restore database --to latest --yes", 2],
  ["restore files --yes", 2],
  ["restore files --discard-old --yes", 2],
  ["verify", 1],
  ["failover --yes", 2],
  ["rotate password --yes", 1],
  ["releases", 0],
  ["rollback --yes", 2],
  ["logs", 0],
  ["ssh web", 1],
  ["tunnel database", 1],
  ["outputs", 1],
  ["stacks", 0],
  ["state", 0],
  ["state pull", 1],
])("%s, on an empty stack", async (line, exit) => {
  for (const config of [{}, null]) {
    const { code, stdout, stderr } = await folder(config).rehearse(line);
    const said = `${stdout}${stderr}`.replace(/\s+/g, " ");
    expect({ code, said }).toEqual({ code: exit, said: expect.stringContaining(UP) });
    expect(said).not.toContain("was not foreseen");
  }
});
