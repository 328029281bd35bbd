/** What AWS's price list calls each price of the table. */

/** One price in AWS's price list: the filters that AWS applies, and what tells the product from its neighbours. */
export interface Query {
  /** AWS's ServiceCode. */
  readonly service: string;
  /** Attribute or `productFamily`, and its whole value. */
  readonly filters: Readonly<Record<string, string>>;
  /** The usage type without the prefix of the region, which AWS does not derive from the region's name. */
  readonly usage: RegExp;
  /** Attributes that are told apart here, so that one answer serves several prices. */
  readonly also?: Readonly<Record<string, string>>;
  /** Storage stands in the list for MySQL, or once for "Any" engine. */
  readonly ofEngine?: true;
  /** One year, no upfront; undefined: on demand. */
  readonly reserved?: "standard" | "convertible";
  /** The table's unit. */
  readonly unit: string;
  /** AWS's words for the unit, in small letters. */
  readonly awsUnits: readonly string[];
  /** How many of AWS's units are one of ours. */
  readonly times?: number;
  /** One price for all regions. */
  readonly global?: true;
}

const HOURS = { unit: "hour", awsUnits: ["hrs", "hours", "hour"] };
const GB_MONTHS = { unit: "GB-month", awsUnits: ["gb-mo", "gb-month"] };
const GB = { unit: "GB", awsUnits: ["gb", "gigabytes"] };

/** `NatGateway-Hours` with a region's prefix or none, and nothing else: not `APN2-RegionalNatGateway-Hours`. */
const usage = (name: string) => new RegExp(`^([A-Z0-9]+-)?${name}$`);

// Service codes, families, attributes: the resource definitions of github.com/infracost/infracost (internal/resources/aws),
// which are run against this list. Usage types: AWS's bills and price files for Seoul, as the sources B1, B2, B3 and P1 of
// the price table quote them. Where something else is the source it stands there.
function fixed(region: string): Readonly<Record<string, Query>> {
  const regionCode = region;
  const elb = {
    service: "AWSELB",
    filters: { regionCode, productFamily: "Load Balancer-Application", locationType: "AWS Region" },
  };
  const nat = { service: "AmazonEC2", filters: { regionCode, productFamily: "NAT Gateway" } };
  // Three products: storage; reads and writes at one price (EFS guide, "Understanding your Amazon EFS bills").
  const infrequent = { service: "AmazonEFS", filters: { regionCode, storageClass: "Infrequent Access" } };
  return {
    "ebs:gp3": {
      service: "AmazonEC2",
      filters: { regionCode, productFamily: "Storage", volumeApiName: "gp3" },
      usage: usage("EBS:VolumeUsage\\.gp3"),
      ...GB_MONTHS,
    },
    "ebs:snapshot": {
      service: "AmazonEC2",
      filters: { regionCode, productFamily: "Storage Snapshot" },
      usage: usage("EBS:SnapshotUsage"),
      ...GB_MONTHS,
    },
    // It has no product family; the group holds idle addresses and whole blocks too.
    "vpc:public-ipv4": {
      service: "AmazonVPC",
      filters: { regionCode, group: "VPCPublicIPv4Address" },
      usage: usage("PublicIPv4:InUseAddress"),
      ...HOURS,
    },
    "nat:gateway": { ...nat, usage: usage("NatGateway-Hours"), ...HOURS },
    "nat:gateway-data": { ...nat, usage: usage("NatGateway-Bytes"), ...GB },
    "alb:hour": { ...elb, usage: usage("LoadBalancerUsage"), ...HOURS },
    "alb:lcu": { ...elb, usage: usage("LCUUsage"), unit: "LCU-hour", awsUnits: ["lcu-hrs", "lcu-hours", "lcu-hour"] },
    // Data transfer has a region at each end, and no regionCode.
    "data:out": {
      service: "AWSDataTransfer",
      filters: { fromRegionCode: region, toLocation: "External", transferType: "AWS Outbound" },
      usage: usage("DataTransfer-Out-Bytes"),
      ...GB,
    },
    "data:cross-zone": {
      service: "AWSDataTransfer",
      filters: { fromRegionCode: region, transferType: "IntraRegion" },
      usage: usage("DataTransfer-Regional-Bytes"),
      ...GB,
    },
    "efs:standard": {
      service: "AmazonEFS",
      filters: { regionCode, storageClass: "General Purpose" },
      usage: usage("TimedStorage-ByteHrs"),
      ...GB_MONTHS,
    },
    "efs:ia": { ...infrequent, usage: usage("IATimedStorage-ByteHrs"), ...GB_MONTHS },
    "efs:ia-access": { ...infrequent, usage: usage("IADataAccess-Bytes"), ...GB },
    "efs:backup": {
      service: "AWSBackup",
      filters: { regionCode, productFamily: "AWS Backup Storage" },
      usage: usage("WarmStorage-ByteHrs-EFS"),
      ...GB_MONTHS,
    },
    "rds:backup": {
      service: "AmazonRDS",
      filters: { regionCode, productFamily: "Storage Snapshot" },
      usage: usage("RDS:ChargedBackupUsage"),
      ofEngine: true,
      ...GB_MONTHS,
    },
    // Filters: github.com/aws-samples/rds-extended-support-cost-estimator.
    "rds:extended-support": {
      service: "AmazonRDS",
      filters: { regionCode, databaseEngine: "MySQL", extendedSupportPricingYear: "Year 1, Year 2" },
      usage: usage("ExtendedSupport:Yr1-Yr2:MySQL8\\.0"),
      unit: "vCPU-hour",
      awsUnits: ["vcpu-hour", "vcpu-hours", "vcpu-hrs", "vcpu hour"],
    },
    "cloudwatch:alarm": {
      service: "AmazonCloudWatch",
      filters: { regionCode, productFamily: "Alarm" },
      usage: usage("CW:AlarmMonitorUsage"),
      unit: "month",
      awsUnits: ["alarms"],
    },
    // Up to 50 metrics (CloudWatch guide, "Analyzing CloudWatch billing"). "Any" location, no regionCode.
    "cloudwatch:dashboard": {
      service: "AmazonCloudWatch",
      filters: { productFamily: "Dashboard" },
      usage: /^DashboardsUsageHour-Basic$/,
      unit: "month",
      awsUnits: ["dashboards"],
      global: true,
    },
    "route53:zone": {
      service: "AmazonRoute53",
      filters: { productFamily: "DNS Zone" },
      usage: /^HostedZone$/,
      unit: "month",
      awsUnits: ["hostedzone", "mo", "month"],
      global: true,
    },
    "route53:queries": {
      service: "AmazonRoute53",
      filters: { productFamily: "DNS Query", routingType: "Standard" },
      usage: /^DNS-Queries$/,
      unit: "million",
      awsUnits: ["queries"],
      times: 1_000_000,
      global: true,
    },
  };
}

/** Prices of the table that are not in AWS's price list, and why. */
const NOT_IN_LIST: Readonly<Record<string, string>> = {
  "ssm:standard-parameter": "AWS charges nothing for it",
  "acm:public-certificate": "AWS charges nothing for it",
  "route53:registration": "it depends on the ending of the name, and on the registrar",
};

/** How to find an item's price in AWS's price list; or why it is not there, as a clause. */
export function queryOf(item: string, region: string): Query | string {
  const [, type, term] = /^ec2:([^:]+)(?::(reserved|convertible)-1y)?$/.exec(item) ?? [];
  if (type !== undefined) {
    return {
      service: "AmazonEC2",
      filters: {
        regionCode: region,
        productFamily: "Compute Instance",
        instanceType: type,
        operatingSystem: "Linux",
        tenancy: "Shared",
        preInstalledSw: "NA",
        licenseModel: "No License required",
        capacitystatus: "Used",
      },
      usage: usage(`BoxUsage:${type.replaceAll(".", "\\.")}`),
      ...(term === undefined ? {} : { reserved: term === "reserved" ? "standard" : "convertible" }),
      ...HOURS,
    };
  }
  const [, of, zones, reserved] = /^rds:([^:]+):(single|multi)-az(:reserved-1y)?$/.exec(item) ?? [];
  if (of !== undefined) {
    // "Multi-AZ" is one standby; "Multi-AZ (readable standbys)" is another product.
    const also = { deploymentOption: zones === "multi" ? "Multi-AZ" : "Single-AZ" };
    if (of === "gp3") {
      return {
        service: "AmazonRDS",
        filters: { regionCode: region, productFamily: "Database Storage", volumeType: "General Purpose-GP3" },
        usage: usage(zones === "multi" ? "RDS:Multi-AZ-GP3-Storage" : "RDS:GP3-Storage"),
        also,
        ofEngine: true,
        ...GB_MONTHS,
      };
    }
    return {
      service: "AmazonRDS",
      filters: {
        regionCode: region,
        productFamily: "Database Instance",
        instanceType: of,
        databaseEngine: "MySQL",
        locationType: "AWS Region",
      },
      // The type in it is shortened in places (db.r5d.2xl), so the filter tells the type.
      usage: usage(zones === "multi" ? "Multi-AZUsage:.+" : "InstanceUsage:.+"),
      also,
      ...(reserved === undefined ? {} : { reserved: "standard" }),
      ...HOURS,
    };
  }
  return fixed(region)[item] ?? NOT_IN_LIST[item] ?? "this program does not know its name there";
}

/** The items that always have a query, of any region. */
export const fixedItems: readonly string[] = Object.keys(fixed(""));
