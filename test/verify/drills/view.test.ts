import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { widthOf } from "../../../src/lib/text.ts";
import { coloured } from "../../../src/report/style.ts";
import { drillJson, drillsSummary, drillView } from "../../../src/verify/drills/view.ts";
import { BEGAN, deadWeb, failedZone, interruptedNat, lostInstance, pastOf, scaleOut } from "./results.ts";

const all = [deadWeb(), lostInstance(), interruptedNat(), failedZone(), scaleOut()];

test("one drill: what it proves, its times, its answers, the last time, and each step since the injected failure", () => {
  const result = deadWeb();
  expect(drillView(result, pastOf(result, { recoverSeconds: 190 }), { width: 80 })).toBe(`\
 ✔ dead-web (R3) passed in 6m41s
   An instance whose web server is stopped is called unhealthy and replaced

   detected   after 30s: the load balancer calls the instance unhealthy
   recovered  after 5m35s: two instances in service and healthy again
   answers    802 asked, none failed
   compared   slower than last time (2026-11-20): recovered in 3m10s then

   +0s     drill  Stopped apache2 on i-0c93e1b7d5a2f6047 (ap-northeast-2c)
   +30s    seen   the load balancer calls i-0c93e1b7d5a2f6047 (ap-northeast-2c)
                  unhealthy: Target.FailedHealthChecks
   +1m25s  AWS    Terminating EC2 instance: i-0c93e1b7d5a2f6047
   +1m30s  seen   i-0c93e1b7d5a2f6047 (ap-northeast-2c) is taken out of service
   +5m24s  seen   i-0f27b8d1c4e6a9350 (ap-northeast-2a) is in service
   +5m35s  seen   the load balancer calls i-0f27b8d1c4e6a9350 (ap-northeast-2a)
                  healthy`);
});

test("one that failed says why, what never came, how long the site was away, and what is not as before", () => {
  const text = drillView(failedZone(), undefined, { width: 80 });
  expect(text).toContain(" ✖ lost-zone (R3) failed after 15m05s\n");
  expect(text.replace(/\s+/g, " ")).toContain("not so after 10 min: two instances serve in ap-northeast-2c");
  expect(text.replace(/\s+/g, " ")).toContain("recovered never: two instances in service");
  expect(text).toMatch(/answers {4}1,810 asked, 3\d\d failed \(17 %\), longest gap 2m30s\n/);
  expect(text).toContain("compared   the first time\n");
  expect(text).toContain(
    "Not as before:\n   - the group launches in ap-northeast-2c, before in ap-northeast-2a,\n     ap-",
  );
});

test("one that was broken off does not say that anything is wrong, unless it could not put it back", () => {
  const text = drillView(interruptedNat(), undefined);
  expect(text).toContain("lost-nat (R3) interrupted after 1m35s");
  expect(text).toContain("what it had changed was put back");
  expect(text).toContain("recovered  not by then: ");
  const left = drillView({ ...interruptedNat(), notAsBefore: ["desired is 3, was 2"] }, undefined);
  expect(left).not.toContain("was put back");
  expect(left).toContain("- desired is 3, was 2");
});

test("a few failures of many are never none, and what was before the injected failure counts down to it", () => {
  const text = drillView(
    {
      ...scaleOut(),
      timeline: [
        { at: BEGAN, who: "seen", what: "desired capacity: 3 → 2" },
        { at: BEGAN + 12_000, who: "drill", what: "Loads both" },
      ],
    },
    undefined,
  );
  expect(text).toMatch(/5,400 asked, [1-5] failed \(< 0\.1 %\), longest gap 0\.\ds/);
  expect(text).toContain("   −12s  seen   desired");
  expect(text).toContain("   +0s   drill  Loads both");
});

test("no line is longer than the terminal, colours change no word, and foreign text cannot steer it", () => {
  for (const result of all) {
    const past = pastOf(result);
    const text = drillView(result, past, { width: 80, style: coloured });
    for (const line of text.split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(80);
    expect(stripVTControlCharacters(text)).toBe(drillView(result, past, { width: 80 }));
  }
  const hostile = { ...deadWeb(), timeline: [{ at: BEGAN, who: "aws" as const, what: "a\u001b[2J\nb" }] };
  expect(drillView(hostile, undefined)).toContain("AWS    a b");
});

test("several drills: a line for each, and the sum, in 80 columns", () => {
  expect(drillsSummary(all)).toBe(`\
   drill          for  ended        detected  recovered  failed answers  gap
 ✔ dead-web       R3   passed       30s       5m35s      none            none
 ✔ lost-instance  R3   passed       1m05s     4m13s      21 (2.8 %)      2.5s
 ! lost-nat       R3   interrupted  –         –          none            none
 ✖ lost-zone      R3   failed       31s       never      310 (17 %)      2m30s
 ✔ scale-out      R1   passed       3m30s     43m18s     3 (< 0.1 %)     0.5s

3 of 5 drills passed, 1 failed, 1 interrupted (1h14m).`);
  const text = drillsSummary(all, coloured);
  for (const line of text.split("\n")) expect(widthOf(line), line).toBeLessThanOrEqual(80);
  expect(stripVTControlCharacters(text)).toBe(drillsSummary(all));
});

test("as JSON: ISO times, the failed requests one by one, and the others as counts by the minute", () => {
  const result = scaleOut();
  const json = JSON.parse(JSON.stringify(drillJson(result, pastOf(result))));
  expect(json).toMatchObject({
    drill: "scale-out",
    ending: "passed",
    began: "2026-11-22T14:03:07.000Z",
    ended: "2026-11-22T14:48:07.000Z",
    compared: { same: true },
    last: { at: "2026-11-20T09:12:44.000Z" },
    answers: { asked: 5400 },
  });
  expect(json.moments[0]).toEqual({ at: "2026-11-22T14:03:19.000Z", who: "drill", what: expect.any(String) });
  expect(json.samples[0]).toEqual({ at: "2026-11-22T14:03:07.000Z", desired: 2, inService: 2, healthy: 2 });
  expect(json.cpu[0].at).toBe("2026-11-22T14:03:00.000Z");
  expect(json).not.toHaveProperty("probes");

  const counts = json.answersByMinute.flatMap(({ statuses }: { statuses: Record<string, number> }) =>
    Object.entries(statuses),
  ) as [string, number][];
  expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(5400);
  const bad = counts.filter(([status]) => status !== "200").reduce((sum, [, count]) => sum + count, 0);
  expect(bad).toBe(result.answers.failed);
  expect(bad).toBeGreaterThan(0);
  expect(json.failedProbes).toHaveLength(bad);
  expect(json.answersByMinute[0]).toMatchObject({ at: "2026-11-22T14:03:00.000Z", statuses: { "200": 106 } });
  expect(JSON.stringify(json).length).toBeLessThan(64_000);

  const zone = JSON.stringify(drillJson(failedZone()));
  expect(zone).toContain('"none":');
  expect(zone).toContain('"error":"no answer within 5 s"');
  expect(zone).not.toContain('"last"');
});
