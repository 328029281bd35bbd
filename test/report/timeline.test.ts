import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { timelineLayout } from "../../src/report/timeline/layout.ts";
import {
  callingSeconds,
  criticalPath,
  isLate,
  type Timeline,
  type TimelineBar,
} from "../../src/report/timeline/model.ts";
import { timelinePage } from "../../src/report/timeline/page.ts";
import { timelineSvg } from "../../src/report/timeline/svg.ts";
import { needs } from "../tools.ts";

const bar = (id: string, from: number, to: number, more: Partial<TimelineBar> = {}): TimelineBar => ({
  id,
  name: `Buddy-${id}`,
  object: "ec2:instance",
  action: "create",
  outcome: "created",
  from,
  to,
  usual: undefined,
  after: [],
  calls: [],
  ...more,
});
const run = (bars: readonly TimelineBar[], more: Partial<Timeline> = {}): Timeline => ({
  command: "up --yes",
  at: "2026-11-22T09:14:00.000Z",
  seconds: Math.max(0, ...bars.map(({ to }) => to)),
  result: "done",
  error: undefined,
  bars,
  otherCalls: [],
  ...more,
});

const example = run([
  bar("vpc", 1, 4),
  bar("subnet", 4, 6, { after: ["vpc"] }),
  bar("database", 6, 480, {
    after: ["subnet", "vpc"],
    usual: 400,
    calls: [{ from: 6, to: 8, name: "rds:CreateDBInstance", error: undefined }],
  }),
  bar("bastion", 6, 30, { after: ["subnet"], usual: 25 }),
  bar("alarm", 480, 482, { after: ["database", "bastion"] }),
  bar("bucket", 1, 2),
]);

test("the critical path goes back from what ended last to what it waited for last; a circle ends it", () => {
  expect(criticalPath(example).map(({ id }) => id)).toEqual(["vpc", "subnet", "database", "alarm"]);
  expect(criticalPath(run([]))).toEqual([]);
  expect(
    criticalPath(run([bar("a", 0, 1, { after: ["b"] }), bar("b", 0, 2, { after: ["a", "gone"] })])).map(({ id }) => id),
  ).toEqual(["a", "b"]);
});

test("late is what took a quarter longer than usual, where that can be felt", () => {
  expect(example.bars.filter(isLate)).toEqual([]);
  expect(isLate(bar("a", 0, 501, { usual: 400 }))).toBe(true);
  expect(isLate(bar("a", 0, 14, { usual: 2 }))).toBe(false);
  expect(isLate(bar("a", 0, 900))).toBe(false);
});

test("calls that overlap count once", () => {
  const call = (from: number, to: number) => ({ from, to, name: "ec2:RunInstances", error: undefined });
  expect(callingSeconds([call(4, 6), call(0, 2), call(1, 3), call(5, 5.5)])).toBe(5);
});

const bars = fc.array(
  fc.record({
    name: fc.string({ unit: fc.constantFrom("a", "W", "-", "한", " "), minLength: 1, maxLength: 50 }),
    from: fc.integer({ min: 0, max: 4_000 }),
    took: fc.integer({ min: 0, max: 4_000 }),
    usual: fc.option(fc.integer({ min: 1, max: 900 }), { nil: undefined }),
    calls: fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 8 }),
  }),
  { maxLength: 30 },
);

test("whatever a run did, each bar is on the sheet, in its own row, with its calls in it; no two texts lie on each other", () => {
  fc.assert(
    fc.property(bars, fc.boolean(), (given, narrow) => {
      const all = given.map(({ name, from, took, usual, calls }, index) =>
        bar(String(index), from, from + took, {
          name,
          usual,
          after: index === 0 ? [] : [String(index - 1)],
          calls: calls.map((at) => ({
            from: from + at,
            to: from + at + 2,
            name: "ec2:DescribeVpcs",
            error: undefined,
          })),
        }),
      );
      const width = narrow ? 350 : 1_180;
      const layout = timelineLayout(run(all), width, narrow);
      expect(layout.rows).toHaveLength(all.length);
      layout.rows.forEach((row, index) => {
        expect(row.whole.x).toBeGreaterThanOrEqual(layout.left - 0.01);
        expect(row.whole.x + row.whole.width).toBeLessThanOrEqual(layout.right + 2.01);
        expect(row.barY).toBeGreaterThanOrEqual(row.y);
        expect(row.barY + row.barHeight).toBeLessThanOrEqual(row.y + row.height);
        if (index > 0) expect(row.y).toBe((layout.rows[index - 1]?.y ?? 0) + row.height);
        let end = row.whole.x - 0.01;
        for (const call of row.calls) {
          expect(call.x).toBeGreaterThanOrEqual(end);
          end = call.x + call.width;
        }
        expect(end).toBeLessThanOrEqual(row.whole.x + row.whole.width + 0.01);
        // What it took stands behind the bar, or in the row's own line over it.
        if (narrow) expect(row.took.y).toBeLessThan(row.barY);
        else expect(row.took.x).toBeGreaterThanOrEqual(row.whole.x + row.whole.width);
      });
      layout.ticks.reduce((last, { x }) => {
        expect(x - last).toBeGreaterThanOrEqual(60);
        return x;
      }, -100);
    }),
    { numRuns: 40, seed: 18 },
  );
});

test("it marks the critical path, what is late and what failed, and says all in words", () => {
  const failed = run([...example.bars, bar("web", 10, 700, { usual: 150, outcome: "failed", after: ["subnet"] })], {
    result: "failed",
    error: "Buddy-web <failed>",
  });
  const svg = timelineSvg(failed);
  expect(svg).toContain("What took the time, one after the other: Buddy-vpc 3s, Buddy-subnet 2s, Buddy-web 11m30s.");
  expect(svg).toContain("Later than usual: Buddy-web.");
  expect(svg.match(/<g class="hot/g)).toHaveLength(3);
  expect(svg).toMatch(/<g class="hot failed"><title>ec2:instance Buddy-web: failed in 11m30s/);
  expect(svg.match(/class="usual"/g)?.length).toBe(4);
  const page = timelinePage(failed);
  expect(page).toContain(
    '<p class="verdict failed">Failed: Buddy-web &#60;failed&#62;. 1 object took longer than usual.</p>',
  );
  expect(page).toContain("<td>rds:CreateDBInstance</td>");
  expect(page.match(/(?:src|href)=|@import|url\(|<script/g)).toBeNull();
  expect(page.match(/<svg [^>]*role="img"/g)).toHaveLength(2);
  const kept = timelinePage(run(example.bars, { otherCalls: undefined }));
  expect(kept).not.toContain("calling");
  expect(timelinePage(run([], { result: "interrupted" }))).toContain("Nothing was done to any object.");
});

const PARSE =
  "import sys, json, xml.dom.minidom as x\nfor text in json.load(sys.stdin): x.parseString(text.encode('utf-8'))\nprint('all')";

test("the chart is XML, whatever the names are", needs("python3"), () => {
  const odd = `</text><script>alert("x")</script> & \u0001 \ud800`;
  const named = run([bar("a", 0, 9, { name: odd, object: odd, usual: 4 })], { command: odd, error: odd });
  const texts = [timelineSvg(named), timelineSvg(named, { inPage: true, narrow: true, width: 350 })];
  const { stdout, stderr } = spawnSync("python3", ["-c", PARSE], { input: JSON.stringify(texts), encoding: "utf8" });
  expect({ stdout, stderr }).toEqual({ stdout: "all\n", stderr: "" });
  for (const text of [...texts, timelinePage(named)]) expect(text).not.toContain("<script>alert");
});
