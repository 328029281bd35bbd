import { expect, test } from "vitest";
import { fixed, grouped, percent } from "../../src/lib/number.ts";

test("thousands are told apart", () => {
  expect([7, 1_204, 1_234_567].map(grouped)).toEqual(["7", "1,204", "1,234,567"]);
  expect(fixed(1_204, 2)).toBe("1,204.00");
});

test("a little is never none", () => {
  expect([0, 0.03, 0.24, 9.96, 35.4].map(percent)).toEqual(["0 %", "< 0.1 %", "0.2 %", "10.0 %", "35 %"]);
});
