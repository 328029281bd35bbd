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

test("in a table: to the cent", () => {
  expect([1234.5, 0, -3.456, -0.001].map(exactDollars)).toEqual(["$1,234.50", "$0.00", "-$3.46", "$0.00"]);
});
