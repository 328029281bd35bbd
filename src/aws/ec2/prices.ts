import type { Assumption, Charge, Costing } from "../../engine/charge.ts";
import type { Band } from "../../lib/band.ts";
import {
  type Cell,
  GB,
  GB_MONTH,
  HOUR,
  inRegions,
  type Price,
  type PriceFact,
  price,
  type ServicePrices,
  usageType,
  VCPU_HOUR,
} from "../price.ts";
import type { CpuCredits } from "./cpu-credits.ts";
import { spotHistory } from "./spot-prices.ts";

// Service codes, families, attributes: the resource definitions of github.com/infracost/infracost (internal/resources/aws),
// which are run against the price list. Usage types: AWS's bills and price files for Seoul, as the sources B1, B2 and P1
// quote them. Where something else is the source it is named.

// ---- Instances ----------------------------------------------------------------------------------------------------

function boxUsage(type: string, suffix: string, reserved?: "standard" | "convertible"): Price {
  return price(`ec2:${type}${suffix}`, HOUR, {
    service: "AmazonEC2",
    region: "regionCode",
    filters: {
      productFamily: "Compute Instance",
      instanceType: type,
      operatingSystem: "Linux",
      tenancy: "Shared",
      preInstalledSw: "NA",
      licenseModel: "No License required",
      capacitystatus: "Used",
    },
    usage: usageType(`BoxUsage:${type.replaceAll(".", "\\.")}`),
    ...(reserved === undefined ? {} : { reserved }),
  });
}

/** An hour of an instance type, Linux, on demand. */
export const instanceHour = (type: string): Price => boxUsage(type, "");
/** One year, no upfront. "convertible" may change its type. */
const reservedHour = (type: string, offering: "reserved" | "convertible"): Price =>
  boxUsage(type, `:${offering}-1y`, offering === "reserved" ? "standard" : "convertible");
export const spotHour = (type: string): Price => price(`ec2:${type}:spot`, HOUR, spotHistory);

/** The instance type that an item of a price table is the on-demand price of. */
export const instanceTypeOf = (item: string): string | undefined => /^ec2:([^:]+)$/.exec(item)?.[1];

const PAID_ANYWAY = "paid for the whole year, used or not";

/** Instances of a type, and the other ways to pay for them: a reservation is for what runs all month. */
export function instanceHours(what: string, type: string, quantity: number | Band): Charge {
  const reserved = (offering: "reserved" | "convertible") => ({
    price: reservedHour(type, offering),
    note: PAID_ANYWAY,
  });
  return {
    what,
    price: instanceHour(type),
    quantity,
    otherwise: {
      ...(typeof quantity === "number" ? { reserved: reserved("reserved"), convertible: reserved("convertible") } : {}),
      spot: { price: spotHour(type), note: "rough: Spot prices move all the time" },
    },
  };
}

const FAMILIES = ["t2", "t3", "t3a", "t4g"] as const;
/** CPU beyond the baseline of a burstable family in unlimited mode: one price for all sizes. */
const cpuCreditHour = (family: (typeof FAMILIES)[number]): Price =>
  price(`ec2:cpu-credits:${family}`, VCPU_HOUR, {
    service: "AmazonEC2",
    region: "regionCode",
    filters: { productFamily: "CPU Credits", operatingSystem: "Linux" },
    usage: usageType(`CPUCredits:${family}`),
  });

/** What instances of a type may owe. @param count how many run, on average */
export function creditCharges(
  type: string,
  cpuCredits: CpuCredits | undefined,
  count: Band,
  { use }: Pick<Costing, "use">,
): readonly Charge[] {
  const family = FAMILIES.find((one) => type.startsWith(`${one}.`));
  if (cpuCredits !== "unlimited" || family === undefined) return [];
  const surplus = use(instanceSurplusVCPUs);
  return [
    {
      what: "CPU credits beyond the baseline",
      price: cpuCreditHour(family),
      quantity: {
        low: count.low * surplus.low,
        typical: count.typical * surplus.typical,
        high: count.high * surplus.high,
      },
      note: "in unlimited mode; nothing while idle",
      under: "burstable instances",
    },
  ];
}

// ---- Storage ------------------------------------------------------------------------------------------------------

export const volumeStorage = price("ebs:gp3", GB_MONTH, {
  service: "AmazonEC2",
  region: "regionCode",
  filters: { productFamily: "Storage", volumeApiName: "gp3" },
  usage: usageType("EBS:VolumeUsage\\.gp3"),
});
export const snapshotStorage = price("ebs:snapshot", GB_MONTH, {
  service: "AmazonEC2",
  region: "regionCode",
  filters: { productFamily: "Storage Snapshot" },
  usage: usageType("EBS:SnapshotUsage"),
});

// ---- Network ------------------------------------------------------------------------------------------------------

// It has no product family; the group holds idle addresses and whole blocks too. An idle one costs the same.
export const publicAddress = price("vpc:public-ipv4", HOUR, {
  service: "AmazonVPC",
  region: "regionCode",
  filters: { group: "VPCPublicIPv4Address" },
  usage: usageType("PublicIPv4:InUseAddress"),
});

const nat = { service: "AmazonEC2", region: "regionCode", filters: { productFamily: "NAT Gateway" } } as const;
export const natGatewayHour = price("nat:gateway", HOUR, { ...nat, usage: usageType("NatGateway-Hours") });
export const natGatewayData = price("nat:gateway-data", GB, { ...nat, usage: usageType("NatGateway-Bytes") });

// Data transfer has a region at each end, and no regionCode.
export const dataOut = price("data:out", GB, {
  service: "AWSDataTransfer",
  region: "fromRegionCode",
  filters: { toLocation: "External", transferType: "AWS Outbound" },
  usage: usageType("DataTransfer-Out-Bytes"),
});
export const dataBetweenZones = price("data:cross-zone", GB, {
  service: "AWSDataTransfer",
  region: "fromRegionCode",
  filters: { transferType: "IntraRegion" },
  usage: usageType("DataTransfer-Regional-Bytes"),
});

// ---- What is assumed ----------------------------------------------------------------------------------------------

/** GB that the web instances send and receive through NAT; only gateways charge for it. */
export const natGB: Assumption = {
  name: "natGB",
  why: "system updates only; an hourly feed from outside; files fetched from outside",
  assumed: { low: 2, typical: 10, high: 100 },
};
/** vCPUs that each burstable instance uses above its baseline when its credits are spent, on average over the month. */
const instanceSurplusVCPUs: Assumption = {
  name: "instanceSurplusVCPUs",
  why: "each burstable instance stays at its baseline over a day, or below; EC2 charges CPU credits for what is above it",
  assumed: { low: 0, typical: 0, high: 0 },
};
/** GB of the image's snapshot. */
export const imageSnapshotGB: Assumption = {
  name: "imageSnapshotGB",
  why: "Ubuntu, Apache and Django write 3 to 4 GB of the 8 GB volume",
  assumed: { low: 3, typical: 4, high: 8 },
};

// ---- The table ----------------------------------------------------------------------------------------------------

/** [type, Seoul, us-east-1] */
const onDemand: readonly (readonly [string, Cell, Cell])[] = [
  ["t2.micro", [0.0144, "F1 F2", "2025-11-03", "B"], [0.0116, "F1 F2", "2025-11-03", "B"]],
  ["t3.micro", [0.013, "F1 F2 P1 S2", "2026-09-25", "A"], [0.0104, "F1 F2", "2025-11-03", "B"]],
  ["t3.small", [0.026, "F1 F2 P1", "2026-09-25", "A"], [0.0208, "F1 F2", "2025-11-03", "B"]],
  ["t3.medium", [0.052, "F1 F2 P1 B2 S2", "2026-09-25", "A"], [0.0416, "F1 F2 I1", "2025-11-03", "A"]],
  ["t4g.micro", [0.0104, "F1 F2 P1", "2026-09-25", "A"], [0.0084, "F1 F2", "2025-11-03", "B"]],
  ["t4g.small", [0.0208, "F1 F2", "2025-11-03", "B"], [0.0168, "F1 F2", "2025-11-03", "B"]],
  ["m5.large", [0.118, "F1 F2", "2025-11-03", "B"], [0.096, "F1 F2 I1", "2025-11-03", "A"]],
  ["c5.large", [0.096, "F1 F2", "2025-11-03", "B"], [0.085, "F1 F2", "2025-11-03", "B"]],
  ["m6g.large", [0.094, "F1 F2 P1", "2026-09-25", "A"], [0.077, "F1 F2", "2025-11-03", "B"]],
];

/** One year, no upfront, dollars per hour: [type, Seoul standard, Seoul convertible, us-east-1 standard, us-east-1 convertible] */
const reserved = [
  ["t2.micro", 0.0086, 0.0099, 0.0072, 0.0083],
  ["t3.micro", 0.0079, 0.009, 0.0065, 0.0075],
  ["t3.small", 0.0157, 0.0181, 0.013, 0.015],
  ["t3.medium", 0.0314, 0.0361, 0.0261, 0.03],
  ["t4g.micro", 0.0063, 0.0072, 0.0053, 0.0061],
  ["t4g.small", 0.0126, 0.0145, 0.0105, 0.0121],
  ["m5.large", 0.073, 0.085, 0.06, 0.071],
  ["c5.large", 0.06, 0.075, 0.054, 0.062],
  ["m6g.large", 0.0599, 0.0672, 0.0483, 0.0567],
] as const;

/** Below on-demand, 0 to 1, and the share taken back in a month: [type, Seoul, us-east-1] */
const spot = [
  ["t2.micro", 0.73, "<5 %", 0.73, "<5 %"],
  ["t3.micro", 0.71, "10-15 %", 0.69, "<5 %"],
  ["t3.small", 0.7, "<5 %", 0.65, "<5 %"],
  ["t3.medium", 0.65, "<5 %", 0.56, "<5 %"],
  ["t4g.micro", 0.54, ">20 %", 0.49, ">20 %"],
  ["t4g.small", 0.51, "15-20 %", 0.51, "5-10 %"],
  ["m5.large", 0.68, "5-10 %", 0.66, "15-20 %"],
  ["c5.large", 0.64, "10-15 %", 0.59, "<5 %"],
  ["m6g.large", 0.69, ">20 %", 0.6, "10-15 %"],
] as const;

const reservedCell = (usd: number): Cell => [usd, "F2", "2025-04-05", "B"];
// One type was seen in a second source.
const reservedInUsEast1 = (type: string, usd: number): Cell =>
  type === "t3.medium" ? [usd, "F2 I1", "2025-04-05", "A"] : reservedCell(usd);

function spotFact([type, seoul, interruption, usEast1, usInterruption]: (typeof spot)[number]): PriceFact {
  const [, inSeoul, inUsEast1] = onDemand.find(([name]) => name === type) as (typeof onDemand)[number];
  const below = (saving: number, [usd]: Cell): Cell => [
    Number((usd * (1 - saving)).toPrecision(6)),
    "S1",
    "2025-06-28",
    "B",
  ];
  const note = (share: string) => `of instances taken back a month: ${share} (2025-06-28)`;
  return inRegions(spotHour(type), below(seoul, inSeoul), below(usEast1, inUsEast1), {
    notes: [note(interruption), note(usInterruption)],
  });
}

export const prices: ServicePrices = {
  facts: [
    ...onDemand.map(([type, seoul, usEast1]) => inRegions(instanceHour(type), seoul, usEast1)),
    ...reserved.flatMap(([type, standard, convertible, usStandard, usConvertible]) => [
      inRegions(reservedHour(type, "reserved"), reservedCell(standard), reservedInUsEast1(type, usStandard)),
      inRegions(reservedHour(type, "convertible"), reservedCell(convertible), reservedInUsEast1(type, usConvertible)),
    ]),
    ...spot.map(spotFact),
    ...FAMILIES.map((family) => {
      const cell: Cell = [family === "t4g" ? 0.04 : 0.05, "A2", "2026-09-11", "B"];
      return inRegions(cpuCreditHour(family), cell, cell);
    }),
    inRegions(volumeStorage, [0.0912, "F2 P1 B2", "2026-09-25", "A"], [0.08, "F2 I1", "2024-07-18", "A"]),
    inRegions(snapshotStorage, [0.05, "F2 P1", "2026-09-25", "A"], [0.05, "F2 I1", "2024-07-18", "A"]),
    inRegions(publicAddress, [0.005, "F1 P1 B1 B2", "2026-09-17", "A"], [0.005, "F1", "2025-11-04", "B"]),
    inRegions(natGatewayHour, [0.059, "F1 P1 B1 B2", "2026-09-25", "A"], [0.045, "F1 I1", "2025-10-28", "A"]),
    inRegions(natGatewayData, [0.059, "F1 P1 B2", "2026-09-25", "A"], [0.045, "F1 I1", "2025-10-28", "A"]),
    inRegions(dataOut, [0.126, "P1 I1", "2026-10-01", "A"], [0.09, "I1", "2024-09-25", "C"]),
    inRegions(dataOut, [0.122, "P1 I1", "2026-10-01", "A"], [0.085, "I1", "2024-09-25", "C"], { from: 10_240 }),
    inRegions(dataOut, [0.117, "I1", "2024-09-25", "C"], [0.07, "I1", "2024-09-25", "C"], { from: 51_200 }),
    // us-east-1 beyond 150 TB: the source has us-east-2 only.
    inRegions(dataOut, [0.108, "I1", "2024-09-25", "C"], [0.05, "I1", "2024-09-25", "M"], { from: 153_600 }),
    inRegions(dataBetweenZones, [0.01, "P1 I1", "2026-10-01", "A"], [0.01, "I1", "2024-09-25", "C"]),
  ],
  usage: [natGB, imageSnapshotGB, instanceSurplusVCPUs],
  // All regions together.
  free: [{ price: dataOut, quantity: 100, what: "GB of data out", source: "A1", sure: "C" }],
};
