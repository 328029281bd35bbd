import { describe, expect, test } from "vitest";
import { alarm } from "../../src/aws/cloudwatch/alarm.ts";
import { objectsOf } from "../../src/cli/cost-summary.ts";
import type { Config, ConfigInput } from "../../src/config/schema.ts";
import { usageWith } from "../../src/cost/usage.ts";
import { bill, configOf, othersOf } from "./bill.ts";

const of = (input: ConfigInput = {}) => othersOf(configOf(input));
const TOTAL = bill().totals.total.typical;

/** Dollars of the alarms that another stack has more than the default one. */
const alarms = (change: (config: Config) => Config): number => {
  const count = (config: Config) => objectsOf(config).filter(({ type }) => type === alarm).length;
  return (count(change(configOf())) - count(configOf())) * 0.1;
};
const withoutReplica = (config: Config): Config => ({ ...config, database: { ...config.database, replica: false } });
const withGateways = (config: Config): Config => ({ ...config, nat: { ...config.nat, mode: "gateway" } });
const allT2 = (config: Config): Config => {
  const instanceType = "t2.micro";
  const { nat, bastion, web } = config;
  return {
    ...config,
    nat: { ...nat, instanceType },
    bastion: { ...bastion, instanceType },
    web: { ...web, instanceType },
  };
};
const inOneZone = (config: Config): Config => ({ ...config, zones: config.zones.slice(0, 1) });

function rowOf(it: ReturnType<typeof of>, name: string) {
  const row = it.tables.flatMap(({ rows }) => rows).find((one) => one.name === name);
  if (row === undefined) throw new Error(`no row ${name}`);
  return row;
}

describe("alternatives to the default stack", () => {
  test("each table has the configured stack once, with its total and no difference", () => {
    for (const { title, rows } of of().tables) {
      const configured = rows.filter((row) => row.configured);
      expect(configured, title).toHaveLength(1);
      expect(configured[0]?.monthly, title).toBeCloseTo(TOTAL, 6);
      expect(configured[0]?.difference, title).toBe(0);
    }
  });

  // In Seoul, by hand:
  test.each([
    ["NAT gateways", 66.2908 + alarms(withGateways)], // see estimate.test.ts
    ["web reserved, 1 year", 2 * 730 * (0.0079 - 0.013)], // −7.446
    ["web reserved, 1 year, convertible", 2 * 730 * (0.009 - 0.013)], // −5.84
    ["web on Spot", 2 * 730 * 0.013 * -0.71], // −13.4758
    // six t3.micro at −0.0051, two db.t3.micro at −0.0058 an hour
    ["all instances and databases reserved, 1 year", -730 * (6 * 0.0051 + 2 * 0.0058)], // −30.806
    ["all t2", 6 * 730 * (0.0144 - 0.013) + alarms(allT2)], // +6.132; T2 owes no credits
    ["all t4g", 6 * 730 * (0.0104 - 0.013)], // −11.388
    ["all t4g, databases db.t4g", -11.388 - 2 * 730 * 0.001], // −12.848
    ["two zones, no replica", -21.6 + alarms(withoutReplica)],
    ["two zones, Multi-AZ primary, replica", 730 * 0.026 + 20 * 0.131], // +21.60
    // one bastion, one NAT instance and the replica less; nothing between zones; the load balancer keeps two addresses
    ["one zone, no replica", -2 * 13.8696 - 21.6 - 0.2 + alarms((config) => inOneZone(withoutReplica(config)))],
    ["web t3.small", 2 * 730 * 0.013],
    ["databases db.t4g.micro", -2 * 730 * 0.001],
  ])("%s differs by %f", (name, difference) => {
    const row = rowOf(of(), name);
    expect(row.difference).toBeCloseTo(difference, 6);
    expect(row.monthly).toBeCloseTo(TOTAL + difference, 6);
  });

  test("ranks what saves, the most first and what breaks a requirement last, and says what it takes", () => {
    const { savings } = of();
    expect(savings.slice(0, 3).map(({ name, by }) => [name, by])).toEqual([
      ["all instances and databases reserved, 1 year", "contract"],
      ["web on Spot", "comparison"],
      ["all t4g, databases db.t4g", "config"],
    ]);
    const breaking = savings.slice(savings.findIndex(({ breaks }) => breaks.length > 0));
    expect(breaking.slice(0, 2).map(({ name, breaks }) => [name, breaks])).toEqual([
      ["one zone, no replica", ["R3", "R4"]],
      ["two zones, no replica", ["R4"]],
    ]);
    expect(breaking.every(({ breaks }) => breaks.length > 0)).toBe(true);
    const harmless = savings.filter(({ breaks }) => breaks.length === 0).map(({ saves }) => saves);
    expect(harmless).toEqual(harmless.toSorted((a, b) => b - a));
    expect(savings.every(({ saves }) => saves > 0)).toBe(true);
  });
});

describe("alternatives to other stacks", () => {
  test("NAT instances lead where gateways are configured, even with little data", () => {
    const it = othersOf(configOf({ nat: { mode: "gateway" } }), { usage: usageWith(["natGB=0"]) });
    // 93.44 − 27.7392
    expect(it.savings[0]).toMatchObject({
      name: "NAT instances",
      saves: expect.closeTo(65.7008 + alarms(withGateways), 6),
    });
  });

  test("MySQL 8.0 is shown beside 8.4, and leaving it saves the most", () => {
    expect(of({ database: { engineVersion: "8.0" } }).savings[0]).toMatchObject({
      name: "MySQL 8.4",
      saves: expect.closeTo(350.4, 6),
    });
    expect(of().tables.map(({ title }) => title)).not.toContain("MySQL version");
  });

  test("what has no price is unknown, named, and never ranked as a saving", () => {
    // t2.large, t3.large, t4g.large and db.m5.large's t4g sister are not in the table.
    const it = of({ web: { instanceType: "m5.large" }, database: { instanceClass: "db.m5.large" } });
    const row = rowOf(it, "all t4g, databases db.t4g");
    expect(row).toMatchObject({ monthly: "unknown", difference: "unknown" });
    expect(row.unknown.join()).toContain("ec2:t4g.large");
    expect(row.unknown.join()).toContain("rds:db.t4g.large:single-az");
    expect(it.savings.map(({ name }) => name)).not.toContain("all t4g");
  });

  test("a configured type without a price leaves totals unknown, but not the differences beside it", () => {
    const it = of({ web: { instanceType: "m9z.huge" } });
    expect(rowOf(it, "NAT gateways")).toMatchObject({
      monthly: "unknown",
      difference: expect.closeTo(66.2908 + alarms(withGateways), 6),
    });
    expect(rowOf(it, "web m9z.huge")).toMatchObject({ configured: true, monthly: "unknown" });
    expect(rowOf(it, "web t3.micro").difference).toBe("unknown");
  });

  test("a region without prices ranks nothing", () => {
    const it = of({ region: "eu-west-1" });
    expect(it.savings).toEqual([]);
    expect(rowOf(it, "NAT gateways")).toMatchObject({ monthly: "unknown", difference: "unknown" });
  });
});
