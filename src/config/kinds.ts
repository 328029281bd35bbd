import { domainToASCII } from "node:url";
import { knownPartition } from "../aws/partition.ts";
import { KMS_KEY_EXAMPLES, KMS_KEY_PATTERN, kmsKeyComplaint } from "./kms-key.ts";
import { GIT_ADDRESS, GIT_ADDRESS_LENGTH, REGION } from "./patterns.ts";
import { quote } from "./quote.ts";
import { type Complaint, matching, text } from "./values.ts";

/** The images that `image.base` may name; others are named by a public SSM parameter or an AMI id. */
export const IMAGE_NAMES = ["ubuntu-22.04", "ubuntu-24.04"] as const;

/** The tag keys that the tool keeps for itself start with this. */
const OWN_TAG_PREFIX = "buddyverse:";

export const kmsKey = (what: string) =>
  text(kmsKeyComplaint, { pattern: KMS_KEY_PATTERN, examples: KMS_KEY_EXAMPLES })
    .nullable()
    .default(null)
    .describe(
      `KMS key that ${what} encrypted with, by its alias or ARN, of the stack's region. null: AWS's own. Chosen when it is created, for ever.`,
    );

export const instanceType = (what: string) =>
  matching(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "is not an EC2 instance type", (value) =>
    /^db\..+\..+$/.test(value) ? `EC2 calls it ${quote(value.slice(3))}` : 'such as "t3.micro"',
  )
    .default("t3.micro")
    .describe(`EC2 instance type of ${what}.`);

export const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$/;

export function domainComplaint(value: string): Complaint | undefined {
  // ACM refuses a first name of more than 64 octets: it becomes the certificate's common name.
  if (DOMAIN.test(value))
    return value.length <= 64
      ? undefined
      : { message: `${quote(value)} is longer than 64 characters, which ACM refuses` };
  const host = domainToASCII(
    value
      .trim()
      .replace(/^[a-z]+:\/\//i, "")
      .replace(/[/:?#].*$/, "")
      .replace(/\.$/, ""),
  );
  return {
    message: `${quote(value)} is not a domain name in lower case, without scheme, port and final dot`,
    hint: DOMAIN.test(host)
      ? `write ${quote(host)}`
      : 'such as "buddyverse.link"; use null for the whole of domain to go without',
  };
}

export function regionComplaint(value: string): Complaint | undefined {
  if (!REGION.test(value)) {
    const region = /^([a-z]{2,4}(-[a-z]+){1,2}-\d{1,2})[a-z]$/.exec(value)?.[1];
    const hint = region === undefined ? 'such as "ap-northeast-2"' : `that is a zone; its region is ${quote(region)}`;
    return { message: `${quote(value)} is not a region`, hint };
  }
  if (knownPartition(value)) return undefined;
  return {
    message: `${quote(value)} is in an isolated or sovereign cloud of AWS, for which buddyverse does not know who publishes images and where the certificates of databases are`,
    hint: "use a region of the commercial cloud, of China (cn-…) or of GovCloud (us-gov-…)",
  };
}

export function imageComplaint(value: string): Complaint | undefined {
  const known = (IMAGE_NAMES as readonly string[]).includes(value);
  if (known || /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value) || /^\/aws\/service\/[\w.-]+(\/[\w.-]+)*$/.test(value))
    return undefined;
  return {
    message: `${quote(value)} is not an image`,
    hint: `use ${IMAGE_NAMES.map(quote).join(", ")}, a public SSM parameter (/aws/service/…) or an AMI id (ami-…)`,
  };
}

export function gitComplaint(value: string): Complaint | undefined {
  // Never echo this one: it may hold a password.
  if (/^https:\/\/[^/]*@/i.test(value))
    return {
      message: "the address holds a user name or password, which would end up in the image",
      hint: "use a public repository, or a folder",
    };
  if (GIT_ADDRESS.test(value)) return undefined;
  if (value.length > GIT_ADDRESS_LENGTH)
    return { message: `is longer than ${GIT_ADDRESS_LENGTH} characters`, hint: "use a shorter address" };
  return {
    message: "is not the https address of a git repository",
    hint: 'such as "https://github.com/owner/name.git"',
  };
}

export const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_CHARACTERS = "letters, digits, spaces and _ . : / = + - @ only";

export function tagKeyComplaint(key: string): Complaint | undefined {
  const lower = key.toLowerCase();
  if (key === "") return { message: "a tag's key is empty", hint: "use 1 to 128 characters" };
  if (key.length > 128) return { message: `the key is ${key.length} characters long`, hint: "use 128 at most" };
  if (!TAG_TEXT.test(key)) return { message: "the key holds characters that AWS refuses", hint: TAG_CHARACTERS };
  if (lower.startsWith("aws:"))
    return { message: 'AWS keeps keys that start with "aws:" for itself', hint: "use another key" };
  if (lower.startsWith(OWN_TAG_PREFIX))
    return { message: `buddyverse keeps keys that start with "${OWN_TAG_PREFIX}" for itself`, hint: "use another key" };
  if (lower === "name") return { message: "every resource has a Name tag of its own", hint: "use another key" };
  return undefined;
}

export function tagValueComplaint(value: string): Complaint | undefined {
  if (value.length > 256) return { message: `the value is ${value.length} characters long`, hint: "use 256 at most" };
  if (!TAG_TEXT.test(value)) return { message: "the value holds characters that AWS refuses", hint: TAG_CHARACTERS };
  return undefined;
}
