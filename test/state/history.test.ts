import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { recordRun } from "../../src/cli/run-recorder.ts";
import { recordTimeline } from "../../src/cli/run-timeline.ts";
import type { Event } from "../../src/engine/events.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { workingOn } from "../../src/lib/working.ts";
import type { Timeline } from "../../src/report/timeline/model.ts";
import { fileText, type Text } from "../../src/state/file.ts";
import {
  historyFile,
  KEPT_BYTES,
  KEPT_RUNS,
  measuredIn,
  nextNumber,
  type PastChange,
  type PastRun,
  readHistory,
  writeRun,
} from "../../src/state/history.ts";

const NOW = Date.UTC(2026, 0, 1);

function historyIn(): Text {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-history-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return fileText(historyFile(join(folder, "buddyverse.state.json")));
}
const change = (more: Partial<PastChange> = {}): PastChange => ({
  key: "db",
  name: "database1",
  object: "rds:instance",
  outcome: "created",
  action: "create",
  seconds: 300,
  ...more,
});
const run = (number: number, more: Partial<PastRun> = {}): PastRun => ({
  number,
  command: "up",
  by: "arn:aws:iam::111122223333:user/ada",
  at: new Date(NOW).toISOString(),
  seconds: 10,
  version: "1.2.3",
  result: "done",
  changes: [change()],
  calls: { "rds:CreateDBInstance": 1 },
  ...more,
});

test("is bounded in runs and in bytes; what found nothing to do goes first, and the last run stays", () => {
  const file = historyIn();
  writeRun(file, run(1));
  writeRun(file, run(2, { changes: [], calls: {} }));
  for (let number = 3; number <= KEPT_RUNS + 1; number++) writeRun(file, run(number));
  const numbers = readHistory(file).runs.map((one) => one.number);
  expect(numbers).toHaveLength(KEPT_RUNS);
  expect(numbers.slice(0, 2)).toEqual([1, 3]);

  const large = run(99, { changes: Array.from({ length: 1_000 }, () => change({ reason: "x".repeat(400) })) });
  writeRun(file, large);
  expect(readFileSync(file.path).length).toBeLessThan(KEPT_BYTES);
  writeRun(file, { ...large, number: 100 });
  expect(readHistory(file).runs.map((one) => one.number)).toEqual([100]);
});

test("a damaged line hides no other, and is gone with the next run", () => {
  const file = historyIn();
  writeRun(file, run(1));
  appendFileSync(file.path, '{"number": 2, "comm\n{"number":"three"}\n');
  expect(readHistory(file)).toEqual({ runs: [run(1)], damaged: 2 });
  writeRun(file, run(nextNumber(readHistory(file))));
  expect(readHistory(file)).toEqual({ runs: [run(1), run(2)], damaged: 0 });
});

test("times are medians of what was begun and done; changes in place by their fields", () => {
  const took = (...seconds: number[]) =>
    seconds.map((one, index) => run(index + 1, { changes: [change({ seconds: one })] }));
  expect(measuredIn(took(300, 900, 320))("rds:instance", "create")).toBe(320);
  // The newest nine.
  expect(measuredIn(took(...Array(20).fill(1), ...Array(9).fill(60)))("rds:instance", "create")).toBe(60);
  expect(measuredIn(took(300))("rds:instance", "delete")).toBeUndefined();
  const others = measuredIn([
    run(1, {
      changes: [
        change({ action: "wait" }),
        change({ outcome: "failed" }),
        change({ action: "replace" }),
        change({ outcome: "updated", action: "update", seconds: 5, fields: ["tags"] }),
        change({ outcome: "updated", action: "update", seconds: 400, fields: ["storageGiB", "instanceClass"] }),
      ],
    }),
  ]);
  expect(others("rds:instance", "create")).toBeUndefined();
  expect(others("rds:instance", "update", ["instanceClass", "storageGiB"])).toBe(400);
  expect(others("rds:instance", "update", ["tags"])).toBe(5);
  expect(others("rds:instance", "update", ["engineVersion"])).toBeUndefined();
});

const ABOUT = { key: "db", name: "database1", object: "rds:instance", step: "database" };
const recorder = (file: Text, notes: string[] = [], drawTimeline?: (timeline: Timeline) => void) => {
  const clock = jumpingClock(NOW);
  const recorded = recordRun(file, {
    command: "up --yes",
    version: "1.2.3",
    by: () => "arn:aws:iam::111122223333:user/ada",
    clock,
    notice: (note) => notes.push(note),
    drawTimeline,
  });
  return { clock, ...recorded };
};
const started = (at: number): Event => ({ ...ABOUT, type: "resource.started", at, action: "create" });

test("a run is there from its first change on: one that is killed is unfinished", async () => {
  const file = historyIn();
  const first = recorder(file);
  first.call({ service: "ec2", operation: "DescribeVpcs", error: undefined, ms: 5 });
  expect(readHistory(file).runs).toEqual([]);
  first.event(started(first.clock.now()));
  expect(readHistory(file).runs).toMatchObject([
    { number: 1, result: "unfinished", by: expect.stringContaining("ada") },
  ]);

  const second = recorder(file);
  second.event(started(second.clock.now()));
  second.call({ service: "rds", operation: "CreateDBInstance", error: undefined, ms: 5 });
  await second.clock.sleep(61_500);
  second.event({
    ...ABOUT,
    type: "resource.settled",
    at: second.clock.now(),
    outcome: "created",
    id: "database1",
    ms: 61_500,
  });
  second.ended({ code: 0 });
  expect(readHistory(file).runs.map(({ number, result }) => [number, result])).toEqual([
    [1, "unfinished"],
    [2, "done"],
  ]);
  expect(readHistory(file).runs[1]).toMatchObject({
    seconds: 62,
    changes: [{ outcome: "created", action: "create", seconds: 61.5, id: "database1" }],
    calls: { "rds:CreateDBInstance": 1 },
  });
});

test.each([
  ["refused", { error: new BuddyError({ code: "refused", message: "no" }) }, "refused"],
  ["an answer of no", { code: 0 }, undefined],
  ["no login", { error: new BuddyError({ code: "credentials", message: "no" }) }, undefined],
] as const)("%s before any change: %s", (_name, how, result) => {
  const file = historyIn();
  recorder(file).ended(how);
  expect(readHistory(file).runs.map((one) => one.result)).toEqual(result ? [result] : []);
});

test.each([
  ["interrupted", { error: new BuddyError({ code: "interrupted", message: "interrupted" }) }, "interrupted"],
  ["exit 5", { code: 5 }, "interrupted"],
  ["exit 1", { code: 1 }, "failed"],
  ["thrown", { error: new Error("broken") }, "failed"],
] as const)("%s after a change: %s", (_name, how, result) => {
  const file = historyIn();
  const one = recorder(file);
  one.event(started(NOW));
  one.ended(how);
  expect(readHistory(file).runs.map((run) => run.result)).toEqual([result]);
});

test("where it cannot be written the run goes on, and that is said once", () => {
  const file = historyIn();
  mkdirSync(file.path);
  const notes: string[] = [];
  const one = recorder(file, notes);
  one.event(started(NOW));
  one.call({ service: "rds", operation: "CreateDBInstance", error: undefined, ms: 5 });
  one.ended({ code: 0 });
  expect(notes).toEqual([expect.stringContaining("This run is not kept in the history: could not")]);
});

test("a timeline gets what was done when, also of a run that is interrupted or fails; one that cannot be drawn hinders nothing", async () => {
  const file = historyIn();
  const drawn: Timeline[] = [];
  const one = recorder(file, [], (timeline) => drawn.push(timeline));
  one.follows((key) => (key === "db" ? ["subnet"] : key === "subnet" ? ["vpc"] : []));
  one.event({ ...started(one.clock.now()), key: "vpc" } as Event);
  await one.clock.sleep(2_000);
  one.event({ ...ABOUT, key: "vpc", type: "resource.settled", at: one.clock.now(), outcome: "created", ms: 2_000 });
  one.event({ ...started(one.clock.now()), usual: 480 } as Event);
  await workingOn("db", async () =>
    one.call({ service: "rds", operation: "CreateDBInstance", error: undefined, ms: 500 }),
  );
  one.call({ service: "ec2", operation: "DescribeVpcs", error: undefined, ms: 100 });
  await one.clock.sleep(60_000);
  one.ended({ error: new BuddyError({ code: "interrupted", message: "interrupted" }) });
  expect(drawn).toMatchObject([
    {
      command: "up --yes",
      seconds: 62,
      result: "interrupted",
      error: "interrupted",
      bars: [
        { id: "vpc", outcome: "created", from: 0, to: 2, after: [], calls: [] },
        {
          id: "db",
          outcome: "interrupted",
          from: 2,
          to: 62,
          usual: 480,
          after: ["vpc"],
          calls: [{ from: 1.5, to: 2, name: "rds:CreateDBInstance" }],
        },
      ],
      otherCalls: [{ name: "ec2:DescribeVpcs" }],
    },
  ]);

  const notes: string[] = [];
  const other = recorder(file, notes, () => {
    throw new Error("no space left");
  });
  // What fails before anything was begun with it is in it, too; a second thing done with an object is another bar.
  other.event({ ...ABOUT, type: "resource.settled", at: other.clock.now(), outcome: "failed", ms: 0, reason: "no" });
  other.ended({ code: 1 });
  expect(notes).toEqual(["The timeline could not be written: no space left"]);
  const seen = recordTimeline(() => NOW);
  for (const action of ["create", "delete"] as const) {
    seen.event({ ...started(NOW), action } as Event);
    seen.event({
      ...ABOUT,
      type: "resource.settled",
      at: NOW,
      outcome: action === "create" ? "created" : "deleted",
      ms: 0,
    });
  }
  const { bars } = seen.timeline({ command: "up", at: "2026-11-22T09:14:00.000Z", result: "done", error: undefined });
  expect(bars.map(({ id, action, after }) => [id, action, after])).toEqual([
    ["db", "create", []],
    ["db#2", "delete", ["db"]],
  ]);
  const prepared = recordTimeline(() => NOW);
  prepared.event({ ...started(NOW), action: "copy" } as Event);
  prepared.event({ ...ABOUT, type: "resource.prepared", did: "copied", at: NOW, ms: 0 });
  prepared.event({ ...started(NOW), action: "delete" } as Event);
  expect(prepared.bar("db")).toMatchObject({ id: "db#2", action: "delete", after: ["db"] });
});
