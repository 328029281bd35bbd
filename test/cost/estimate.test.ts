import { describe, expect, test } from "vitest";
import { group } from "../../src/aws/auto-scaling/group.ts";
import { alarm } from "../../src/aws/cloudwatch/alarm.ts";
import { database } from "../../src/aws/rds/database.ts";
import { objectsOf } from "../../src/cli/cost-summary.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { costChange } from "../../src/cost/cost-change.ts";
import { type Choose, costSoFar, type Estimate, monthlyTotal } from "../../src/cost/estimate.ts";
import { type Usage, usageWith } from "../../src/cost/usage.ts";
import { roundToCents } from "../../src/lib/money.ts";
import { bill, configOf, left } from "./bill.ts";

const of = (input: ConfigInput = {}, usage: Usage = {}, choose?: Choose): Estimate =>
  bill(input, { usage, ...(choose === undefined ? {} : { choose }) });
const NOTHING: Pick<Estimate, "lines"> = { lines: [] };

/** How many alarms the stack of a config has, as its steps say. */
const alarmsOf = (input: ConfigInput): number => objectsOf(configOf(input)).filter(({ type }) => type === alarm).length;

const THREE_ZONES: ConfigInput = {
  zones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
  network: {
    public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
    web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
    db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
  },
};

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
  //   dashboard 3.00, and 0.10 for each alarm
  //   fixed, without the alarms                                                                            146.0426
  const alarms = alarmsOf({}) * 0.1;

  test("has the fixed part worked out by hand", () => {
    const it = of();
    expect(fixedOf(it, "nat-bastion")).toBe(55.48);
    expect(fixedOf(it, "rds")).toBe(43.2);
    expect(fixedOf(it, "load-balancer")).toBe(23.73);
    expect(fixedOf(it, "auto-scaling")).toBe(20.64);
    expect(fixedOf(it, "dashboard")).toBe(roundToCents(3 + alarms));
    expect(it.totals.fixed).toBeCloseTo(146.0426 + alarms, 6);
    expect(it.totals.fixedComplete).toBe(true);
  });

  // An ordinary month: data out 100 × 0.126 = 12.60; LCU 0.2 × 730 × 0.008 = 1.168; EFS 5 × 0.33 + 5 × 0.0272 + 1 × 0.011 = 1.797;
  // between zones 20 × 0.01 = 0.20; image 4 × 0.05 = 0.20; DNS 0.1 × 0.40 = 0.04; logs 0.4 × (0.76 + 0.15 × 0.0314) = 0.305884 → 16.310884
  // Quiet: 1.26 + 0.292 + 0.33 + 0.02 + 0.15 + logs 0.2 × 0.76471 = 0.152942 → 2.204942
  // Busy: 126 + 11.68 + (16.5 + 2.72 + 0.22) + 2 + 20 × 0.095 + 0.40 + 0.40 + logs 2.5 × 0.76471 = 1.911775
  //   + two web instances more 20.4392 = 184.170975
  test("has the usage part worked out by hand, in three bands", () => {
    const { usage, total } = of().totals;
    expect(usage.low).toBeCloseTo(2.204942, 6);
    expect(usage.typical).toBeCloseTo(16.310884, 6);
    expect(usage.high).toBeCloseTo(184.170975, 6);
    expect(total.typical).toBeCloseTo(146.0426 + alarms + 16.310884, 6);
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
      "Buddy-NAT1",
      "burstable instances",
      "Buddy-NAT2",
      "Bastion1",
      "Bastion2",
      "Buddy-EFS",
      "database1",
      "database1-replica",
      "logs",
      "Buddy-WEB-Image",
      "Buddy-LoadBalance",
      "Buddy-AutoScaling-Group",
      "buddyverse.link",
      "alarms",
      "CPU-Per-Second",
    ]);
  });

  test("every line names the objects that it is for, by their keys in the stack", () => {
    const keys = new Set(objectsOf(configOf()).map(({ key }) => key));
    const { lines, beside } = of();
    for (const line of [...lines, ...beside]) {
      expect(line.keys.length, line.item).toBeGreaterThan(0);
      expect(line.keys.filter((key) => !keys.has(key))).toEqual([]);
    }
    expect(lines.find(({ object }) => object === "Bastion2")?.keys).toEqual(["bastion-2"]);
  });
});

describe("alarms", () => {
  test.each<[string, ConfigInput]>([
    ["as it is by default", {}],
    ["without a replica", { database: { replica: false } }],
    ["in three zones", THREE_ZONES],
    ["with NAT gateways", { nat: { mode: "gateway" } }],
  ])("are billed as the stack has them: %s", (_name, input) => {
    const line = of(input).lines.find(({ object }) => object === "alarms");
    expect(alarmsOf(input)).toBeGreaterThan(0);
    expect(line).toMatchObject({ quantity: alarmsOf(input), monthly: expect.closeTo(alarmsOf(input) * 0.1, 9) });
    expect(line?.keys).toHaveLength(alarmsOf(input));
  });
});

describe("what the config changes", () => {
  // Gateways: 2 × (0.059 × 730 = 43.07 + IPv4 3.65) = 93.44, and 10 GB × 0.059 = 0.59. Instances: 2 × 13.8696 = 27.7392 (13.8696 as above).
  test("NAT gateways cost 65.70 more fixed, 66.29 more with their data, but for the alarms of the instances", () => {
    const [instances, gateways] = [of(), of({ nat: { mode: "gateway" } })];
    const alarms = (alarmsOf({ nat: { mode: "gateway" } }) - alarmsOf({})) * 0.1;
    expect(gateways.lines.find(({ price }) => price === "nat:gateway-data")).toMatchObject({
      object: "Buddy-NAT1, Buddy-NAT2",
      quantity: 10,
    });
    expect(gateways.totals.fixed - instances.totals.fixed).toBeCloseTo(93.44 - 27.7392 + alarms, 6);
    expect(gateways.totals.total.typical - instances.totals.total.typical).toBeCloseTo(
      93.44 + 0.59 - 27.7392 + alarms,
      6,
    );
  });

  test("MySQL 8.0 pays Extended Support on primary and replica, 8.4 does not", () => {
    // 2 vCPU × 730 h × 0.12 = 175.20 an instance
    const without = of().totals.fixed;
    const alone = of({ database: { replica: false } }).totals.fixed;
    expect(of({ database: { engineVersion: "8.0" } }).totals.fixed - without).toBeCloseTo(350.4, 6);
    expect(of({ database: { engineVersion: "8.0.43", replica: false } }).totals.fixed - alone).toBeCloseTo(175.2, 6);
    expect(of({ database: { engineVersion: "8.4.7" } }).totals.fixed).toBe(without);
  });

  test("a standby doubles the primary: instance, storage and Extended Support", () => {
    // 0.026 × 730 + 20 × 0.131 = 21.60; 2 vCPU × 730 h × 0.12 = 175.20
    const old: ConfigInput = { database: { engineVersion: "8.0" } };
    const standby: Choose = ({ type }) => (type === database ? "standby" : undefined);
    expect(of({}, {}, standby).totals.fixed - of().totals.fixed).toBeCloseTo(21.6, 6);
    expect(of(old, {}, standby).totals.fixed - of(old).totals.fixed).toBeCloseTo(21.6 + 175.2, 6);
  });

  test("says what is left out of this stack's estimate", () => {
    const all = of({ monitoring: { email: "ops@example.com" }, image: { app: { folder: "./site" } } }).notCounted.join(
      "\n",
    );
    expect(all).toMatch(/^tax$/m);
    expect(all).toMatch(/e-mails through SNS: the first 1,000/);
    expect(all).toMatch(/archives in S3/);
    const plain = of().notCounted;
    expect(plain[0]).toBe("tax");
    expect(plain.join("\n")).not.toMatch(/SNS/);
  });

  test("nothing that is free for the account is taken off: it says what, and how much that would be", () => {
    // 100 GB × 0.126 + 1 dashboard × 3 + 10 alarms × 0.1 = 16.60
    expect(of().notCounted.at(-1)).toBe(
      "the account's free allowances, which its other stacks may use up: 100 GB of data out, 3 dashboards, 10 alarms (at most $16.60 of this bill in an ordinary month)",
    );
    // Of what is used only.
    expect(of({}, usageWith(["dataOutGB=10"])).notCounted.at(-1)).toContain("at most $5.26");
  });

  test("CPU credits of a burstable database cost nothing at its baseline, and by the vCPU-hour above it", () => {
    const credits = (input: ConfigInput, usage?: Usage) =>
      of(input, usage).lines.filter(({ price }) => price.startsWith("rds:cpu-credits"));
    expect(credits({}).map(({ object, monthly }) => [object, monthly])).toEqual([
      ["database1", 0],
      ["database1-replica", 0],
    ]);
    expect(credits({})[0]?.note).toContain("unlimited mode");
    // A fifth of a vCPU above the baseline all month, in each of the two: 0.2 × 730 × 0.075 = 10.95
    const busy = usageWith(["databaseSurplusVCPUs=0.2"]);
    expect(credits({}, busy).map(({ monthly }) => monthly)).toEqual([
      expect.closeTo(10.95, 9),
      expect.closeTo(10.95, 9),
    ]);
    expect(credits({ database: { instanceClass: "db.m5.large" } }, busy)).toEqual([]);
  });

  test("CPU credits of instances cost nothing at their baseline, by the vCPU-hour above it, and nothing in standard mode", () => {
    const credits = (input: ConfigInput, usage?: Usage) =>
      of(input, usage)
        .lines.filter(({ object }) => object === "burstable instances")
        .map(({ step, price, monthly }) => [step, price, monthly]);
    expect(credits({})).toEqual([
      ["nat-bastion", "ec2:cpu-credits:t3", 0],
      ["auto-scaling", "ec2:cpu-credits:t3", 0],
    ]);
    // 0.2 × 730 × 0.05 = 7.30 for each; T4g 5.84
    const busy = usageWith(["instanceSurplusVCPUs=0.2"]);
    expect(credits({ nat: { mode: "gateway" }, web: { instanceType: "t4g.micro" } }, busy)).toEqual([
      ["nat-bastion", "ec2:cpu-credits:t3", expect.closeTo(2 * 7.3, 9)],
      ["auto-scaling", "ec2:cpu-credits:t4g", expect.closeTo(2 * 5.84, 9)],
    ]);
    expect(credits({ cpuCredits: "standard" }, busy)).toEqual([]);
    expect(credits({ web: { instanceType: "t2.micro" } }, busy).map(([step]) => step)).toEqual(["nat-bastion"]);
    expect(credits({ cpuCredits: "unlimited", web: { instanceType: "t2.micro" } }, busy).at(-1)?.[1]).toBe(
      "ec2:cpu-credits:t2",
    );
  });

  test("Extended Support of a class whose vCPUs are not known is unknown", () => {
    const { totals, lines } = of({ database: { engineVersion: "8.0", instanceClass: "db.x9.huge" } });
    expect(lines.find(({ item }) => item.startsWith("Extended"))).toMatchObject({
      quantity: "unknown",
      unitPrice: 0.12,
      monthly: "unknown",
    });
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
    const alarms = (alarmsOf(THREE_ZONES) - alarmsOf({})) * 0.1;
    expect(of(THREE_ZONES).totals.fixed - of().totals.fixed).toBeCloseTo(2 * 13.8696 + 3.65 + alarms, 6);
  });

  test("reserved covers web.min, and what runs beyond it is on-demand", () => {
    const { lines } = of({ web: { desired: 3 } }, {}, ({ type }) => (type === group ? "reserved" : undefined));
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
    expect(monthlyTotal(it).usd).toBeNull();
  });

  test("another region: the global prices are computed, all the rest is named", () => {
    const it = of({ region: "eu-west-1" });
    expect(it.totals.fixed).toBe(3);
    expect(it.totals.usage.typical).toBeCloseTo(0.04, 9);
    const known = it.lines.filter((line) => line.unitPrice !== "unknown").map((line) => line.price);
    expect([...new Set(known)]).toEqual(["route53:queries", "cloudwatch:dashboard"]);
    const missing = it.lines.filter((line) => line.monthly === "unknown");
    for (const line of missing)
      expect(
        it.totals.unknown.some((text) => text.includes(`(${line.price})`)),
        line.price,
      ).toBe(true);
    expect(monthlyTotal(it).usd).toBeNull();
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
  const whole = () => of().totals.total.typical;

  test("one number for a headline, with what it lacks", () => {
    expect(monthlyTotal(of())).toEqual({
      usd: roundToCents(whole()),
      unknown: ["recovery points of Buddy-EFS (efs:backup)"],
    });
  });

  test("what it has cost follows the hours of each object", () => {
    const it = of();
    expect(costSoFar(it, () => 73).fixed).toBeCloseTo(it.totals.fixed / 10, 6);
    expect(costSoFar(it, () => 730).total.typical).toBeCloseTo(it.totals.total.typical, 6);
    expect(costSoFar(it, () => 0)).toMatchObject({ fixed: 0, complete: true });
    const hours: Readonly<Record<string, number>> = { "bastion-1": 146, database: 73, "alarm-web-cpu": 730 };
    const early = costSoFar(it, (key) => hours[key]);
    // One alarm of all that stand in one line.
    expect(early.fixed).toBeCloseTo(13.8696 / 5 + 21.6 / 10 + 0.1, 6);
    expect(early.complete).toBe(true);
  });

  test("a change names the objects that change, and what stays the same cancels out, priced or not", () => {
    const input: ConfigInput = { nat: { mode: "gateway" }, database: { replica: false } };
    const change = costChange(of(), of(input));
    expect(change.complete).toBe(true);
    expect(change.typical).toBeCloseTo(66.2908 - 21.6 + (alarmsOf(input) - alarmsOf({})) * 0.1, 6);
    expect(change.objects.map(({ object }) => object)).toEqual([
      "Buddy-NAT1",
      "Buddy-NAT2",
      "Buddy-NAT1, Buddy-NAT2",
      "alarms",
      "database1-replica",
    ]);
    expect(costChange(of(), of())).toMatchObject({ fixed: 0, typical: 0, objects: [], complete: true });
  });

  test("from nothing, and to nothing, is the whole stack", () => {
    expect(costChange(NOTHING, of()).typical).toBeCloseTo(whole(), 6);
    expect(costChange(of(), NOTHING).typical).toBeCloseTo(-whole(), 6);
    expect(costChange(NOTHING, of()).unknown).toEqual(["recovery points of Buddy-EFS (efs:backup)"]);
  });

  test("new content of the image is a new image that costs what the old one did: no change", () => {
    const app = (revision: string): ConfigInput => ({
      image: { app: { git: "https://example.com/site.git", revision } },
    });
    const keys = (it: Estimate) => it.lines.find(({ object }) => object === "Buddy-WEB-Image")?.keys;
    expect(keys(of(app("v1")))).not.toEqual(keys(of(app("v2"))));
    expect(costChange(of(app("v1")), of(app("v2"))).objects).toEqual([]);
  });

  test.each<[string, ConfigInput, ConfigInput, string]>([
    [
      "a class",
      { database: { instanceClass: "db.t3.small" } },
      { database: { instanceClass: "db.t3.medium" } },
      "database1",
    ],
    ["a type", {}, { web: { instanceType: "t3.2xlarge" } }, "Buddy-AutoScaling-Group"],
    ["a type of NAT", {}, { nat: { instanceType: "t3.2xlarge" } }, "Buddy-NAT1"],
  ])(
    "with %s that has no price an object's change is unknown, there and back: never a saving",
    (_name, from, to, object) => {
      for (const [before, after] of [
        [of(from), of(to)],
        [of(to), of(from)],
      ] as const) {
        const change = costChange(before, after);
        expect(change.complete).toBe(false);
        expect(change.typical).toBe(0);
        expect(change.fixed).toBe(0);
        expect(change.objects.find((one) => one.object === object)).toMatchObject({
          difference: "unknown",
          unknown: [expect.stringContaining(object)],
        });
      }
    },
  );

  test("where something else changes too, that much is said, and the rest is unknown", () => {
    const change = costChange(of(), of({ web: { instanceType: "t3.2xlarge" }, database: { storageGiB: 40 } }));
    expect(change.objects).toContainEqual({
      step: "auto-scaling",
      object: "Buddy-AutoScaling-Group",
      difference: "unknown",
      unknown: change.unknown,
    });
    // 20 GB more of each of two.
    expect(change.typical).toBeCloseTo(2 * 20 * 0.131, 6);
  });

  test("what goes with a part that has no price is less by what its other parts cost", () => {
    // The storage of the replica; its instance has no price.
    const medium: ConfigInput = { database: { instanceClass: "db.t3.medium" } };
    const change = costChange(of(medium), of({ database: { ...medium.database, replica: false } }));
    const replica = change.objects.find(({ object }) => object === "database1-replica");
    expect(replica).toMatchObject({
      difference: expect.closeTo(-2.62, 6),
      unknown: [expect.stringContaining("db.t3.medium")],
    });
  });

  test("after down: the final snapshot, the recovery points, the zone and the name go on", () => {
    const kept = left({}, { discardData: false });
    // 20 GB × 0.095 = 1.90 at most
    expect(kept.goesOn.map(({ item, monthly }) => [item, monthly])).toEqual([
      ["recovery points", "unknown"],
      ["final snapshot", expect.closeTo(1.9, 9)],
      ["hosted zone", 0.5],
      ["registration of the name", "unknown"],
    ]);
    expect(kept.stops.fixed).toBeCloseTo(of().totals.fixed, 6);
    const bare: ConfigInput = { efs: { backup: false }, domain: null };
    expect(left(bare, { discardData: true }).goesOn).toEqual([]);
  });
});
