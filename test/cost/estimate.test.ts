import { describe, expect, test } from "vitest";
import { type ConfigInput, configSchema } from "../../src/config/schema.ts";
import {
  afterDown,
  type Choices,
  costChange,
  costSoFar,
  estimate,
  monthlyTotal,
  roundToCents,
} from "../../src/cost/estimate.ts";
import { shippedPrices } from "../../src/cost/prices.ts";
import { defaultUsage, type Usage, usageWith } from "../../src/cost/usage.ts";

const configOf = (input: ConfigInput = {}) => configSchema.parse(input);
const of = (input: ConfigInput = {}, usage: Usage = defaultUsage, choices: Choices = {}) =>
  estimate(configOf(input), shippedPrices, usage, choices);

/** Dollars of the fixed lines of a step, to the cent. */
function fixedOf({ lines }: ReturnType<typeof of>, step: string): number {
  const sum = lines
    .filter((line) => line.step === step && line.kind === "fixed")
    .reduce((total, line) => total + Number(line.monthly), 0);
  return roundToCents(sum);
}

describe("the default stack in Seoul", () => {
  // By hand, 730 h a month:
  //   bastion or NAT instance  t3.micro 0.013 × 730 = 9.49; 8 GB gp3 × 0.0912 = 0.7296; IPv4 0.005 × 730 = 3.65  → 13.8696
  //   four of them                                                                                         55.4784
  //   databases  2 × (db.t3.micro 0.026 × 730 = 18.98 + 20 GB × 0.131 = 2.62)                               43.20
  //   load balancer  0.0225 × 730 = 16.425 + 2 IPv4 × 3.65 = 7.30                                           23.725
  //   web  2 × (9.49 + 0.7296) = 20.4392 + 2 tracking alarms × 0.10                                         20.6392
  //   dashboard 3.00 + 13 alarms × 0.10                                                                      4.30
  //   fixed                                                                                                147.3426
  test("has the fixed part worked out by hand", () => {
    const it = of();
    expect(fixedOf(it, "nat-bastion")).toBe(55.48);
    expect(fixedOf(it, "rds")).toBe(43.2);
    expect(fixedOf(it, "load-balancer")).toBe(23.73);
    expect(fixedOf(it, "auto-scaling")).toBe(20.64);
    expect(fixedOf(it, "dashboard")).toBe(4.3);
    expect(it.totals.fixed).toBeCloseTo(147.3426, 6);
    expect(it.totals.fixedComplete).toBe(true);
  });

  // An ordinary month: data out 100 × 0.126 = 12.60; LCU 0.2 × 730 × 0.008 = 1.168; EFS 5 × 0.33 + 5 × 0.0272 + 1 × 0.011 = 1.797;
  // between zones 20 × 0.01 = 0.20; image 4 × 0.05 = 0.20; DNS 0.1 × 0.40 = 0.04 → 16.005
  // Quiet: 1.26 + 0.292 + 0.33 + 0.02 + 0.15 = 2.052
  // Busy: 126 + 11.68 + (16.5 + 2.72 + 0.22) + 2 + 20 × 0.095 + 0.40 + 0.40 + two web instances more 20.4392 = 182.2592
  test("has the usage part worked out by hand, in three bands", () => {
    const { usage, total } = of().totals;
    expect(usage.low).toBeCloseTo(2.052, 6);
    expect(usage.typical).toBeCloseTo(16.005, 6);
    expect(usage.high).toBeCloseTo(182.2592, 6);
    expect(total.typical).toBeCloseTo(147.3426 + 16.005, 6);
  });

  test("says that the file system's backup has no price, instead of counting it as nothing", () => {
    const { lines, totals } = of();
    const backup = lines.find((line) => line.price === "efs:backup");
    expect(backup).toMatchObject({ monthly: "unknown", unitPrice: "unknown", quantity: 10 });
    expect(totals).toMatchObject({
      unknown: ["recovery points of Buddy-EFS (efs:backup)"],
      complete: false,
      usageComplete: false,
    });
    expect(of({ efs: { backup: false } }).totals).toMatchObject({ unknown: [], complete: true });
    // Nothing of it costs nothing, priced or not.
    expect(of({}, usageWith(["efsBackupGB=0"])).totals.complete).toBe(true);
  });

  test("every line carries its price's date and source, and every object of the stack is there", () => {
    const { lines } = of();
    expect(lines.filter((line) => line.unitPrice !== "unknown" && line.from === undefined)).toEqual([]);
    expect([...new Set(lines.map((line) => line.object))]).toEqual([
      "Bastion1",
      "Bastion2",
      "Buddy-NAT1",
      "Buddy-NAT2",
      "Buddy-EFS",
      "database1",
      "database1-replica",
      "Buddy-WEB-Image",
      "Buddy-LoadBalance",
      "Buddy-AutoScaling-Group",
      "buddyverse.link",
      "CPU-Per-Second",
      "alarms",
    ]);
  });
});

describe("what the config changes", () => {
  // Gateways: 2 × (0.059 × 730 = 43.07 + IPv4 3.65) = 93.44, and 10 GB × 0.059 = 0.59. Instances: 2 × 13.8696 = 27.7392 (13.8696 as above).
  test("NAT gateways cost 65.70 more fixed, 66.29 more with their data", () => {
    const [instances, gateways] = [of(), of({ nat: { mode: "gateway" } })];
    expect(gateways.totals.fixed - instances.totals.fixed).toBeCloseTo(93.44 - 27.7392, 6);
    expect(gateways.totals.total.typical - instances.totals.total.typical).toBeCloseTo(93.44 + 0.59 - 27.7392, 6);
  });

  test("MySQL 8.0 pays Extended Support on primary and replica, 8.4 does not", () => {
    // 2 vCPU × 730 h × 0.12 = 175.20 an instance
    const without = of().totals.fixed;
    expect(of({ database: { engineVersion: "8.0" } }).totals.fixed - without).toBeCloseTo(350.4, 6);
    expect(of({ database: { engineVersion: "8.0.43", replica: false } }).totals.fixed - without).toBeCloseTo(
      175.2 - 21.6,
      6,
    );
    expect(of({ database: { engineVersion: "8.4.7" } }).totals.fixed).toBe(without);
  });

  test("a standby doubles the primary: instance, storage and Extended Support", () => {
    // 0.026 × 730 + 20 × 0.131 = 21.60; 2 vCPU × 730 h × 0.12 = 175.20
    const old: ConfigInput = { database: { engineVersion: "8.0" } };
    expect(of({}, defaultUsage, { multiAz: true }).totals.fixed - of().totals.fixed).toBeCloseTo(21.6, 6);
    expect(of(old, defaultUsage, { multiAz: true }).totals.fixed - of(old).totals.fixed).toBeCloseTo(21.6 + 175.2, 6);
  });

  test("says what is left out of this stack's estimate", () => {
    const all = of({ monitoring: { email: "ops@example.com" }, image: { app: { folder: "./site" } } }).notCounted.join(
      "\n",
    );
    expect(all).toMatch(/^tax$/m);
    expect(all).toMatch(/CPU credits.*unlimited/);
    expect(all).toMatch(/e-mails through SNS/);
    expect(all).toMatch(/archive in S3/);
    const type = { instanceType: "m5.large" };
    const plain = of({ bastion: type, nat: type, web: type }, defaultUsage, { freeAllowances: true }).notCounted;
    expect(plain).toEqual(["tax", "the builder instance: minutes for each new image"]);
  });

  test("Extended Support of a class whose vCPUs are not known is unknown", () => {
    const { totals } = of({ database: { engineVersion: "8.0", instanceClass: "db.x9.huge" } });
    expect(totals.unknown.filter((text) => text.includes("Extended Support"))).toHaveLength(1);
    expect(totals.fixedComplete).toBe(false);
  });

  test("a hosted zone counts when the stack makes it, and stands beside it when it is there already", () => {
    const [existing, created, none] = [of(), of({ domain: { zone: "create" } }), of({ domain: null })];
    expect(created.totals.fixed - existing.totals.fixed).toBeCloseTo(0.5, 9);
    expect(existing.beside.find((line) => line.item === "hosted zone")).toMatchObject({ monthly: 0.5 });
    expect(created.beside.map((line) => line.item)).toEqual(["registration of the name"]);
    expect(none.beside).toEqual([]);
    expect(none.lines.filter((line) => line.step === "domain")).toEqual([]);
  });

  test("web instances from min to max are the band, unless a person says how many run", () => {
    // One t3.micro with its 8 GB: 10.2196
    const bandOf = (it: ReturnType<typeof of>) => [it.totals.usage.low, it.totals.usage.typical, it.totals.usage.high];
    const quiet = usageWith(["webInstances=2"]);
    const plain = bandOf(of({}, quiet));
    const wide = bandOf(of({ web: { min: 2, desired: 3, max: 6 } }));
    expect(wide.map((usd, i) => usd - (plain[i] ?? 0))).toEqual([
      expect.closeTo(0, 6),
      expect.closeTo(10.2196, 6),
      expect.closeTo(4 * 10.2196, 6),
    ]);
    expect(of({ web: { min: 3, desired: 3 } }).totals.fixed - of().totals.fixed).toBeCloseTo(10.2196, 6);
  });

  test("files that never move to Infrequent Access are paid as standard", () => {
    // 5 GB × (0.33 − 0.0272) − 1 GB read × 0.011 = 1.503
    const never = of({ efs: { transitionToIaDays: null } }).totals.usage.typical;
    expect(never - of().totals.usage.typical).toBeCloseTo(1.503, 6);
  });

  test("three zones have three of each, and three load balancer addresses", () => {
    const three = of({
      zones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
      network: {
        public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
        web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
        db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
      },
    });
    expect(three.totals.fixed - of().totals.fixed).toBeCloseTo(2 * 13.8696 + 3.65, 6);
  });

  test("free shares and the count of alarms are choices", () => {
    const base = of().totals;
    const free = of({}, defaultUsage, { freeAllowances: true }).totals;
    expect(base.fixed - free.fixed).toBeCloseTo(3, 9);
    // 100 GB of data out are free: 0, 0 and 900 GB are left.
    expect(base.usage.high - free.usage.high).toBeCloseTo(12.6, 6);
    expect(base.usage.low - free.usage.low).toBeCloseTo(1.26, 6);
    expect(of({}, defaultUsage, { alarms: 20 }).totals.fixed - base.fixed).toBeCloseTo(0.7, 9);
  });

  test("reserved covers web.min, and what runs beyond it is on-demand", () => {
    const { lines } = of({ web: { desired: 3 } }, defaultUsage, { web: "reserved" });
    expect(lines.find((line) => line.price === "ec2:t3.micro:reserved-1y")).toMatchObject({
      quantity: 1460,
      unitPrice: 0.0079,
    });
    const beyond = lines.find((line) => line.item === "t3.micro beyond 2");
    expect(beyond).toMatchObject({ quantity: 730, unitPrice: 0.013 });
  });
});

describe("what is not known", () => {
  test("a type that is not in the table is unknown, and makes no total that pretends to be whole", () => {
    const it = of({ web: { instanceType: "m9z.huge" } });
    const web = it.lines.filter((line) => line.price === "ec2:m9z.huge");
    expect(web.map((line) => line.monthly)).toEqual(["unknown", "unknown"]);
    expect(it.totals.unknown).toContain("2 × m9z.huge of Buddy-AutoScaling-Group (ec2:m9z.huge)");
    expect(it.totals).toMatchObject({ complete: false, fixedComplete: false });
    expect(monthlyTotal(configOf({ web: { instanceType: "m9z.huge" } })).usd).toBeNull();
  });

  test("another region: the global prices are computed, all the rest is named", () => {
    const it = of({ region: "eu-west-1" });
    expect(it.totals.fixed).toBe(3);
    expect(it.totals.usage.typical).toBeCloseTo(0.04, 9);
    const known = it.lines.filter((line) => line.unitPrice !== "unknown").map((line) => line.price);
    expect([...new Set(known)]).toEqual([
      "ssm:standard-parameter",
      "route53:queries",
      "acm:public-certificate",
      "cloudwatch:dashboard",
    ]);
    const missing = it.lines.filter((line) => line.monthly === "unknown");
    for (const line of missing)
      expect(
        it.totals.unknown.some((text) => text.includes(`(${line.price})`)),
        line.price,
      ).toBe(true);
    expect(monthlyTotal(configOf({ region: "eu-west-1" })).usd).toBeNull();
  });

  test("us-east-1 is computed", () => {
    // NAT gateway 2 × (0.045 × 730 = 32.85 + 3.65) = 73
    const gateway = of({ region: "us-east-1", nat: { mode: "gateway" } });
    const nat = gateway.lines.filter((line) => line.object.startsWith("Buddy-NAT") && line.kind === "fixed");
    expect(nat.reduce((sum, line) => sum + Number(line.monthly), 0)).toBeCloseTo(73, 6);
    expect(gateway.totals.fixedComplete).toBe(true);
  });
});

describe("the headline, the past, and the change", () => {
  test("one number for a headline, with what it lacks", () => {
    expect(monthlyTotal(configOf())).toEqual({ usd: 163.35, unknown: ["recovery points of Buddy-EFS (efs:backup)"] });
  });

  test("what it has cost follows the hours, whole or by step", () => {
    const it = of();
    expect(costSoFar(it, 73).fixed).toBeCloseTo(14.73426, 6);
    expect(costSoFar(it, 730).total.typical).toBeCloseTo(it.totals.total.typical, 6);
    expect(costSoFar(it, 0)).toMatchObject({ fixed: 0, complete: true });
    const early = costSoFar(it, { "nat-bastion": 146, rds: 73 });
    expect(early.fixed).toBeCloseTo(55.4784 / 5 + 43.2 / 10, 6);
    expect(early.complete).toBe(true);
  });

  test("a change names the objects that change, and what stays the same cancels out, priced or not", () => {
    const change = costChange(of(), of({ nat: { mode: "gateway" }, database: { replica: false } }));
    expect(change.complete).toBe(true);
    expect(change.typical).toBeCloseTo(66.2908 - 21.6, 6);
    expect(change.objects.map(({ object }) => object)).toEqual([
      "Buddy-NAT1",
      "Buddy-NAT2",
      "Buddy-NAT1, Buddy-NAT2",
      "database1-replica",
    ]);
    expect(costChange(of(), of())).toMatchObject({ fixed: 0, typical: 0, objects: [], complete: true });
  });

  test("from nothing, and to nothing, is the whole stack", () => {
    expect(costChange(null, of()).typical).toBeCloseTo(163.3476, 6);
    expect(costChange(of(), null).typical).toBeCloseTo(-163.3476, 6);
    expect(costChange(null, of()).unknown).toEqual(["recovery points of Buddy-EFS (efs:backup)"]);
  });

  test("a change to a type without a price is not a saving", () => {
    const change = costChange(of(), of({ web: { instanceType: "m9z.huge" } }));
    expect(change.complete).toBe(false);
    expect(change.unknown).toEqual(["2 × m9z.huge of Buddy-AutoScaling-Group (ec2:m9z.huge)"]);
  });

  test("after down: the final snapshot, the recovery points, the zone and the name go on", () => {
    const kept = afterDown(configOf(), shippedPrices, { finalSnapshot: true });
    // 20 GB × 0.095 = 1.90 at most
    expect(kept.goesOn.map(({ item, monthly }) => [item, monthly])).toEqual([
      ["final snapshot", expect.closeTo(1.9, 9)],
      ["recovery points", "unknown"],
      ["hosted zone", 0.5],
      ["registration of the name", "unknown"],
    ]);
    expect(kept.stops.fixed).toBeCloseTo(147.3426, 6);
    const bare = configOf({ efs: { backup: false }, domain: null });
    expect(afterDown(bare, shippedPrices, { finalSnapshot: false }).goesOn).toEqual([]);
  });
});
