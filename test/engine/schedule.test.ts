import { expect, test } from "vitest";
import { firstPauseMs, pauseSeconds, untilBeat, updatePauseMs } from "../../src/engine/schedule.ts";

/** When a thing that usually takes `usual` seconds is looked at, seconds after the wait began. */
function looks(usual: number, until: number): number[] {
  const at = [0];
  while ((at.at(-1) as number) < until) at.push((at.at(-1) as number) + pauseSeconds(at.at(-1) as number, usual));
  return at;
}

test.each([2, 30, 110, 480, 1200])(
  "what usually takes %i s is seen at most 3 %% late, and not asked for all the time",
  (usual) => {
    const at = looks(usual, usual * 1.5);
    // Whenever it becomes ready around its usual time, the next look is soon.
    for (let ready = usual * 0.9; ready <= usual * 1.1; ready += usual / 50) {
      const seen = at.find((look) => look >= ready) as number;
      expect(seen - ready).toBeLessThanOrEqual(Math.max(1, usual * 0.03));
    }
    expect(at.filter((look) => look < usual * 0.7).length).toBeLessThanOrEqual(1 + Math.ceil((usual * 0.7) / 15));
  },
);

test("a pause is never under a second nor over fifteen, however late it is", () => {
  for (const usual of [0, 1, 100, 10_000])
    for (const elapsed of [0, 1, 50, 100, 1_000, 100_000]) {
      expect(pauseSeconds(elapsed, usual)).toBeGreaterThanOrEqual(1);
      expect(pauseSeconds(elapsed, usual)).toBeLessThanOrEqual(15);
    }
});

test("all looks fall on the same beat", () => {
  for (const now of [0, 1, 999, 123_456])
    for (const ms of [1, 1_000, 1_500]) {
      expect((now + untilBeat(now, ms)) % 1_000).toBe(0);
      expect(untilBeat(now, ms)).toBeGreaterThanOrEqual(ms);
    }
});

test("the first look after a create, and those while an update does not show, come later the longer it takes", () => {
  expect([3, 10, 600].map(firstPauseMs)).toEqual([1_000, 7_000, 15_000]);
  expect([0, 4_000, 600_000].map(updatePauseMs)).toEqual([1_000, 2_000, 10_000]);
});
