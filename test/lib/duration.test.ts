import { expect, test } from "vitest";
import { about, at, duration, measured, offset, roughly, spelled, zoneAt } from "../../src/lib/duration.ts";

test("what has passed and what was measured, to the second or the tenth", () => {
  expect([0, 2_000, 41_900, 372_000, 3_720_000].map(duration)).toEqual(["0s", "2s", "41s", "6m12s", "1h02m"]);
  expect([1.5, 9, 12.4, 190].map(measured)).toEqual(["1.5s", "9s", "12s", "3m10s"]);
  expect([0.5, 42, 300, 335, 3_720].map(spelled)).toEqual(["0.5 s", "42 s", "5 min", "5 min 35 s", "1 h 02 min"]);
  expect([1_000, 66_400, -8_000].map((at) => offset(1_000, at))).toEqual(["+0s", "+1m05s", "−9s"]);
});

test("what is expected is rounded, but never to nothing", () => {
  expect([0, 45, 59.7, 80, 120, 540, 7_200].map(roughly)).toEqual([
    "~1s",
    "~45s",
    "~1m",
    "~1m20s",
    "~2m",
    "~9m",
    "~2h",
  ]);
  expect([0, 45, 1_080, 5_760].map(about)).toEqual(["1 s", "45 s", "18 min", "1.6 h"]);
});

test.each([
  ["UTC", "UTC", "2026-11-22 17:14 UTC"],
  ["Asia/Seoul", "UTC+9", "2026-11-23 02:14 UTC+9 (2026-11-22 17:14 UTC)"],
  ["America/St_Johns", "UTC-3:30", "2026-11-22 13:44 UTC-3:30 (17:14 UTC)"],
])("a moment, and before it the time of this machine: %s", (zone, offsetText, text) => {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    const ms = Date.parse("2026-11-22T17:14:09Z");
    expect([zoneAt(ms), at(ms)]).toEqual([offsetText, text]);
  } finally {
    process.env.TZ = before;
  }
});
