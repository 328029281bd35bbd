import { describe, expect, test } from "vitest";
import { assumptions, usageWith } from "../../src/cost/usage.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { bill } from "./bill.ts";

describe("usage", () => {
  test("has a reason for all that is assumed, and no band out of order", () => {
    for (const { name, why, assumed } of assumptions.values()) {
      expect(why, name).not.toBe("");
      const band = [assumed.low, assumed.typical, assumed.high];
      if (typeof assumed.low === "number")
        expect(
          band.toSorted((a, b) => Number(a) - Number(b)),
          name,
        ).toEqual(band);
    }
  });

  test("what is set counts in the bill: each name changes a line of some stack", () => {
    const stacks = [bill(), bill({ nat: { mode: "gateway" } })];
    for (const name of assumptions.keys()) {
      const usage = usageWith([`${name}=77`]);
      const set = [bill({}, { usage }), bill({ nat: { mode: "gateway" } }, { usage })];
      expect(
        set.some(({ lines }, i) => JSON.stringify(lines) !== JSON.stringify(stacks[i]?.lines)),
        name,
      ).toBe(true);
    }
  });

  test("takes one number for all months, or three, and leaves the rest", () => {
    const usage = usageWith(["dataOutGB=500", "lcu = 0.1:1:4", "webInstances=3"]);
    expect(usage.dataOutGB).toEqual({ low: 500, typical: 500, high: 500 });
    expect(usage.lcu).toEqual({ low: 0.1, typical: 1, high: 4 });
    expect(usage.webInstances).toEqual({ low: 3, typical: 3, high: 3 });
    expect(usage).not.toHaveProperty("natGB");
  });

  test.each([
    "dataOut=5",
    "toString=5",
    "dataOutGB",
    "dataOutGB=",
    "lcu=1:2",
    "lcu=a",
    "lcu=-1",
    "lcu=3:2:1",
    "lcu=1::2",
    "lcu=Infinity",
  ])("refuses %s and says what would be right", (setting) => {
    try {
      usageWith([setting]);
      expect.fail("was accepted");
    } catch (error) {
      expect(error).toBeInstanceOf(BuddyError);
      expect((error as BuddyError).code).toBe("usage");
      expect((error as BuddyError).hint).toMatch(/^(Use one of .*dataOutGB|Write (dataOutGB|lcu)=NUMBER)/);
    }
  });
});
