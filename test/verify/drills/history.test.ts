import { describe, expect, test } from "vitest";
import { comparedWith, lastOf, remember } from "../../../src/verify/drills/history.ts";
import type { DrillResult, PastDrill } from "../../../src/verify/drills/result.ts";
import { deadWeb, failedZone, interruptedNat, lostInstance, pastOf } from "./results.ts";

test("a result is kept by its outcome and numbers, without its curves", () => {
  const result = lostInstance();
  expect(remember([], [result])).toEqual([
    {
      drill: "lost-instance",
      at: "2026-11-22T14:03:07.000Z",
      ending: "passed",
      detectSeconds: 65,
      recoverSeconds: 253,
      asked: 744,
      failed: result.answers.failed,
      longestGapSeconds: result.answers.longestGapSeconds,
    },
  ]);
});

test("of each drill the last twenty stay, in their order; another drill's do not push them out", () => {
  const web = deadWeb();
  const old = Array.from({ length: 20 }, (_, index) => pastOf(web, { asked: index }));
  const other = pastOf(lostInstance());
  const history = remember([other, ...old], [web, lostInstance()]);
  expect(history.filter(({ drill }) => drill === "dead-web").map(({ asked }) => asked)).toEqual([
    ...Array.from({ length: 19 }, (_, index) => index + 1),
    802,
  ]);
  expect(history[0]).toEqual(other);
  expect(history.at(-1)?.drill).toBe("lost-instance");
});

test("what another version wrote of a drill stays, and is not compared with", () => {
  const newer = { drill: "dead-web", at: "2027-01-01T00:00:00.000Z", verdict: "fine" };
  const unknown = { drill: "lost-region", at: "2027-01-01T00:00:00.000Z" };
  const history = remember([pastOf(deadWeb(), { asked: 1 }), newer, unknown], [lostInstance()]);
  expect(history.slice(1, 3)).toEqual([newer, unknown]);
  expect(lastOf(history, "dead-web")?.asked).toBe(1);
});

test("the last time is the newest that ran to its end, passed or failed", () => {
  const history = [
    pastOf(deadWeb(), { asked: 1 }),
    pastOf(deadWeb(), { asked: 2, ending: "failed" }),
    pastOf(lostInstance(), { asked: 3 }),
    pastOf(deadWeb(), { asked: 4, ending: "interrupted" }),
  ];
  expect(lastOf(history, "dead-web")?.asked).toBe(2);
  expect(lastOf(history, "scale-out")).toBeUndefined();
});

describe("compared with the last time", () => {
  const now = (recoverSeconds: number | undefined, failed = 0): DrillResult => {
    const result = lostInstance();
    return { ...result, recoverSeconds, answers: { ...result.answers, asked: 800, failed } };
  };
  const then = (changes: Partial<PastDrill>): PastDrill =>
    pastOf(lostInstance(), { recoverSeconds: 200, asked: 800, failed: 0, ...changes });

  test.each<[string, DrillResult, PastDrill | undefined, string]>([
    ["nothing to compare with", now(200), undefined, "the first time"],
    ["the same", now(190), then({}), "as last time (2026-11-20): recovered in 3m20s then"],
    ["half as long again", now(300), then({}), "as last time (2026-11-20): recovered in 3m20s then"],
    ["longer", now(301), then({}), "slower than last time (2026-11-20): recovered in 3m20s then"],
    ["half the time", now(100), then({}), "as last time (2026-11-20): recovered in 3m20s then"],
    ["less", now(99), then({}), "faster than last time (2026-11-20): recovered in 3m20s then"],
    [
      "a minute more than little",
      now(70),
      then({ recoverSeconds: 10 }),
      "as last time (2026-11-20): recovered in 10s then",
    ],
    [
      "over a minute more",
      now(71),
      then({ recoverSeconds: 10 }),
      "slower than last time (2026-11-20): recovered in 10s then",
    ],
    ["a few answers more", now(200, 5), then({}), "as last time (2026-11-20): recovered in 3m20s then"],
    ["clearly more", now(200, 6), then({}), "more answers failed than last time (2026-11-20): 0 of 800 then"],
    [
      "fewer of fewer",
      now(200, 35),
      then({ asked: 400, failed: 10 }),
      "as last time (2026-11-20): recovered in 3m20s then",
    ],
    [
      "more of fewer",
      now(200, 36),
      then({ asked: 400, failed: 10 }),
      "more answers failed than last time (2026-11-20): 10 of 400 then",
    ],
    ["none of many", now(200), then({ failed: 300 }), "as last time (2026-11-20): recovered in 3m20s then"],
    ["it failed then", now(200), then({ ending: "failed" }), "better than last time (2026-11-20): failed then"],
    [
      "it passed then",
      { ...now(undefined), ending: "failed" },
      then({}),
      "worse than last time (2026-11-20): passed, and recovered in 3m20s then",
    ],
    [
      "both failed, and neither recovered",
      { ...failedZone(), answers: now(0).answers },
      then({ ending: "failed", recoverSeconds: undefined }),
      "as last time (2026-11-20): it did not recover then",
    ],
    [
      "both failed, it recovered then",
      { ...failedZone(), answers: now(0).answers },
      then({ ending: "failed" }),
      "worse than last time (2026-11-20): recovered in 3m20s then",
    ],
    [
      "both failed, it recovered now",
      { ...now(200), ending: "failed" },
      then({ ending: "failed", recoverSeconds: undefined }),
      "better than last time (2026-11-20): it did not recover then",
    ],
    ["broken off", interruptedNat(), then({}), "interrupted: not compared with the last time"],
  ])("%s", (_name, result, past, words) => {
    expect(comparedWith(result, past)).toEqual({ same: words.startsWith("as last time"), words });
  });
});
