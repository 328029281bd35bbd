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
  /** Canonical's account, which publishes Ubuntu's images (Canonical, "Find Ubuntu images on AWS"). */
  readonly canonical: string;
}

const AWS: Partition = {
  name: "aws",
  dnsSuffix: "amazonaws.com",
  databaseCertificates: "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
  canonical: "099720109477",
};
const CHINA: Partition = {
  name: "aws-cn",
  dnsSuffix: "amazonaws.com.cn",
  databaseCertificates: "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
  canonical: "837727238323",
};
const GOVCLOUD: Partition = {
  name: "aws-us-gov",
  dnsSuffix: "amazonaws.com",
  databaseCertificates: "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
  canonical: "513442679011",
};

/** Says the caller's public address, to anybody in any cloud. */
export const CHECK_IP = "https://checkip.amazonaws.com/";

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

/** The name under which an AWS service takes a role: `ec2.amazonaws.com`, in China `ec2.amazonaws.com.cn`. */
export const servicePrincipal = (region: string, service: string): string =>
  `${service}.${partitionOf(region).dnsSuffix}`;
