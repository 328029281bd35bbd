import { describe, expect, test } from "vitest";
import { defaultUsage, usageReasons, usageWith } from "../../src/cost/usage.ts";
import { BuddyError } from "../../src/lib/errors.ts";

describe("usage", () => {
  test("has a reason for every default, and no band out of order", () => {
    expect(Object.keys(usageReasons).toSorted()).toEqual(Object.keys(defaultUsage).toSorted());
    for (const [name, band] of Object.entries(defaultUsage)) {
      if (band === null) continue;
      expect(band.low <= band.typical && band.typical <= band.high, name).toBe(true);
    }
  });

  test("takes one number for all months, or three, and leaves the rest", () => {
    const usage = usageWith(["dataOutGB=500", "lcu = 0.1:1:4", "webInstances=3"]);
    expect(usage.dataOutGB).toEqual({ low: 500, typical: 500, high: 500 });
    expect(usage.lcu).toEqual({ low: 0.1, typical: 1, high: 4 });
    expect(usage.webInstances).toEqual({ low: 3, typical: 3, high: 3 });
    expect(usage.natGB).toBe(defaultUsage.natGB);
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
      expect((error as BuddyError).hint).toMatch(/^(Use one of dataOutGB|Write (dataOutGB|lcu)=NUMBER)/);
    }
  });
});
