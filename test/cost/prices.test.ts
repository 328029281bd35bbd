import { describe, expect, test } from "vitest";
import { instanceTypeOf } from "../../src/aws/ec2/prices.ts";
import { instanceClassOf } from "../../src/aws/rds/prices.ts";
import { itemsIn, type PriceRow, tieredCost, tiersOf } from "../../src/cost/price-table.ts";
import { shippedPrices } from "../../src/cost/prices.ts";

describe("the shipped table", () => {
  test("names a described source, a date and a plausible amount in every row", () => {
    for (const row of shippedPrices.rows) {
      const sources = row.source.split(" ");
      expect(
        sources.filter((id) => shippedPrices.sources[id] === undefined),
        row.item,
      ).toEqual([]);
      expect(row.asOf, row.item).toMatch(/^(20\d\d-\d\d(-\d\d)?|undated)$/);
      expect(row.asOf === "undated" || row.asOf <= shippedPrices.collected, row.item).toBe(true);
      expect(row.usd, row.item).toBeLessThan(10);
      expect(row.usd, row.item).toBeGreaterThan(0);
    }
  });

  test("has one price for an item, region and tier", () => {
    const keys = shippedPrices.rows.map(({ item, region, from }) => `${item} ${region} ${from}`);
    expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
  });

  test("has on-demand, reserved and Spot for the same nine types in both regions, each below the one before", () => {
    for (const region of ["ap-northeast-2", "us-east-1"]) {
      const types = itemsIn(shippedPrices, region).flatMap((item) => instanceTypeOf(item) ?? []);
      expect(types).toHaveLength(9);
      for (const type of types) {
        const usd = (item: string) => tiersOf(shippedPrices, item, region)[0]?.usd ?? Number.NaN;
        expect(usd(`ec2:${type}:convertible-1y`), type).toBeLessThan(usd(`ec2:${type}`));
        expect(usd(`ec2:${type}:reserved-1y`), type).toBeLessThan(usd(`ec2:${type}:convertible-1y`));
        expect(usd(`ec2:${type}:spot`), type).toBeLessThan(usd(`ec2:${type}:reserved-1y`));
        expect(usd(`ec2:${type}:spot`), type).toBeGreaterThan(usd(`ec2:${type}`) / 10);
        expect(tiersOf(shippedPrices, `ec2:${type}:spot`, region)[0]?.note, type).toMatch(/taken back a month: .* %/);
      }
    }
  });

  test("has all six database classes, Single-AZ and Multi-AZ, on-demand and reserved", () => {
    for (const region of ["ap-northeast-2", "us-east-1"]) {
      const classes = itemsIn(shippedPrices, region).flatMap((item) => instanceClassOf(item) ?? []);
      expect(classes).toEqual([
        "db.t3.micro",
        "db.t3.small",
        "db.t4g.micro",
        "db.t4g.small",
        "db.m5.large",
        "db.r5.large",
      ]);
      for (const type of classes) {
        const usd = (item: string) => tiersOf(shippedPrices, `rds:${type}:${item}`, region)[0]?.usd ?? Number.NaN;
        expect(usd("single-az:reserved-1y"), type).toBeLessThan(usd("single-az"));
        expect(usd("multi-az"), type).toBeGreaterThan(usd("single-az"));
      }
    }
  });
});

describe("looking up", () => {
  test("takes the region's own price, else the one for everywhere, else none", () => {
    expect(tiersOf(shippedPrices, "nat:gateway", "us-east-1").map(({ usd }) => usd)).toEqual([0.045]);
    expect(tiersOf(shippedPrices, "cloudwatch:dashboard", "eu-west-1").map(({ usd }) => usd)).toEqual([3]);
    expect(tiersOf(shippedPrices, "nat:gateway", "eu-west-1")).toEqual([]);
  });

  test("charges each unit at the price of its tier", () => {
    // 12,240 GB out of Seoul: 10,240 × 0.126 + 2,000 × 0.122 = 1,290.24 + 244 = 1,534.24
    expect(tieredCost(tiersOf(shippedPrices, "data:out", "ap-northeast-2"), 12_240)).toBeCloseTo(1534.24, 6);
    const row: PriceRow = {
      item: "x",
      region: "r",
      unit: "GB",
      usd: 2,
      from: 0,
      source: "",
      asOf: "undated",
      sure: "M",
    };
    expect(tieredCost([row, { ...row, from: 10, usd: 1 }], 10)).toBe(20);
    expect(tieredCost([row, { ...row, from: 10, usd: 1 }], 11)).toBe(21);
  });
});
