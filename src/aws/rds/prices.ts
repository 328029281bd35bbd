import type { Assumption, Charge, Costing } from "../../engine/charge.ts";
import {
  type Cell,
  GB_MONTH,
  HOUR,
  inRegions,
  type Price,
  price,
  type ServicePrices,
  usageType,
  VCPU_HOUR,
} from "../price.ts";

// Filters: github.com/infracost/infracost (internal/resources/aws). Usage types: the bills and price files of B1, B3, P1.

// "Multi-AZ" is one standby; "Multi-AZ (readable standbys)" is another product.
const SINGLE = { suffix: "single-az", also: { deploymentOption: "Single-AZ" } };
const MULTI = { suffix: "multi-az", also: { deploymentOption: "Multi-AZ" } };
type Zones = typeof SINGLE;

/** An hour of an instance class, MySQL. */
const classHour = (instanceClass: string, zones: Zones, reserved?: "standard"): Price =>
  price(`rds:${instanceClass}:${zones.suffix}${reserved ? ":reserved-1y" : ""}`, HOUR, {
    service: "AmazonRDS",
    region: "regionCode",
    filters: {
      productFamily: "Database Instance",
      instanceType: instanceClass,
      databaseEngine: "MySQL",
      locationType: "AWS Region",
    },
    // The class in it is shortened in places (db.r5d.2xl), so the filter tells the class.
    usage: usageType(zones === MULTI ? "Multi-AZUsage:.+" : "InstanceUsage:.+"),
    also: zones.also,
    ...(reserved === undefined ? {} : { reserved }),
  });

/** An hour of an instance class, in one zone. */
export const databaseHour = (instanceClass: string): Price => classHour(instanceClass, SINGLE);

/** One year, no upfront, in one zone. */
const reservedHour = (instanceClass: string): Price => classHour(instanceClass, SINGLE, "standard");

/** The class that an item of a price table is the on-demand price of, in one zone. */
export const instanceClassOf = (item: string): string | undefined => /^rds:(db\.[^:]+):single-az$/.exec(item)?.[1];

const storage = (zones: Zones): Price =>
  price(`rds:gp3:${zones.suffix}`, GB_MONTH, {
    service: "AmazonRDS",
    region: "regionCode",
    filters: { productFamily: "Database Storage", volumeType: "General Purpose-GP3" },
    usage: usageType(zones === MULTI ? "RDS:Multi-AZ-GP3-Storage" : "RDS:GP3-Storage"),
    also: zones.also,
    ofEngine: true,
  });

/** Snapshots, and automated backups beyond the free share, which is as much as the storage of the databases in a region. */
export const backupStorage = price("rds:backup", GB_MONTH, {
  service: "AmazonRDS",
  region: "regionCode",
  filters: { productFamily: "Storage Snapshot" },
  usage: usageType("RDS:ChargedBackupUsage"),
  ofEngine: true,
});

// Filters: github.com/aws-samples/rds-extended-support-cost-estimator.
const extendedSupport = price("rds:extended-support", VCPU_HOUR, {
  service: "AmazonRDS",
  region: "regionCode",
  filters: { databaseEngine: "MySQL", extendedSupportPricingYear: "Year 1, Year 2" },
  usage: usageType("ExtendedSupport:Yr1-Yr2:MySQL8\\.0"),
});

/** CPU beyond the baseline of a burstable family: one price for all sizes. */
const cpuCredits = (family: "t3" | "t4g"): Price =>
  price(`rds:cpu-credits:${family}`, VCPU_HOUR, {
    service: "AmazonRDS",
    region: "regionCode",
    filters: { productFamily: "CPU Credits" },
    usage: usageType(`CPUCredits:db\\.${family}`),
    ofEngine: true,
  });

// ---- What is assumed ----------------------------------------------------------------------------------------------

/** GB between web instances and a database in the other zone, both directions added. */
export const crossZoneGB: Assumption = {
  name: "crossZoneGB",
  why: "a fifth of the data out is asked from a database in the other zone, both directions added",
  assumed: { low: 2, typical: 20, high: 200 },
};
/** GB of automated backups beyond the free share. */
export const databaseBackupGB: Assumption = {
  name: "databaseBackupGB",
  why: "one day of backups fits the free share, as much as the database storage; longer retention may not",
  assumed: { low: 0, typical: 0, high: 20 },
};
/** vCPUs that each burstable database uses above its baseline when its credits are spent, on average over the month. */
const databaseSurplusVCPUs: Assumption = {
  name: "databaseSurplusVCPUs",
  why: "each database stays at its baseline over a day, or below; RDS charges CPU credits for what is above it",
  assumed: { low: 0, typical: 0, high: 0 },
};

// ---- What an instance costs ---------------------------------------------------------------------------------------

// Source: AWS instance classes; RDS counts Extended Support by vCPU, and all of these have two.
const VCPUS: Readonly<Record<string, number>> = {
  "db.t3.micro": 2,
  "db.t3.small": 2,
  "db.t4g.micro": 2,
  "db.t4g.small": 2,
  "db.m5.large": 2,
  "db.r5.large": 2,
};

const PAID_ANYWAY = "paid for the whole year, used or not";

/** What a DB instance costs, primary or replica alike; `standby`: with one in another zone, which takes over by itself. */
export function instanceCharges(
  { instanceClass, storageGiB, engineVersion }: InstancePriced,
  { use }: Pick<Costing, "use">,
): readonly Charge[] {
  const family = /^db\.(t3|t4g)\./.exec(instanceClass)?.[1] as "t3" | "t4g" | undefined;
  return [
    {
      what: `${instanceClass} instance`,
      price: classHour(instanceClass, SINGLE),
      quantity: 1,
      otherwise: {
        reserved: { price: reservedHour(instanceClass), note: PAID_ANYWAY },
        standby: { what: `${instanceClass} with a standby`, price: classHour(instanceClass, MULTI) },
      },
    },
    {
      what: "storage, gp3",
      price: storage(SINGLE),
      quantity: storageGiB,
      otherwise: { standby: { price: storage(MULTI) } },
    },
    ...supportCharges(engineVersion, instanceClass),
    // RDS has no standard mode (aws.amazon.com/rds/pricing: "T4g and T3 DB instances run in Unlimited mode").
    ...(family === undefined
      ? []
      : [
          {
            what: "CPU credits beyond the baseline",
            price: cpuCredits(family),
            quantity: use(databaseSurplusVCPUs),
            note: `RDS always runs db.${family} in unlimited mode; nothing while idle`,
          },
        ]),
  ];
}

interface InstancePriced {
  readonly instanceClass: string;
  readonly storageGiB: number | "unknown";
  /** "8.4", or a full version; undefined: not known. */
  readonly engineVersion: string | undefined;
}

// MySQL 8.0 left standard support on 2026-07-31, and is charged for since; 8.4 has it until 2029-07-31.
// (Sources P1 and B3. A standby's vCPUs count like the primary's.)
function supportCharges(version: string | undefined, instanceClass: string): readonly Charge[] {
  if (version === undefined || !/^8\.0(\.|$)/.test(version)) return [];
  const vcpus = VCPUS[instanceClass];
  return [
    {
      what: `Extended Support, MySQL ${version}`,
      price: extendedSupport,
      quantity: vcpus ?? "unknown",
      note:
        vcpus === undefined
          ? `charged by vCPU: how many ${instanceClass} has is not known here`
          : "years 1 and 2, since 2026-08-01; version 8.4 does not pay this",
      ...(vcpus === undefined ? {} : { otherwise: { standby: { quantity: vcpus * 2 } } }),
    },
  ];
}

// ---- The table ----------------------------------------------------------------------------------------------------

// Multi-AZ is not always exactly twice Single-AZ. [class, Seoul Single-AZ, us-east-1, Seoul Multi-AZ, us-east-1]
const onDemand: readonly (readonly [string, Cell, Cell, Cell, Cell])[] = [
  [
    "db.t3.micro",
    [0.026, "F2 B3", "2026-08", "A"],
    [0.017, "F2 I1", "2026-05-03", "A"],
    [0.052, "F2", "2025-04-04", "B"],
    [0.034, "F2", "2025-04-04", "B"],
  ],
  [
    "db.t3.small",
    [0.052, "F2", "2025-04-04", "B"],
    [0.034, "F2 I1", "2026-05-03", "A"],
    [0.104, "F2", "2025-04-04", "B"],
    [0.068, "F2 I1", "2026-05-03", "A"],
  ],
  [
    "db.t4g.micro",
    [0.025, "F2 P1 B1", "2026-10-01", "A"],
    [0.016, "F2", "2025-04-04", "B"],
    [0.051, "F2 P1", "2026-10-01", "A"],
    [0.032, "F2", "2025-04-04", "B"],
  ],
  [
    "db.t4g.small",
    [0.051, "F2", "2025-04-04", "B"],
    [0.032, "F2 I1", "2026-05-03", "A"],
    [0.102, "F2", "2025-04-04", "B"],
    [0.065, "F2 I1", "2026-05-03", "A"],
  ],
  [
    "db.m5.large",
    [0.236, "F2", "2025-04-04", "B"],
    [0.171, "F2 I1", "2026-05-03", "A"],
    [0.472, "F2", "2025-04-04", "B"],
    [0.342, "F2", "2025-04-04", "B"],
  ],
  [
    "db.r5.large",
    [0.285, "F2 W1", "2025-04-04", "B"],
    [0.24, "F2", "2025-04-04", "B"],
    [0.57, "F2", "2025-04-04", "B"],
    [0.48, "F2", "2025-04-04", "B"],
  ],
];

/** One year, no upfront, Single-AZ, dollars per hour: [class, Seoul, us-east-1] */
const reserved = [
  ["db.t3.micro", 0.0202, 0.012],
  ["db.t3.small", 0.0404, 0.0239],
  ["db.t4g.micro", 0.0198, 0.0116],
  ["db.t4g.small", 0.0396, 0.0233],
  ["db.m5.large", 0.1462, 0.1095],
  ["db.r5.large", 0.1945, 0.1386],
] as const;

const reservedCell = (usd: number): Cell => [usd, "F2", "2025-04-04", "B"];

export const prices: ServicePrices = {
  facts: [
    ...onDemand.flatMap(([instanceClass, single, usSingle, multi, usMulti]) => [
      inRegions(classHour(instanceClass, SINGLE), single, usSingle),
      inRegions(classHour(instanceClass, MULTI), multi, usMulti),
    ]),
    ...reserved.map(([instanceClass, seoul, usEast1]) =>
      inRegions(reservedHour(instanceClass), reservedCell(seoul), reservedCell(usEast1)),
    ),
    inRegions(storage(SINGLE), [0.131, "F2 P1 B2", "2026-10-01", "A"], [0.115, "F2", "2024-09-28", "B"]),
    inRegions(storage(MULTI), [0.262, "F2 P1", "2026-10-01", "A"], [0.23, "F2", "2024-09-28", "B"]),
    inRegions(backupStorage, [0.095, "F2 P1", "2026-10-01", "A"], [0.095, "F2 I1", "2026-05-03", "A"]),
    // us-east-1: seen for MySQL 5.7; AWS's usage types differ by version.
    inRegions(extendedSupport, [0.12, "P1 B3", "2026-10-01", "A"], [0.1, "I1", "2026-05-03", "C"]),
    // "The same for all … instance sizes across all Regions" (A1).
    inRegions(cpuCredits("t3"), [0.075, "A1", "2026-02-01", "B"], [0.075, "A1", "2026-02-01", "B"]),
    inRegions(cpuCredits("t4g"), [0.075, "P2 A1", "2026-09-17", "A"], [0.075, "A1", "2026-02-01", "B"]),
  ],
  usage: [crossZoneGB, databaseBackupGB, databaseSurplusVCPUs],
};
