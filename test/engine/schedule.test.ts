import { expect, test } from "vitest";
import { pauseSeconds, readLag, untilBeat, updatePauseMs } from "../../src/engine/schedule.ts";

/** When a thing that usually takes `usual` seconds is looked at, seconds after the wait began. */
function looks(usual: number, until: number): number[] {
  const at = [0];
  while ((at.at(-1) as number) < until) at.push((at.at(-1) as number) + pauseSeconds(at.at(-1) as number, usual));
  return at;
}

test.each([2, 30, 110, 480, 1200])(
  "what usually takes %i s is seen at most 3 %% late, soon where it fails early, and not asked for all the time",
  (usual) => {
    const at = looks(usual, usual * 1.5);
    const late = (ready: number) => (at.find((look) => look >= ready) as number) - ready;
    // Whenever it becomes ready around its usual time, the next look is soon.
    for (let ready = usual * 0.9; ready <= usual * 1.1; ready += usual / 50)
      expect(late(ready)).toBeLessThanOrEqual(Math.max(1, usual * 0.03));
    // Earlier than usual.
    for (let ready = usual * 0.4; ready <= usual * 0.9; ready += usual / 50)
      expect(late(ready)).toBeLessThanOrEqual(Math.max(1, usual * 0.061));
    // A failure at the beginning is not waited for as long as what succeeds.
    for (const failed of [1, 5, 20]) if (failed < usual * 0.4) expect(late(failed)).toBeLessThanOrEqual(2 * failed);
    expect(at.filter((look) => look < usual * 0.4).length).toBeLessThanOrEqual(Math.max(8, usual / 50));
    expect(at.filter((look) => look < usual).length).toBeLessThanOrEqual(30);
  },
);

test("a pause is never under a second nor over a minute, however late it is", () => {
  for (const usual of [0, 1, 100, 10_000])
    for (const elapsed of [0, 1, 50, 100, 1_000, 100_000]) {
      expect(pauseSeconds(elapsed, usual)).toBeGreaterThanOrEqual(1);
      expect(pauseSeconds(elapsed, usual)).toBeLessThanOrEqual(60);
    }
});

test("all looks fall on the same beat", () => {
  for (const now of [0, 1, 999, 123_456])
    for (const ms of [1, 1_000, 1_500]) {
      expect((now + untilBeat(now, ms)) % 500).toBe(0);
      expect(untilBeat(now, ms)).toBeGreaterThanOrEqual(ms);
    }
});

test("looks while an update does not show come later the longer it takes", () => {
  expect([0, 4_000, 600_000].map(updatePauseMs)).toEqual([1_000, 2_000, 10_000]);
});

test("the first look after a change is soon, until a service's reads were seen to lag", () => {
  const lag = readLag();
  expect(["ec2", "iam"].map(lag.pauseMs)).toEqual([500, 500]);
  lag.missed("iam");
  expect(["ec2", "iam"].map(lag.pauseMs)).toEqual([500, 1_500]);
});
