import { expect, test } from "vitest";
import { fixed, grouped, percent } from "../../src/lib/number.ts";

test("thousands are told apart", () => {
  expect([0, 7, 999, 1_000, 1_204, 123_456, 1_234_567, -1_204].map(grouped)).toEqual([
    "0",
    "7",
    "999",
    "1,000",
    "1,204",
    "123,456",
    "1,234,567",
    "-1,204",
  ]);
  expect([fixed(1_204, 2), fixed(0.5, 2), fixed(1_234.5678, 4)]).toEqual(["1,204.00", "0.50", "1,234.5678"]);
});

test("a little is never none", () => {
  expect([0, 0.03, 0.24, 9.96, 35.4].map(percent)).toEqual(["0 %", "< 0.1 %", "0.2 %", "10.0 %", "35 %"]);
});
