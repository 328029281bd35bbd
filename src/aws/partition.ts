import { BuddyError } from "../lib/errors.ts";

/**
 * One of AWS's clouds that have nothing in common but their APIs: accounts, ARNs and names end at its border. What differs
 * between them is written here and nowhere else.
 */
export interface Partition {
  /** As in ARNs: `arn:aws-cn:…`. */
  readonly name: string;
  /** What the host names of its services end with, and the names under which its services take roles. */
  readonly dnsSuffix: string;
  /** Where RDS publishes the certificates that its databases are signed with (RDS user guide, UsingWithRDS.SSL). */
  readonly databaseCertificates: string;
  /** The host of its console (AWS General Reference, "AWS Management Console endpoints"; the guides of China's regions and of GovCloud). */
  readonly console: string;
  /** Canonical's account, which publishes Ubuntu's images (Canonical, "Find Ubuntu images on AWS"). */
  readonly canonical: string;
}

const AWS: Partition = {
  name: "aws",
  dnsSuffix: "amazonaws.com",
  databaseCertificates: "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
  console: "console.aws.amazon.com",
  canonical: "099720109477",
};
const CHINA: Partition = {
  name: "aws-cn",
  dnsSuffix: "amazonaws.com.cn",
  databaseCertificates: "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
  console: "console.amazonaws.cn",
  canonical: "837727238323",
};
const GOVCLOUD: Partition = {
  name: "aws-us-gov",
  dnsSuffix: "amazonaws.com",
  databaseCertificates: "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
  console: "console.amazonaws-us-gov.com",
  canonical: "513442679011",
};

/** A service that is everywhere, to ask which way leads to AWS. */
export const AWS_URL = `https://sts.${AWS.dnsSuffix}/`;

/** Says the caller's public address, to anybody in any cloud. */
export const CHECK_IP = "https://checkip.amazonaws.com/";

/**
 * Where AWS publishes the CloudWatch agent (CloudWatch user guide, "Verifying the signature of the CloudWatch agent package"), and the
 * key that signs it, which is the same in any cloud (so the guide of China's regions, too).
 */
export const agentBucket = (region: string): string =>
  `https://amazoncloudwatch-agent-${region}.s3.${region}.${partitionOf(region).dnsSuffix}`;
export const AGENT_KEY = {
  url: "https://amazoncloudwatch-agent.s3.amazonaws.com/assets/amazon-cloudwatch-agent.gpg",
  fingerprint: "937616F3450B7D806CBD9725D58167303B789C72",
} as const;

/** The partition of a region; undefined: one that this program does not know (isolated and sovereign clouds). */
export function knownPartition(region: string): Partition | undefined {
  if (region.startsWith("cn-")) return CHINA;
  if (region.startsWith("us-gov-")) return GOVCLOUD;
  return /^(us-iso[a-z]?|eu-isoe|eusc)-/.test(region) ? undefined : AWS;
}

/** The partition of a region that the config takes. */
export function partitionOf(region: string): Partition {
  const partition = knownPartition(region);
  if (!partition) throw new BuddyError({ code: "internal", message: `the partition of region ${region} is not known` });
  return partition;
}

/** An ARN in the partition of the region. @param rest what comes after the partition: `s3:::bucket` */
export const arnIn = (region: string, rest: string): string => `arn:${partitionOf(region).name}:${rest}`;

/**
 * The name under which EC2, for one, takes a role: that of the partition (aws-cdk region-info, and seen in public roles of
 * China: `ec2.amazonaws.com.cn`).
 */
export const servicePrincipal = (region: string, service: string): string =>
  `${service}.${partitionOf(region).dnsSuffix}`;

/** The name under which a service takes its service-linked role: the same in every partition (IAM user guide, "AWS services that work with IAM"). */
export const linkedPrincipal = (service: string): string => `${service}.${AWS.dnsSuffix}`;

/** The domain that an endpoint of AWS is in, for NO_PROXY: ".amazonaws.com". */
export const endpointDomain = (host: string): string =>
  `.${host.replace(/:\d+$/, "").endsWith(`.${CHINA.dnsSuffix}`) ? CHINA.dnsSuffix : AWS.dnsSuffix}`;
