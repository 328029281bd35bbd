import { describe, expect, test } from "vitest";
import { connect, type TracedCall, type Wire } from "../../src/aws/connect.ts";
import type { Price, Query } from "../../src/aws/price.ts";
import { pricesToAsk } from "../../src/cli/commands/cost.ts";
import type { ConfigInput } from "../../src/config/schema.ts";
import { askPrices, parseProduct, priceIn } from "../../src/cost/live.ts";
import { overlaid } from "../../src/cost/price-file.ts";
import { type PriceTable, tiersOf } from "../../src/cost/price-table.ts";
import { namedPrices, shippedPrices } from "../../src/cost/prices.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { bill, configOf, othersOf } from "./bill.ts";
import { dollars, element, flat } from "./price-list.ts";

const SEOUL = "ap-northeast-2";
const NOW = Date.UTC(2026, 10, 30, 8, 15);

const isQuery = (asked: Price["asked"]): asked is Query => typeof asked === "object" && "usage" in asked;

/** What the item's query makes of an answer: tiers as [from, dollars], or why there is no price. */
const read = (item: string, ...elements: readonly string[]) => {
  const named = namedPrices.find((price) => price.item === item);
  if (named === undefined || !isQuery(named.asked)) throw new Error(`${item} is not asked of the price list`);
  const price = priceIn(elements.map(parseProduct), named.asked, named.unit);
  return typeof price === "string" ? price : price.map(({ from, usd }) => [from, usd]);
};

describe("what is asked", () => {
  test("every price of the shipped table is one that a service names, and says where AWS tells it", () => {
    const named = new Set(namedPrices.map(({ item }) => item));
    expect(shippedPrices.rows.filter(({ item }) => !named.has(item))).toEqual([]);
    const untold = namedPrices.filter(({ asked }) => typeof asked === "string");
    for (const { asked, item } of untold) expect(asked, item).toMatch(/^it depends on/);
    expect(untold.map(({ item }) => item)).toEqual(["route53:registration"]);
  });

  test("every price that a bill or an alternative looks up is asked for", () => {
    const empty: PriceTable = { ...shippedPrices, rows: [] };
    const configs: ConfigInput[] = [
      {},
      { nat: { mode: "gateway" }, domain: { zone: "create" }, efs: { transitionToIaDays: null } },
      { web: { instanceType: "c7g.xlarge" }, bastion: { instanceType: "t3a.nano" }, region: "eu-central-1" },
      { database: { engineVersion: "8.0", instanceClass: "db.t3.small" } },
    ];
    for (const input of configs) {
      const asked = new Set(pricesToAsk(configOf(input)).map(({ item }) => item));
      const base = bill(input, { prices: empty });
      const keys = new Set([
        ...[...base.lines, ...base.beside].map(({ price }) => price),
        ...othersOf(configOf(input), { prices: empty }).tables.flatMap(({ rows }) =>
          rows.flatMap(({ unknown }) => unknown.map((text) => /\(([^()]+)\)$/.exec(text)?.[1] ?? text)),
        ),
      ]);
      expect(keys.size).toBeGreaterThan(20);
      expect([...keys].filter((key) => !asked.has(key))).toEqual([]);
    }
  });

  test("each query names the region, but for what has one price everywhere", () => {
    for (const { item, asked } of pricesToAsk(configOf())) {
      if (!isQuery(asked)) continue;
      expect(asked.region === undefined, item).toBe(/^(cloudwatch:dashboard|route53:)/.test(item));
      // The region's prefix of usage types is AWS's own, and not derived from its name.
      expect(asked.usage.source, item).not.toMatch(/APN2|EUC1|USE1/);
    }
  });
});

describe("reading AWS's price list", () => {
  const box = (usagetype: string, usd: string) =>
    element({
      family: "Compute Instance",
      usagetype,
      attributes: {
        enhancedNetworkingSupported: "No",
        intelTurboAvailable: "Yes",
        memory: "1 GiB",
        dedicatedEbsThroughput: "Up to 2085 Mbps",
        vcpu: "2",
        classicnetworkingsupport: "false",
        capacitystatus: "Used",
        storage: "EBS only",
        instanceFamily: "General purpose",
        operatingSystem: "Linux",
        regionCode: SEOUL,
        physicalProcessor: "Intel Skylake E5 2686 v5",
        networkPerformance: "Up to 5 Gigabit",
        vpcnetworkingsupport: "true",
        tenancy: "Shared",
        normalizationSizeFactor: "0.5",
        servicecode: "AmazonEC2",
        licenseModel: "No License required",
        currentGeneration: "Yes",
        preInstalledSw: "NA",
        location: "Asia Pacific (Seoul)",
        processorArchitecture: "64-bit",
        marketoption: "OnDemand",
        operation: "RunInstances",
        availabilityzone: "NA",
        instanceType: "t3.micro",
      },
      dimensions: [{ unit: "Hrs", price: dollars(usd) }],
      reserved: [
        { usd: "0.0079000000" },
        { usd: "0.0050000000", length: "3yr" },
        { usd: "0.0000000000", option: "All Upfront" },
        { usd: "0.0038000000", option: "Partial Upfront" },
        { usd: "0.0090000000", offering: "convertible" },
      ],
    });

  test("an EC2 instance: on demand, reserved standard and convertible for a year without upfront", () => {
    const answer = [box("APN2-BoxUsage:t3.micro", "0.0130000000"), box("APN2-UnusedBox:t3.micro", "0.0140000000")];
    expect(read("ec2:t3.micro", ...answer)).toEqual([[0, 0.013]]);
    expect(read("ec2:t3.micro:reserved-1y", ...answer)).toEqual([[0, 0.0079]]);
    expect(read("ec2:t3.micro:convertible-1y", ...answer)).toEqual([[0, 0.009]]);
    // us-east-1 has no prefix; a type that only begins alike is another.
    expect(read("ec2:t3.micro", box("BoxUsage:t3.micro", "0.0104000000"))).toEqual([[0, 0.0104]]);
    expect(read("ec2:t3.micro", box("BoxUsage:t3.micro.x", "1"))).toBe("AWS's price list has no such product");
  });

  test("volumes and snapshots, not their IOPS, archives or Outposts", () => {
    const ebs = [
      flat("APN2-EBS:VolumeUsage.gp3", "GB-Mo", "0.0912000000"),
      flat("APN2-EBS:VolumeP-IOPS.gp3", "IOPS-Mo", "0.0057000000"),
      flat("APN2-EBS:VolumeP-Throughput.gp3", "GiBps-mo", "46.6944000000"),
    ];
    expect(read("ebs:gp3", ...ebs)).toEqual([[0, 0.0912]]);
    const snapshots = [
      flat("APN2-EBS:SnapshotUsage", "GB-Mo", "0.0500000000"),
      flat("APN2-EBS:SnapshotUsageUnderBilling", "GB-Mo", "0.0000000000"),
      flat("APN2-EBS:SnapshotArchiveStorage", "GB-Mo", "0.0125000000"),
      flat("APN2-EBS:SnapshotUsage.outposts", "GB-Mo", "0.0500000000"),
    ];
    expect(read("ebs:snapshot", ...snapshots)).toEqual([[0, 0.05]]);
  });

  test("NAT gateways: hours and gigabytes, not those of the regional kind", () => {
    const nat = [
      flat("APN2-NatGateway-Hours", "Hrs", "0.0590000000", { operation: "NatGateway" }),
      flat("APN2-NatGateway-Bytes", "GB", "0.0600000000", { operation: "NatGateway" }),
      flat("APN2-RegionalNatGateway-Hours", "Hrs", "0.0610000000", { operation: "RegionalNatGateway" }),
      flat("APN2-RegionalNatGateway-Bytes", "GB", "0.0620000000", { operation: "RegionalNatGateway" }),
    ];
    expect(read("nat:gateway", ...nat)).toEqual([[0, 0.059]]);
    expect(read("nat:gateway-data", ...nat)).toEqual([[0, 0.06]]);
  });

  test("a public IPv4 address in use", () => {
    const addresses = [
      flat("APN2-PublicIPv4:InUseAddress", "Hrs", "0.0050000000", { group: "VPCPublicIPv4Address" }),
      flat("APN2-PublicIPv4:IdleAddress", "Hrs", "0.0060000000", { group: "VPCPublicIPv4Address" }),
      flat("APN2-PublicIPv4:ContiguousBlock", "Hrs", "0.0080000000", { group: "VPCPublicIPv4Address" }),
    ];
    expect(read("vpc:public-ipv4", ...addresses)).toEqual([[0, 0.005]]);
  });

  test("a load balancer's hours and capacity units, not those of Outposts, nor reserved ones", () => {
    const elb = [
      flat("EU-LoadBalancerUsage", "Hrs", "0.0252000000", { operation: "LoadBalancing:Application" }),
      flat("EU-TS-LoadBalancerUsage", "Hrs", "0.0056000000", { operation: "LoadBalancing:Application" }),
      flat("EU-LCUUsage", "LCU-Hrs", "0.0080000000", { operation: "LoadBalancing:Application" }),
      flat("EU-Outposts-LCUUsage", "LCU-Hrs", "0.0000000000", { operation: "LoadBalancing:Application" }),
      flat("EU-ReservedLCUUsage", "ReservedLCU-Hr", "0.0090000000", { operation: "LoadBalancing:Application" }),
    ];
    expect(read("alb:hour", ...elb)).toEqual([[0, 0.0252]]);
    expect(read("alb:lcu", ...elb)).toEqual([[0, 0.008]]);
  });

  test("a database: Single-AZ and with one standby, on demand and reserved; not with readable standbys", () => {
    const db = (usagetype: string, deploymentOption: string, usd: string, reserved: string) =>
      element({
        family: "Database Instance",
        usagetype,
        attributes: {
          instanceType: "db.t3.micro",
          databaseEngine: "MySQL",
          engineCode: "2",
          deploymentOption,
          licenseModel: "No license required",
          operation: "CreateDBInstance:0002",
          regionCode: SEOUL,
        },
        dimensions: [{ unit: "Hrs", price: dollars(usd) }],
        reserved: [{ usd: reserved }, { usd: "0.0100000000", length: "3yr", option: "Partial Upfront" }],
      });
    const answer = [
      db("APN2-InstanceUsage:db.t3.micro", "Single-AZ", "0.0260000000", "0.0202000000"),
      db("APN2-Multi-AZUsage:db.t3.micro", "Multi-AZ", "0.0520000000", "0.0404000000"),
      db("APN2-Multi-AZClusterUsage:db.t3.micro", "Multi-AZ (readable standbys)", "0.0900000000", "0.0700000000"),
    ];
    expect(read("rds:db.t3.micro:single-az", ...answer)).toEqual([[0, 0.026]]);
    expect(read("rds:db.t3.micro:multi-az", ...answer)).toEqual([[0, 0.052]]);
    expect(read("rds:db.t3.micro:single-az:reserved-1y", ...answer)).toEqual([[0, 0.0202]]);
  });

  test("database storage: MySQL's own product, else the one for any engine", () => {
    const storage = (databaseEngine: string, usd: string) => [
      flat("APN2-RDS:GP3-Storage", "GB-Mo", usd, { databaseEngine, deploymentOption: "Single-AZ" }),
      flat("APN2-RDS:Multi-AZ-GP3-Storage", "GB-Mo", "0.2620000000", { databaseEngine, deploymentOption: "Multi-AZ" }),
    ];
    const own = [...storage("SQL Server", "0.2"), ...storage("MySQL", "0.1310000000"), ...storage("Any", "0.15")];
    expect(read("rds:gp3:single-az", ...own)).toEqual([[0, 0.131]]);
    expect(read("rds:gp3:multi-az", ...own)).toEqual([[0, 0.262]]);
    expect(read("rds:gp3:single-az", ...storage("SQL Server", "0.2"), ...storage("Any", "0.15"))).toEqual([[0, 0.15]]);
    expect(read("rds:gp3:single-az", ...storage("SQL Server", "0.2"))).toBe("AWS's price list has no such product");
    const backup = [
      flat("APN2-RDS:ChargedBackupUsage", "GB-Mo", "0.0950000000", { databaseEngine: "Any" }),
      flat("APN2-RDSCustom:ChargedBackupUsage", "GB-Mo", "0.0990000000", { databaseEngine: "Any" }),
      flat("APN2-Aurora:BackupUsage", "GB-Mo", "0.0230000000", { databaseEngine: "Aurora MySQL" }),
    ];
    expect(read("rds:backup", ...backup)).toEqual([[0, 0.095]]);
  });

  test("Extended Support for MySQL 8.0 by vCPU, for the first two years", () => {
    const support = [
      flat("EUC1-ExtendedSupport:Yr1-Yr2:MySQL5.7", "vCPU-hour", "0.1220000000"),
      flat("EUC1-ExtendedSupport:Yr1-Yr2:MySQL8.0", "vCPU-hour", "0.1210000000"),
      flat("EUC1-ExtendedSupport:Yr3:MySQL8.0", "vCPU-hour", "0.2440000000"),
    ];
    expect(read("rds:extended-support", ...support)).toEqual([[0, 0.121]]);
  });

  test("CPU credits of an instance's family, those of Linux", () => {
    const credits = (operatingSystem: string, usd: string, family = "t3") =>
      flat(`APN2-CPUCredits:${family}`, "vCPU-Hours", usd, { operatingSystem });
    const answer = [credits("Linux", "0.05"), credits("Linux", "0.051", "t3a"), credits("Linux", "0.04", "t4g")];
    expect(read("ec2:cpu-credits:t3", ...answer)).toEqual([[0, 0.05]]);
    expect(read("ec2:cpu-credits:t4g", ...answer)).toEqual([[0, 0.04]]);
  });

  test("CPU credits of a database's family, those of MySQL", () => {
    const credits = (databaseEngine: string, usd: string, family = "t3") =>
      flat(`APN2-CPUCredits:db.${family}`, "vCPU-Hours", usd, { databaseEngine });
    const answer = [credits("SQL Server", "0.144"), credits("MySQL", "0.075"), credits("MySQL", "0.076", "t4g")];
    expect(read("rds:cpu-credits:t3", ...answer)).toEqual([[0, 0.075]]);
    expect(read("rds:cpu-credits:t4g", ...answer)).toEqual([[0, 0.076]]);
  });

  test("the file system: storage by class, and reads and writes that cost the same", () => {
    const efs = [
      flat("APN2-IATimedStorage-ByteHrs", "GB-Mo", "0.0272000000", { storageClass: "Infrequent Access" }),
      flat("APN2-IADataAccess-Bytes", "GB", "0.0110000000", { accessType: "Read" }),
      flat("APN2-IADataAccess-Bytes", "GB", "0.0110000000", { accessType: "Write" }),
    ];
    expect(read("efs:ia", ...efs)).toEqual([[0, 0.0272]]);
    expect(read("efs:ia-access", ...efs)).toEqual([[0, 0.011]]);
    const general = [
      flat("APN2-TimedStorage-ByteHrs", "GB-Mo", "0.3300000000"),
      flat("APN2-TimedStorage-Z-ByteHrs", "GB-Mo", "0.1760000000"),
    ];
    expect(read("efs:standard", ...general)).toEqual([[0, 0.33]]);
    const backups = [
      flat("APN2-WarmStorage-ByteHrs-EFS", "GB-Month", "0.0500000000"),
      flat("APN2-WarmStorage-ByteHrs-EFS-LAGV", "GB-Month", "0.0600000000"),
      flat("APN2-ColdStorage-ByteHrs-EFS", "GB-Month", "0.0100000000"),
    ];
    expect(read("efs:backup", ...backups)).toEqual([[0, 0.05]]);
  });

  test("data out by tiers, whatever their order, and data between zones", () => {
    const out = element({
      family: "Data Transfer",
      usagetype: "APN2-DataTransfer-Out-Bytes",
      attributes: {
        transferType: "AWS Outbound",
        fromLocation: "Asia Pacific (Seoul)",
        fromRegionCode: SEOUL,
        toLocation: "External",
        toLocationType: "Other",
        operation: "",
      },
      dimensions: [
        { unit: "GB", price: dollars("0.1080000000"), begin: "153600" },
        { unit: "GB", price: dollars("0.1260000000"), end: "10240" },
        { unit: "GB", price: dollars("0.1170000000"), begin: "51200", end: "153600" },
        { unit: "GB", price: dollars("0.1220000000"), begin: "10240", end: "51200" },
      ],
    });
    expect(read("data:out", out)).toEqual([
      [0, 0.126],
      [10_240, 0.122],
      [51_200, 0.117],
      [153_600, 0.108],
    ]);
    const between = [
      flat("APN2-DataTransfer-Regional-Bytes", "GB", "0.0100000000", { transferType: "IntraRegion" }),
      flat("APN2-DataTransfer-xAZ-Out-Bytes", "GB", "0.0050000000", { transferType: "IntraRegion" }),
    ];
    expect(read("data:cross-zone", ...between)).toEqual([[0, 0.01]]);
  });

  test("alarms and a dashboard: a first tier for nothing is the account's free share, not the price", () => {
    const alarms = [
      flat("APN2-CW:AlarmMonitorUsage", "Alarms", "0.1000000000", { alarmType: "Standard" }),
      flat("APN2-CW:HighResAlarmMonitorUsage", "Alarms", "0.3000000000", { alarmType: "High Resolution" }),
    ];
    expect(read("cloudwatch:alarm", ...alarms)).toEqual([[0, 0.1]]);
    const dashboards = [
      element({
        usagetype: "DashboardsUsageHour-Basic",
        dimensions: [
          { unit: "Dashboards", price: dollars("3.0000000000"), begin: "3" },
          { unit: "Dashboards", price: dollars("0.0000000000"), end: "3" },
        ],
      }),
      flat("Global-DashboardsUsageHour-Basic", "Dashboards", "0.0000000000"),
      flat("DashboardsUsageHour", "Dashboards", "4.0000000000"),
    ];
    expect(read("cloudwatch:dashboard", ...dashboards)).toEqual([[0, 3]]);
  });

  test("Route 53: zones by number, and queries, which AWS counts one by one, by the million", () => {
    const zone = element({
      usagetype: "HostedZone",
      dimensions: [
        { unit: "HostedZone", price: dollars("0.1000000000"), begin: "25" },
        { unit: "HostedZone", price: dollars("0.5000000000"), end: "25" },
      ],
    });
    expect(read("route53:zone", zone, flat("Global-RRSets", "RRSets", "0.0015000000"))).toEqual([
      [0, 0.5],
      [25, 0.1],
    ]);
    const queries = element({
      usagetype: "DNS-Queries",
      dimensions: [
        { unit: "Queries", price: dollars("0.0000004000"), end: "1000000000" },
        { unit: "Queries", price: dollars("0.0000002000"), begin: "1000000000" },
      ],
    });
    expect(read("route53:queries", queries)).toEqual([
      [0, 0.4],
      [1000, 0.2],
    ]);
  });

  test("no product, different prices, another unit or currency, 0 dollars: no price, and why", () => {
    const hours = (usd: string, unit = "Hrs") => flat("APN2-NatGateway-Hours", unit, usd);
    expect(read("nat:gateway")).toBe("AWS's price list has no such product");
    expect(read("nat:gateway", hours("0.059"), hours("0.0590000000"))).toEqual([[0, 0.059]]);
    expect(read("nat:gateway", hours("0.059"), hours("0.06"))).toBe(
      "AWS's price list has 2 such products at different prices (APN2-NatGateway-Hours, APN2-NatGateway-Hours)",
    );
    expect(read("nat:gateway", hours("43", "Month"))).toBe('AWS gives it by "Month", which this program does not know');
    expect(read("nat:gateway", hours("0"))).toBe("AWS's price list says 0 dollars");
    const yuan = element({
      usagetype: "NatGateway-Hours",
      dimensions: [{ unit: "Hrs", price: { CNY: "0.427" } }],
    });
    expect(read("nat:gateway", yuan)).toBe("AWS gives no price in US dollars");
    const twice = element({
      usagetype: "NatGateway-Hours",
      dimensions: [
        { unit: "Hrs", price: dollars("0.1") },
        { unit: "Hrs", price: dollars("0.2") },
      ],
    });
    expect(read("nat:gateway", twice)).toBe("two of its prices begin at the same quantity");
    expect(read("ec2:t3.micro:reserved-1y", flat("APN2-BoxUsage:t3.micro", "Hrs", "0.013"))).toBe(
      "its product has 0 standard one-year no-upfront terms, not one",
    );
  });

  test("an element that is no product is an error, not an empty answer", () => {
    expect(() => parseProduct("[]")).toThrow(/cannot read/);
    expect(() => parseProduct("{")).toThrow(/cannot read/);
    // The SDK gives an object that reads as its JSON.
    expect(parseProduct({ toString: () => flat("X", "Hrs", "1") }).product.attributes.usagetype).toBe("X");
  });
});

describe("asking", () => {
  async function sandboxed(region = SEOUL, instead?: (operation: string, input: object) => object | undefined) {
    const clock = jumpingClock(NOW);
    const sandbox = openSandbox({ world: freshWorld({ region, time: NOW, seed: 2 }), clock });
    const calls: TracedCall[] = [];
    const wire: Wire = {
      answer: async (service, operation, input) =>
        instead?.(operation, input) ?? sandbox.answer(service, operation, input),
    };
    const aws = await connect({
      region,
      clock,
      wire,
      network: sandbox.network,
      random: () => 0,
      onCall: (call) => calls.push(call),
    });
    calls.length = 0;
    return { aws, calls };
  }

  const asking = (config: ReturnType<typeof configOf>) =>
    [pricesToAsk(config), { zones: config.zones, now: NOW }] as const;

  test("the sandbox's price list gives back the whole shipped table of a region", async () => {
    for (const region of [SEOUL, "us-east-1"]) {
      const { aws, calls } = await sandboxed(region);
      const { prices, notFound } = await askPrices(aws, ...asking(configOf({ region })));
      const unknown = namedPrices.filter(
        ({ item, asked }) => typeof asked !== "string" && tiersOf(shippedPrices, item, region).length === 0,
      );
      expect(notFound).toEqual(unknown.map(({ item }) => ({ item, why: "AWS's price list has no such product" })));
      expect(prices.asked).toBe("2026-11-30T08:15:00.000Z");
      const live = overlaid(shippedPrices, prices);
      for (const { item, asked } of namedPrices) {
        const plain = (table: PriceTable) =>
          tiersOf(table, item, region).map(({ from, unit, usd, note }) => ({ from, unit, usd, note }));
        expect(plain(live), item).toEqual(plain(shippedPrices));
        const known = tiersOf(live, item, region)[0];
        if (known) expect(known, item).toMatchObject({ asked: true, source: isQuery(asked) ? "PL" : "SP" });
      }
      // One call for all prices that stand in the same answer.
      const requests = calls.map(({ operation, input }) => JSON.stringify([operation, input]));
      expect(new Set(requests).size).toBe(requests.length);
      expect(requests.length).toBeLessThan(50);
    }
  });

  test("a region that the table does not know becomes known, all but what AWS does not say", async () => {
    const seoul = await sandboxed();
    const asFrankfurt = (operation: string, input: object) => {
      if (operation !== "GetProducts") return undefined;
      const { MaxResults, NextToken, ...rest } = JSON.parse(JSON.stringify(input).replaceAll("eu-central-1", SEOUL));
      return seoul.aws.pricing
        .getProducts({ ...rest, MaxResults: 1, NextToken })
        .then(({ PriceList = [], NextToken: next }) => ({
          PriceList: PriceList.map((one: unknown) =>
            String(one).replaceAll(SEOUL, "eu-central-1").replaceAll("APN2-", "EUC1-"),
          ),
          NextToken: next,
        }));
    };
    const { aws, calls } = await sandboxed("eu-central-1", asFrankfurt);
    const config = configOf({ region: "eu-central-1" });
    const { prices, notFound } = await askPrices(aws, ...asking(config));
    // Page by page: the sandbox of Frankfurt knows no Spot prices.
    expect(calls.some(({ input }) => (input as { NextToken?: string }).NextToken !== undefined)).toBe(true);
    expect(notFound.filter(({ item }) => !item.endsWith(":spot"))).toEqual([
      { item: "efs:backup", why: "AWS's price list has no such product" },
    ]);
    const live = overlaid(shippedPrices, prices);
    const there = bill({ region: "eu-central-1" }, { prices: live }).totals;
    expect(there.unknown).toEqual(["recovery points of Buddy-EFS (efs:backup)"]);
    expect(there.fixed).toBeCloseTo(bill().totals.fixed, 6);
    // Seoul is as it was.
    expect(bill({}, { prices: live }).totals).toEqual(bill().totals);
  });

  test("who may not read the list is told what to allow; without Spot the rest is asked all the same", async () => {
    const denied = (name: string) =>
      awsError(name, "User: arn:aws:iam::1:user/u is not authorized to perform: pricing:GetProducts");
    const throwing = (of: string, name: string) => (operation: string) => {
      if (operation === of) throw denied(name);
      return undefined;
    };
    const without = await sandboxed(SEOUL, throwing("GetProducts", "AccessDeniedException"));
    await expect(askPrices(without.aws, ...asking(configOf()))).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("not authorized"),
      hint: expect.stringContaining("Allow pricing:GetProducts"),
    });
    const noSpot = await sandboxed(SEOUL, throwing("DescribeSpotPriceHistory", "UnauthorizedOperation"));
    const { prices, notFound } = await askPrices(noSpot.aws, ...asking(configOf()));
    expect(prices.rows.filter(({ source }) => source === "SP")).toEqual([]);
    expect(notFound).toContainEqual({
      item: "ec2:t3.micro:spot",
      why: "you may not read the EC2 Spot price history (ec2:DescribeSpotPriceHistory)",
    });
  });

  test("the Spot price is the last one in each of the config's zones, on average; not above on-demand", async () => {
    const at = (zone: string, minutes: number, SpotPrice: string) => ({
      AvailabilityZone: `${SEOUL}${zone}`,
      InstanceType: "t3.micro",
      ProductDescription: "Linux/UNIX",
      SpotPrice,
      Timestamp: new Date(NOW - minutes * 60_000),
    });
    const dear = { ...at("a", 5, "0.0300"), InstanceType: "t3.small" };
    const history = [at("a", 90, "0.0100"), at("a", 5, "0.0039"), at("c", 300, "0.0052"), at("d", 1, "0.0001"), dear];
    const { aws, calls } = await sandboxed(SEOUL, (operation) =>
      operation === "DescribeSpotPriceHistory" ? { SpotPriceHistory: history, NextToken: "" } : undefined,
    );
    const { prices, notFound } = await askPrices(aws, ...asking(configOf()));
    // (0.0039 + 0.0052) / 2
    expect(prices.rows.filter(({ source }) => source === "SP")).toEqual([
      { item: "ec2:t3.micro:spot", region: SEOUL, unit: "hour", usd: 0.00455, from: 0, source: "SP" },
    ]);
    expect(notFound).toContainEqual({ item: "ec2:t3.small:spot", why: "Spot costs no less" });
    expect(notFound).toContainEqual({ item: "ec2:t2.micro:spot", why: "EC2 tells no Spot price in these zones" });
    expect(calls.find(({ operation }) => operation === "DescribeSpotPriceHistory")?.input).toMatchObject({
      Filters: [{ Name: "availability-zone", Values: [`${SEOUL}a`, `${SEOUL}c`] }],
      ProductDescriptions: ["Linux/UNIX"],
    });
  });

  test("in China it says that it does not know that price list", async () => {
    const { aws } = await sandboxed();
    await expect(askPrices({ ...aws, partition: "aws-cn" }, ...asking(configOf()))).rejects.toMatchObject({
      code: "usage",
    });
  });
});
