import { createHash } from "node:crypto";
import { type PriceRow, pricedTypes, tiersOf } from "../../../cost/price-table.ts";
import { shippedPrices } from "../../../cost/prices.ts";

/** One element of AWS's price list, before it becomes a string. */
export interface ListedProduct {
  readonly serviceCode: string;
  readonly product: {
    readonly productFamily?: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly sku: string;
  };
  readonly terms: object;
}

interface Place {
  readonly region: string;
  readonly location: string;
  /** Before usage types; us-east-1 has none for the older services, and USE1 for the younger. */
  readonly prefix: string;
  readonly youngPrefix: string;
}

/** The regions of the shipped table: of others the sandbox knows no prices. */
const PLACES: readonly Place[] = [
  { region: "ap-northeast-2", location: "Asia Pacific (Seoul)", prefix: "APN2-", youngPrefix: "APN2-" },
  { region: "us-east-1", location: "US East (N. Virginia)", prefix: "", youngPrefix: "USE1-" },
];

const SERVICE_NAMES = {
  AmazonEC2: "Amazon Elastic Compute Cloud",
  AmazonRDS: "Amazon Relational Database Service",
  AmazonVPC: "Amazon Virtual Private Cloud",
  AWSELB: "Elastic Load Balancing",
  AWSDataTransfer: "AWS Data Transfer",
  AmazonEFS: "Amazon Elastic File System",
  AWSBackup: "AWS Backup",
  AmazonCloudWatch: "AmazonCloudWatch",
  AmazonRoute53: "Amazon Route 53",
} as const;
type ServiceCode = keyof typeof SERVICE_NAMES;

export const isServiceCode = (code: string): code is ServiceCode => Object.hasOwn(SERVICE_NAMES, code);

type Tier = Pick<PriceRow, "from" | "usd">;

interface Made {
  readonly service: ServiceCode;
  readonly family?: string;
  readonly usagetype: string;
  readonly operation?: string;
  readonly unit: string;
  readonly tiers: readonly Tier[];
  readonly attributes: Readonly<Record<string, string>>;
  /** US dollars an hour, one year, no upfront, by offering class. */
  readonly reserved?: Readonly<Record<string, number | undefined>>;
}

/** AWS's ids look like this: sixteen, or ten, capital letters and digits. */
const idOf = (text: string, length: number): string => {
  const bytes = createHash("sha256").update(text).digest();
  return Array.from({ length }, (_, i) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ23456789"[(bytes[i] ?? 0) % 34]).join("");
};

// AWS's own codes of the terms, the same for all products.
const ON_DEMAND = "JRTCKXETXF";
const RESERVED = { standard: "4NA7Y494T4", convertible: "7NE97W5U4E" } as const;
const HOURLY = "6YS6EN2CT7";

const decimal = (usd: number): string => usd.toFixed(10);

function listed({
  service,
  family,
  usagetype,
  operation = "",
  unit,
  tiers,
  attributes,
  reserved,
}: Made): ListedProduct {
  const sku = idOf(JSON.stringify([service, usagetype, operation, attributes]), 16);
  const dated = { sku, effectiveDate: `${shippedPrices.collected.slice(0, 7)}-01T00:00:00Z` };
  const dimension = (term: string, rate: string, { from, usd }: Tier, end: number | undefined) => ({
    [`${sku}.${term}.${rate}`]: {
      unit,
      endRange: end === undefined ? "Inf" : String(end),
      description: `$${usd} per ${unit}`,
      appliesTo: [],
      rateCode: `${sku}.${term}.${rate}`,
      beginRange: String(from),
      pricePerUnit: { USD: decimal(usd) },
    },
  });
  const rateOf = (i: number) => (tiers.length === 1 ? HOURLY : idOf(`tier ${i}`, 10));
  return {
    serviceCode: service,
    product: {
      ...(family === undefined ? {} : { productFamily: family }),
      attributes: { servicecode: service, servicename: SERVICE_NAMES[service], usagetype, operation, ...attributes },
      sku,
    },
    terms: {
      OnDemand: {
        [`${sku}.${ON_DEMAND}`]: {
          priceDimensions: Object.assign(
            {},
            // AWS sends them in no order.
            ...tiers.map((tier, i) => dimension(ON_DEMAND, rateOf(i), tier, tiers[i + 1]?.from)).reverse(),
          ),
          ...dated,
          offerTermCode: ON_DEMAND,
          termAttributes: {},
        },
      },
      ...(reserved === undefined
        ? {}
        : {
            Reserved: Object.fromEntries(
              Object.entries(RESERVED).flatMap(([OfferingClass, code]) => {
                const usd = reserved[OfferingClass];
                if (usd === undefined) return [];
                const termAttributes = { LeaseContractLength: "1yr", OfferingClass, PurchaseOption: "No Upfront" };
                const priceDimensions = dimension(code, HOURLY, { from: 0, usd }, undefined);
                return [[`${sku}.${code}`, { priceDimensions, ...dated, offerTermCode: code, termAttributes }]];
              }),
            ),
          }),
    },
  };
}

/** What AWS's price list says of the region, as far as the shipped table knows, with the neighbours that look alike. */
function madeIn({ region, location, prefix, youngPrefix }: Place): readonly Made[] {
  const tiers = (item: string): readonly Tier[] => tiersOf(shippedPrices, item, region);
  const usd = (item: string): number | undefined => tiers(item)[0]?.usd;
  const at = { location, locationType: "AWS Region", regionCode: region };
  const free: readonly Tier[] = [{ from: 0, usd: 0 }];

  const instances = pricedTypes(shippedPrices, "ec2", region).flatMap((type): Made[] => {
    const box = {
      service: "AmazonEC2" as const,
      family: "Compute Instance",
      operation: "RunInstances",
      unit: "Hrs",
    };
    const attributes = {
      ...at,
      instanceType: type,
      operatingSystem: "Linux",
      tenancy: "Shared",
      preInstalledSw: "NA",
      licenseModel: "No License required",
      marketoption: "OnDemand",
    };
    return [
      {
        ...box,
        usagetype: `${prefix}BoxUsage:${type}`,
        tiers: tiers(`ec2:${type}`),
        attributes: { ...attributes, capacitystatus: "Used" },
        reserved: { standard: usd(`ec2:${type}:reserved-1y`), convertible: usd(`ec2:${type}:convertible-1y`) },
      },
      // Capacity that is reserved costs as much when nothing runs in it, and nothing more when something does.
      {
        ...box,
        usagetype: `${prefix}UnusedBox:${type}`,
        tiers: tiers(`ec2:${type}`),
        attributes: { ...attributes, capacitystatus: "UnusedCapacityReservation" },
      },
      {
        ...box,
        usagetype: `${prefix}Reservation:${type}`,
        tiers: free,
        attributes: { ...attributes, capacitystatus: "AllocatedCapacityReservation" },
      },
    ];
  });

  const databases = pricedTypes(shippedPrices, "rds", region).flatMap((type) =>
    (["Single-AZ", "Multi-AZ"] as const).map((deploymentOption): Made => {
      const item = `rds:${type}:${deploymentOption.toLowerCase()}`;
      return {
        service: "AmazonRDS",
        family: "Database Instance",
        usagetype: `${prefix}${deploymentOption === "Multi-AZ" ? "Multi-AZUsage" : "InstanceUsage"}:${type}`,
        operation: "CreateDBInstance:0002",
        unit: "Hrs",
        tiers: tiers(item),
        attributes: {
          ...at,
          instanceType: type,
          databaseEngine: "MySQL",
          engineCode: "2",
          deploymentOption,
          licenseModel: "No license required",
        },
        reserved: { standard: usd(`${item}:reserved-1y`) },
      };
    }),
  );
  // The price is the same for all open engines, each with its own product.
  const storage = (["MySQL", "PostgreSQL"] as const).flatMap((databaseEngine): Made[] => [
    ...(["Single-AZ", "Multi-AZ"] as const).map(
      (deploymentOption): Made => ({
        service: "AmazonRDS",
        family: "Database Storage",
        usagetype: `${prefix}RDS:${deploymentOption === "Multi-AZ" ? "Multi-AZ-" : ""}GP3-Storage`,
        unit: "GB-Mo",
        tiers: tiers(`rds:gp3:${deploymentOption.toLowerCase()}`),
        attributes: { ...at, databaseEngine, deploymentOption, volumeType: "General Purpose-GP3" },
      }),
    ),
    {
      service: "AmazonRDS",
      family: "Storage Snapshot",
      usagetype: `${prefix}RDS:ChargedBackupUsage`,
      unit: "GB-Mo",
      tiers: tiers("rds:backup"),
      attributes: { ...at, databaseEngine },
    },
  ]);

  const elb = {
    service: "AWSELB" as const,
    family: "Load Balancer-Application",
    operation: "LoadBalancing:Application",
    attributes: at,
  };
  const nat = { service: "AmazonEC2" as const, family: "NAT Gateway" };
  const ebs = { service: "AmazonEC2" as const, unit: "GB-Mo" };
  const address = { service: "AmazonVPC" as const, unit: "Hrs", tiers: tiers("vpc:public-ipv4") };
  const infrequent = { ...at, storageClass: "Infrequent Access" };
  const transfer = { fromLocation: location, fromLocationType: "AWS Region", fromRegionCode: region };
  return [
    ...instances,
    ...databases,
    ...storage,
    {
      service: "AmazonRDS",
      usagetype: `${prefix}ExtendedSupport:Yr1-Yr2:MySQL8.0`,
      operation: "CreateDBInstance:0002",
      unit: "vCPU-hour",
      tiers: tiers("rds:extended-support"),
      attributes: {
        ...at,
        databaseEngine: "MySQL",
        engineMajorVersion: "8.0",
        extendedSupportPricingYear: "Year 1, Year 2",
      },
    },
    {
      ...ebs,
      family: "Storage",
      usagetype: `${prefix}EBS:VolumeUsage.gp3`,
      tiers: tiers("ebs:gp3"),
      attributes: { ...at, volumeApiName: "gp3", volumeType: "General Purpose", storageMedia: "SSD-backed" },
    },
    {
      ...ebs,
      family: "Storage Snapshot",
      usagetype: `${prefix}EBS:SnapshotUsage`,
      tiers: tiers("ebs:snapshot"),
      attributes: { ...at, storageMedia: "Amazon S3" },
    },
    {
      ...address,
      usagetype: `${youngPrefix}PublicIPv4:InUseAddress`,
      attributes: { ...at, group: "VPCPublicIPv4Address" },
    },
    {
      ...address,
      usagetype: `${youngPrefix}PublicIPv4:IdleAddress`,
      attributes: { ...at, group: "VPCPublicIPv4Address" },
    },
    {
      ...nat,
      usagetype: `${prefix}NatGateway-Hours`,
      operation: "NatGateway",
      unit: "Hrs",
      tiers: tiers("nat:gateway"),
      attributes: at,
    },
    {
      ...nat,
      usagetype: `${prefix}NatGateway-Bytes`,
      operation: "NatGateway",
      unit: "GB",
      tiers: tiers("nat:gateway-data"),
      attributes: at,
    },
    {
      ...nat,
      usagetype: `${prefix}RegionalNatGateway-Bytes`,
      operation: "RegionalNatGateway",
      unit: "GB",
      tiers: tiers("nat:gateway-data"),
      attributes: at,
    },
    { ...elb, usagetype: `${prefix}LoadBalancerUsage`, unit: "Hrs", tiers: tiers("alb:hour") },
    { ...elb, usagetype: `${prefix}LCUUsage`, unit: "LCU-Hrs", tiers: tiers("alb:lcu") },
    {
      ...elb,
      usagetype: `${prefix}Outposts-LCUUsage`,
      unit: "LCU-Hrs",
      tiers: free,
      attributes: { ...at, locationType: "AWS Outposts" },
    },
    {
      service: "AWSDataTransfer",
      family: "Data Transfer",
      usagetype: `${prefix}DataTransfer-Out-Bytes`,
      unit: "GB",
      tiers: tiers("data:out"),
      attributes: { ...transfer, toLocation: "External", toLocationType: "Other", transferType: "AWS Outbound" },
    },
    {
      service: "AWSDataTransfer",
      family: "Data Transfer",
      usagetype: `${prefix}DataTransfer-Regional-Bytes`,
      unit: "GB",
      tiers: tiers("data:cross-zone"),
      attributes: { ...transfer, toLocation: location, toRegionCode: region, transferType: "IntraRegion" },
    },
    {
      service: "AmazonEFS",
      family: "Storage",
      usagetype: `${youngPrefix}TimedStorage-ByteHrs`,
      unit: "GB-Mo",
      tiers: tiers("efs:standard"),
      attributes: { ...at, storageClass: "General Purpose" },
    },
    {
      service: "AmazonEFS",
      family: "Storage",
      usagetype: `${youngPrefix}IATimedStorage-ByteHrs`,
      unit: "GB-Mo",
      tiers: tiers("efs:ia"),
      attributes: infrequent,
    },
    ...["Read", "Write"].map(
      (accessType): Made => ({
        service: "AmazonEFS",
        family: "Storage",
        usagetype: `${youngPrefix}IADataAccess-Bytes`,
        operation: accessType,
        unit: "GB",
        tiers: tiers("efs:ia-access"),
        attributes: { ...infrequent, accessType },
      }),
    ),
    {
      service: "AmazonCloudWatch",
      family: "Alarm",
      usagetype: `${prefix}CW:AlarmMonitorUsage`,
      operation: "Unknown",
      unit: "Alarms",
      tiers: tiers("cloudwatch:alarm"),
      attributes: { ...at, alarmType: "Standard" },
    },
  ];
}

/** What costs the same everywhere: without a regionCode. */
function madeForAll(): readonly Made[] {
  const tiers = (item: string): readonly Tier[] => tiersOf(shippedPrices, item, "global");
  const anywhere = { location: "Any", locationType: "AWS Region" };
  return [
    ...["DashboardsUsageHour-Basic", "DashboardsUsageHour"].map(
      (usagetype): Made => ({
        service: "AmazonCloudWatch",
        family: "Dashboard",
        usagetype,
        operation: "DashboardHour",
        unit: "Dashboards",
        tiers: tiers("cloudwatch:dashboard"),
        attributes: anywhere,
      }),
    ),
    {
      service: "AmazonRoute53",
      family: "DNS Zone",
      usagetype: "HostedZone",
      operation: "HostedZone",
      unit: "HostedZone",
      tiers: tiers("route53:zone"),
      attributes: {},
    },
    {
      service: "AmazonRoute53",
      family: "DNS Query",
      usagetype: "DNS-Queries",
      unit: "Queries",
      tiers: tiers("route53:queries").map(({ from, usd }) => ({ from: from * 1_000_000, usd: usd / 1_000_000 })),
      attributes: { routingType: "Standard", routingTarget: "External" },
    },
  ];
}

let all: readonly ListedProduct[] | undefined;

/** The sandbox's price list: all regions in one, as AWS's API has it. */
export function listedProducts(): readonly ListedProduct[] {
  all ??= [...PLACES.flatMap(madeIn), ...madeForAll()].filter(({ tiers }) => tiers.length > 0).map(listed);
  return all;
}
