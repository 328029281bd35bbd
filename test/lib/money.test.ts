import { expect, test } from "vitest";
import { dollars, exactDollars } from "../../src/lib/money.ts";

test("in a sentence: cents where they matter, and what costs something never nothing", () => {
  expect([150.4, 4.2, 0, -12.3, 1234.5, 0.055].map(dollars)).toEqual([
    "$150",
    "$4.20",
    "$0",
    "-$12",
    "$1,235",
    "$0.06",
  ]);
  expect(dollars(0.001)).toBe("less than $0.01");
});

test("in a table: to the cent, the sign before the dollar, no noise", () => {
  expect([0.1 + 0.2, -1234.5, 1.005, -0.001, 16.425, 0].map(exactDollars)).toEqual([
    "$0.30",
    "-$1,234.50",
    "$1.01",
    "$0.00",
    "$16.43",
    "$0.00",
  ]);
});
