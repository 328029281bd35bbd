import { expect, test } from "vitest";
import { type ListedCopy, snapshotsView } from "../../../src/report/views/snapshots.ts";

const NOW = Date.UTC(2026, 10, 22, 12);
const HOUR = 3_600_000;
const copy = (change: Partial<ListedCopy>): ListedCopy => ({
  of: "database",
  what: "final snapshot",
  id: "database1-final-1",
  source: "database1",
  madeAt: NOW - 3 * HOUR,
  state: "available",
  gib: 20,
  version: "MySQL 8.4.8",
  price: "rds:backup",
  passing: false,
  monthly: 1.9,
  command: "buddyverse restore database --snapshot database1-final-1",
  ...change,
});

test("copies are listed with their age, size, cost and the command that restores them; what could not be looked at is said", async () => {
  const text = snapshotsView({
    running: true,
    now: NOW,
    copies: [
      copy({ what: "manual snapshot", id: "mine", madeAt: undefined, state: "creating", command: undefined }),
      copy({}),
      copy({
        what: "automated snapshot",
        id: "rds:database1-2026-11-20-09-08",
        madeAt: NOW - 51 * HOUR,
        free: "free up to the storage of the running databases",
        monthly: undefined,
        command: "buddyverse restore database --snapshot rds:database1-2026-11-20-09-08",
      }),
      copy({
        of: "files",
        what: "recovery point",
        id: "arn:aws:backup:ap-northeast-2:111122223333:recovery-point:1",
        source: "Buddy-EFS",
        version: undefined,
        monthly: undefined,
        gib: undefined,
        command: "buddyverse restore files --recovery-point 1",
      }),
    ],
    windows: [
      {
        of: "database",
        source: "database1",
        earliest: NOW - 51 * HOUR,
        latest: NOW - HOUR / 12,
        command: "buddyverse restore database --to 2026-11-22T11:55:00Z",
      },
    ],
    unseen: ["recovery points: AccessDenied: not authorized"],
  });
  await expect(text).toMatchFileSnapshot("screens/snapshots.txt");
});

test("where nothing is kept, that is said", () => {
  const none = { now: NOW, copies: [], windows: [], unseen: [] };
  expect(snapshotsView({ ...none, running: true })).toBe("Nothing is kept of the stack's data.");
  expect(snapshotsView({ ...none, running: false })).toMatch(
    /^Nothing is kept of the stack's data\. Nor is any there: `buddyverse up` makes /,
  );
});
