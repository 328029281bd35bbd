/** What `down` asks a person: the stack's name, then each thing that nobody claims by its own. */
import { CreateDBSnapshotCommand, RestoreDBInstanceFromDBSnapshotCommand } from "@aws-sdk/client-rds";
import { expect, test, vi } from "vitest";
import { inSandboxOf } from "../stranger.ts";
import { folder } from "./folder.ts";

const asked = vi.hoisted(() => ({ questions: [] as string[], answers: ["buddyverse", "restored-1"] }));
vi.mock("../../src/cli/ask.ts", () => ({
  canAsk: () => true,
  requireConsent: () => {},
  confirm: async () => true,
  askForCode: async () => "",
  ask: async (question: string) => {
    asked.questions.push(question);
    return asked.answers.find((answer) => question.includes(answer)) ?? "";
  },
}));

test("what nobody claims is asked for by its own name, and kept unless that is typed", async () => {
  const on = folder({ domain: null, database: { replica: false } });
  expect((await on.rehearse("up --yes --quiet")).code).toBe(0);
  await inSandboxOf(on.path, async ({ rds }, clock) => {
    await rds.send(new CreateDBSnapshotCommand({ DBInstanceIdentifier: "database1", DBSnapshotIdentifier: "good" }));
    await clock.sleep(3_600_000);
    for (const DBInstanceIdentifier of ["restored-1", "restored-2"])
      await rds.send(
        new RestoreDBInstanceFromDBSnapshotCommand({
          DBInstanceIdentifier,
          DBSnapshotIdentifier: "good",
          DBSubnetGroupName: "buddy-db",
        }),
      );
    await clock.sleep(3_600_000);
  });
  const down = await on.rehearse("down");
  expect([asked.questions[0], ...asked.questions.slice(1).sort()]).toEqual([
    "Type the stack's name, buddyverse, to remove it: ",
    "database database1 is left alone. Type restored-1 to remove it too, or press Enter to keep it: ",
    "database database1 is left alone. Type restored-2 to remove it too, or press Enter to keep it: ",
  ]);
  expect(down.stderr).toContain("restored-2 is kept.");
  expect(down.stdout).toMatch(/Stays: a final snapshot of restored-1: restored-1-final-\d+ /);
  expect(down.stdout).toMatch(/Left alone.*\n {2}database database1 restored-2,/);
  expect(down.code).toBe(1);
});
