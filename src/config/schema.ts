import { domainToASCII } from "node:url";
import * as z from "zod";
import { knownPartition } from "../aws/partition.ts";
import { type Cidr, cidr, cidrOf, contains, formatCidr, overlaps, parseAddress, parseCidr } from "../lib/cidr.ts";
import { KMS_KEY_EXAMPLES, KMS_KEY_PATTERN, kmsKeyComplaint } from "./kms-key.ts";
import {
  DEBIAN_PACKAGE,
  ENVIRONMENT_VARIABLE,
  GIT_ADDRESS,
  GIT_ADDRESS_LENGTH,
  GIT_REVISION,
  HEALTH_CHECK_PATH,
  PROJECT_PATH,
  PYTHON_MODULE,
  REGION,
  WSGI_ENTRY,
} from "./patterns.ts";
import { quote } from "./quote.ts";
import { checkTogether, touches } from "./together.ts";

/** What is wrong with a value, and what would be right. */
export interface Complaint {
  readonly message: string;
  readonly hint?: string | undefined;
}

/** The images that `image.base` may name; others are named by a public SSM parameter or an AMI id. */
export const IMAGE_NAMES = ["ubuntu-22.04", "ubuntu-24.04"] as const;

/** The tag keys that the tool keeps for itself start with this. */
const OWN_TAG_PREFIX = "buddyverse:";

/**
 * The zones of a region where none are named: a and c, as in Seoul. Some regions have no c, or not for every account;
 * there a and b. `doctor` asks AWS whether the account has them.
 */
export function defaultZones(region: string): string[] {
  const second = ["ca-central-1", "cn-north-1", "us-west-1"].includes(region) ? "b" : "c";
  return [`${region}a`, `${region}${second}`];
}

// ---- Kinds of values ----------------------------------------------------------------------------------------------

/** A text with one check. `pattern` is only for editors: the check decides. */
function text(
  check: (value: string) => Complaint | undefined,
  forEditors: { readonly pattern?: string; readonly examples?: string[] } = {},
) {
  return z
    .string({ error: "must be a text in quotes" })
    .superRefine((value, ctx) => {
      const complaint = check(value);
      if (complaint !== undefined)
        ctx.addIssue({ code: "custom", message: complaint.message, params: { hint: complaint.hint } });
    })
    .meta(forEditors);
}

function matching(pattern: RegExp, message: string, hint?: (value: string) => string | undefined) {
  return text(
    (value) => (pattern.test(value) ? undefined : { message: `${quote(value)} ${message}`, hint: hint?.(value) }),
    {
      pattern: pattern.source,
    },
  );
}

function whole(min: number, max: number, unit = "") {
  const error = `must be a whole number from ${min} to ${max}${unit === "" ? "" : ` (${unit})`}`;
  return z.int({ error }).min(min, { error }).max(max, { error });
}

const yesNo = () => z.boolean({ error: "must be true or false" });

function group<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, { error: `must be an object { … } with the keys ${Object.keys(shape).join(", ")}` });
}

function oneOf<const Values extends readonly string[]>(values: Values) {
  return z.enum(values, { error: `must be ${values.map(quote).join(" or ")}` });
}

const CIDR_FOR_EDITORS = String.raw`\d+\.\d+\.\d+\.\d+/\d+`;

/** Lengths of prefixes: what is allowed, and what a person most likely means who wrote none. */
interface Sizes {
  readonly largest: number;
  readonly smallest: number;
  readonly usual: number;
}

type RangeCheck = (range: Cidr) => Complaint | undefined;

/** A canonical IPv4 range: AWS would rewrite another one, and then it would differ from the config for ever. */
function cidrText(sizes: Sizes, also?: RangeCheck) {
  return text((value) => cidrComplaint(value, sizes, also), { pattern: `^${CIDR_FOR_EDITORS}$` });
}

function cidrComplaint(value: string, { largest, smallest, usual }: Sizes, also?: RangeCheck): Complaint | undefined {
  const sized = (address: number, prefix: number) => formatCidr(cidrOf(address, prefix));
  const range = parseCidr(value);
  if (range === undefined) {
    if (value.includes(":"))
      return { message: `${quote(value)} is IPv6`, hint: "the stack is IPv4: give an IPv4 range" };
    const address = parseAddress(value);
    let hint = address === undefined ? "such as 172.31.10.0/24" : `write ${sized(address, usual)}`;
    if (address === 0) hint = "write 0.0.0.0/0 only if you mean the whole internet";
    return { message: `${quote(value)} is not an IPv4 range`, hint };
  }
  const { first, prefix } = range;
  if (range.address !== first)
    return { message: `${value} has bits set after its first ${prefix}`, hint: `write ${formatCidr(range)}` };
  if (prefix < largest)
    return { message: `${value} is too large`, hint: `/${largest} is the largest, such as ${sized(first, largest)}` };
  if (prefix > smallest)
    return {
      message: `${value} is too small`,
      hint: `/${smallest} is the smallest, such as ${sized(first, smallest)}`,
    };
  return also?.(range);
}

/** Ranges in which no host can live (RFC 6890). */
const NOT_FOR_HOSTS = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"].map(cidr);
/** RFC 1918 and, for carriers and VPCs alike, RFC 6598. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(cidr);

const vpcCidr = () =>
  cidrText({ largest: 16, smallest: 28, usual: 16 }, (range) =>
    NOT_FOR_HOSTS.some((reserved) => overlaps(reserved, range))
      ? {
          message: `${formatCidr(range)} is reserved, no host can live in it`,
          hint: "use a private range, such as 172.31.0.0/16 or 10.0.0.0/16",
        }
      : undefined,
  );

function subnets(smallest: number, what: string, defaults: string[]) {
  const error = "must be a list [ … ] of two or three IPv4 ranges, one per zone";
  return z
    .array(cidrText({ largest: 16, smallest, usual: 24 }), { error })
    .default(defaults)
    .describe(
      `IPv4 ranges of the ${what}, one per zone, in the order of the zones: /16 to /${smallest}, inside network.cidr.`,
    );
}

const kmsKey = (what: string) =>
  text(kmsKeyComplaint, { pattern: KMS_KEY_PATTERN, examples: KMS_KEY_EXAMPLES })
    .nullable()
    .default(null)
    .describe(
      `KMS key that ${what} encrypted with, by its alias or ARN, of the stack's region. null: AWS's own. Chosen when it is created, for ever.`,
    );

const instanceType = (what: string) =>
  matching(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "is not an EC2 instance type", (value) =>
    /^db\..+\..+$/.test(value) ? `EC2 calls it ${quote(value.slice(3))}` : 'such as "t3.micro"',
  )
    .default("t3.micro")
    .describe(`EC2 instance type of ${what}.`);

const DOMAIN = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z]{2,63}|xn--[a-z0-9-]{1,58}[a-z0-9])$/;

function domainComplaint(value: string): Complaint | undefined {
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

function regionComplaint(value: string): Complaint | undefined {
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

function imageComplaint(value: string): Complaint | undefined {
  const known = (IMAGE_NAMES as readonly string[]).includes(value);
  if (known || /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(value) || /^\/aws\/service\/[\w.-]+(\/[\w.-]+)*$/.test(value))
    return undefined;
  return {
    message: `${quote(value)} is not an image`,
    hint: `use ${IMAGE_NAMES.map(quote).join(", ")}, a public SSM parameter (/aws/service/…) or an AMI id (ami-…)`,
  };
}

function gitComplaint(value: string): Complaint | undefined {
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

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_CHARACTERS = "letters, digits, spaces and _ . : / = + - @ only";

function tagKeyComplaint(key: string): Complaint | undefined {
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

function tagValueComplaint(value: string): Complaint | undefined {
  if (value.length > 256) return { message: `the value is ${value.length} characters long`, hint: "use 256 at most" };
  if (!TAG_TEXT.test(value)) return { message: "the value holds characters that AWS refuses", hint: TAG_CHARACTERS };
  return undefined;
}

// ---- The application ----------------------------------------------------------------------------------------------

const variable = () =>
  matching(
    ENVIRONMENT_VARIABLE,
    "is not a name of an environment variable: letters, digits and underscores, not a digit first; BUDDYVERSE_ begins the tool's own",
  );

const foundWhenNull = (what: string) => `${what} null: found by looking at the project.`;

const appKeys = group({
  directory: matching(PROJECT_PATH, "is not a path inside the project", () => 'such as "backend"')
    .nullable()
    .default(null)
    .describe(foundWhenNull("Folder of manage.py in the project.")),
  settings: matching(PYTHON_MODULE, "is not a Python module", () => 'such as "config.settings"')
    .nullable()
    .default(null)
    .describe(foundWhenNull("DJANGO_SETTINGS_MODULE.")),
  wsgi: matching(WSGI_ENTRY, "is not a Python module", () => 'such as "config.wsgi" or "config.wsgi:application"')
    .nullable()
    .default(null)
    .describe(foundWhenNull("The WSGI entry: its module, and after a colon its name where that is not application.")),
  requirements: matching(
    PROJECT_PATH,
    "is not a path inside the project",
    () => 'such as "requirements/production.txt"',
  )
    .nullable()
    .default(null)
    .describe(foundWhenNull("What pip installs: a requirements file or a pyproject.toml.")),
  packages: z
    .array(
      matching(DEBIAN_PACKAGE, "is not a name of an Ubuntu package", () => 'such as "libpq-dev"'),
      {
        error: "must be a list [ … ] of names of Ubuntu packages",
      },
    )
    .default([])
    .describe("Ubuntu packages that the application needs beside what is there."),
  env: z
    .record(variable(), text(envValueComplaint), { error: 'must be an object { "KEY": "value" }' })
    .default({})
    .describe(
      "Environment of the application. No place for secrets: whoever may look at the launch template reads it.",
    ),
  secrets: z
    .array(variable(), { error: 'must be a list [ … ] of names, as ["STRIPE_KEY"]' })
    .default([])
    .describe("Environment variables whose values are kept in SSM Parameter Store: `buddyverse secret set KEY`."),
  release: text(releaseComplaint)
    .nullable()
    .default(null)
    .describe(
      'Command that runs once for each release, before it takes requests. null: "python manage.py migrate --noinput" where there is a manage.py. "": none.',
    ),
  healthCheckPath: matching(HEALTH_CHECK_PATH, "is not a path: it starts with / and holds no spaces")
    .nullable()
    .default(null)
    .describe("Path that the load balancer asks the application for; it must answer 200. null: web.healthCheckPath."),
});

function envValueComplaint(value: string): Complaint | undefined {
  // The environment is text ended by NUL; all of it is user data, of which EC2 takes 16 KB.
  if (value.includes("\0")) return { message: "the value holds a NUL character" };
  return value.length > 2048
    ? { message: `the value is ${value.length} characters long`, hint: "use 2048 at most" }
    : undefined;
}

function releaseComplaint(value: string): Complaint | undefined {
  if (/[\n\r\0]/.test(value))
    return { message: "must be one line", hint: "put several commands into a script of the project" };
  return value.length > 500
    ? { message: `is ${value.length} characters long`, hint: "put it into a script of the project" }
    : undefined;
}

// ---- The config ---------------------------------------------------------------------------------------------------

const shape = {
  $schema: z
    .string({ error: "must be a text in quotes" })
    .optional()
    .describe("The JSON Schema of this file, for editors."),
  // RDS identifiers and load balancer names end on no hyphen and (RDS) double none.
  stack: matching(
    /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "is not a stack name: lower-case letters, digits and single hyphens inside, a letter first, 20 characters at most",
    (value) => {
      const near = value
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^[^a-z]+/, "")
        .slice(0, 20)
        .replace(/-$/, "");
      return near === "" ? 'such as "buddyverse"' : `such as ${quote(near)}`;
    },
  )
    .default("buddyverse")
    .describe(
      "Name of the stack: it is in tags, parameter names and bucket names, and tells two stacks of one account apart. For ever.",
    ),
  region: text(regionComplaint, { pattern: REGION.source }).default("ap-northeast-2").describe("AWS region."),
  zones: z
    .array(z.string({ error: "must be a text in quotes" }), { error: "must be a list [ … ] of two or three zones" })
    .min(2, { error: "a load balancer needs two zones" })
    .max(3, { error: "three zones are the most" })
    .optional()
    .describe(
      "Availability zones, two or three, all of the region. Without this key: a and c of the region (a and b in ca-central-1, cn-north-1, us-west-1).",
    ),
  network: group({
    cidr: vpcCidr().default("172.31.0.0/16").describe("IPv4 range of the VPC, /16 to /28."),
    // An ALB asks for /27 at least and 8 free addresses.
    public: subnets(27, "public subnets (load balancer, NAT, bastions)", ["172.31.10.0/24", "172.31.20.0/24"]),
    web: subnets(28, "private subnets of the web instances", ["172.31.11.0/24", "172.31.21.0/24"]),
    db: subnets(28, "private subnets of the databases", ["172.31.12.0/24", "172.31.22.0/24"]),
  })
    .prefault({})
    .describe("The VPC and its subnets."),
  nat: group({
    mode: oneOf(["instance", "gateway"])
      .default("instance")
      .describe(
        "How the private subnets reach the internet: an EC2 instance per zone (cheap) or a NAT gateway per zone (managed).",
      ),
    instanceType: instanceType("the NAT instances; without effect in gateway mode"),
  })
    .prefault({})
    .describe("The way out for the private subnets."),
  bastion: group({
    instanceType: instanceType("the bastions"),
    allowedCidrs: z
      .array(
        text(
          (value) => (value === "my-ip" ? undefined : cidrComplaint(value, { largest: 0, smallest: 32, usual: 32 })),
          {
            pattern: `^(my-ip|${CIDR_FOR_EDITORS})$`,
            examples: ["my-ip", "203.0.113.7/32"],
          },
        ),
        { error: 'must be a list [ … ] of IPv4 ranges or "my-ip"' },
      )
      .default(["my-ip"])
      .describe(
        'Who may reach the bastions by ssh: IPv4 ranges, or "my-ip" for the public address of whoever runs `up`.',
      ),
    publicKeyFile: text((value) =>
      value.trim() === "" ? { message: "is empty", hint: "name a file, or use null for a new key pair" } : undefined,
    )
      .nullable()
      .default(null)
      .describe(
        "OpenSSH public key for the instances, relative to this file. null: a key pair is made, its private key written beside the state file.",
      ),
  })
    .prefault({})
    .describe("The bastions, one per zone."),
  efs: group({
    transitionToIaDays: z
      .literal([1, 7, 14, 30, 60, 90, 180, 270, 365], {
        error: "must be 1, 7, 14, 30, 60, 90, 180, 270, 365 (days) or null",
      })
      .nullable()
      .default(30)
      .describe("Days without access after which a file moves to the Infrequent Access class. null: never."),
    backup: yesNo().default(true).describe("Automatic daily backups by AWS Backup."),
    kmsKey: kmsKey("the files are"),
  })
    .prefault({})
    .describe("The shared file system."),
  database: group({
    // RDS offers 8.0 and 8.4 of MySQL 8; 8.1 to 8.3 were previews only.
    engineVersion: matching(
      /^8\.[04](\.\d{1,2})?$/,
      "is not a MySQL version that RDS offers here",
      () => 'write "8.4", or a full one such as "8.4.7"',
    )
      .default("8.4")
      .describe('MySQL version: "8.4" (AWS picks the minor) or a full one. 8.0 costs Extended Support money.'),
    instanceClass: matching(/^db\.[a-z][a-z0-9-]*(\.[a-z0-9-]+)+$/, "is not an RDS instance class", (value) =>
      /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(value) ? `RDS calls it ${quote(`db.${value}`)}` : 'such as "db.t3.micro"',
    )
      .default("db.t3.micro")
      .describe("RDS instance class of the primary and the replica."),
    storageGiB: whole(20, 65536, "GiB").default(20).describe("gp3 storage, GiB. It can grow, never shrink."),
    maxStorageGiB: whole(22, 65536, "GiB")
      .nullable()
      .default(null)
      .describe("AWS lets the storage grow by itself, when it is nearly full, up to this. null: it does not."),
    apply: oneOf(["now", "window"])
      .default("now")
      .describe(
        "When changes are made that a database is away for: now, while `up` waits and only where an outage is allowed, or in the instance's maintenance window, for which `up` does not wait.",
      ),
    backupRetentionDays: whole(0, 35, "days")
      .default(1)
      .describe("Days that automated backups are kept. A replica needs at least 1; 0 turns them off."),
    replica: yesNo().default(true).describe("A read replica in the second zone."),
    deletionProtection: yesNo().default(false).describe("Refuse to delete the database until this is false."),
    kmsKey: kmsKey("the databases and their backups are"),
  })
    .prefault({})
    .describe("RDS for MySQL."),
  image: group({
    base: text(imageComplaint, { examples: [...IMAGE_NAMES] })
      .default("ubuntu-22.04")
      .describe(
        "What the web image starts from: a name that the tool knows, a public SSM parameter (/aws/service/…) or an AMI id.",
      ),
    app: z
      .union(
        [
          group({
            git: text(gitComplaint, { pattern: "^https://" }).describe("https address of the repository."),
            revision: matching(
              GIT_REVISION,
              "is not a branch, tag or commit",
              () => 'such as "main" or "v1.2.0"; a commit makes the image repeatable',
            ).describe("Branch, tag or commit."),
          }),
          group({
            folder: text((value) =>
              value.trim() === "" ? { message: "is empty", hint: 'such as "./site"' } : undefined,
            ).describe("Folder with the Django project, relative to this file."),
          }),
        ],
        { error: 'must be null, { "git": "https://…", "revision": "…" } or { "folder": "./…" }' },
      )
      .nullable()
      .default(null)
      .describe("The Django application. null: a small built-in page, which shows the instance and both databases."),
    keep: whole(1, 20, "images")
      .default(3)
      .describe("Images of the last releases that stay, for `rollback`; older ones go when no instance runs them."),
  })
    .prefault({})
    .describe("The image of the web instances."),
  app: appKeys
    .prefault({})
    .describe("How the application of `image.app` runs. Most of it is found by looking at the project."),
  web: group({
    instanceType: instanceType("the web instances"),
    volumeGiB: whole(8, 16384, "GiB").default(8).describe("Root volume (gp3, encrypted), GiB."),
    min: whole(1, 1000, "instances").default(2).describe("Fewest instances."),
    desired: whole(1, 1000, "instances").default(2).describe("Instances at the start; then the load decides."),
    max: whole(1, 1000, "instances").default(4).describe("Most instances."),
    cpuTarget: z
      .number({ error: "must be a number from 1 to 100 (percent)" })
      .min(1, { error: "must be a number from 1 to 100 (percent)" })
      .max(100, { error: "must be a number from 1 to 100 (percent)" })
      .default(50)
      .describe("Average CPU that the group keeps to, percent."),
    healthCheckPath: matching(HEALTH_CHECK_PATH, "is not a path: it starts with / and holds no spaces", (value) =>
      /^[!-.0-~][!-~]*$/.test(value) && !value.includes("://")
        ? `write ${quote(`/${value}`)}`
        : 'such as "/" or "/health"',
    )
      .default("/")
      .describe("Path that the load balancer asks for; it must answer 200."),
    stickinessSeconds: whole(0, 604800, "seconds")
      .default(86400)
      .describe("How long a visitor stays on one instance, seconds. 0: not at all."),
  })
    .prefault({})
    .describe("The web instances and their Auto Scaling group."),
  cpuCredits: z
    .enum(["standard", "unlimited"], { error: 'must be "standard", "unlimited" or null' })
    .nullable()
    .default(null)
    .describe(
      "How burstable (T) instances pay for CPU above their baseline: standard, with credits that they have earned; unlimited, at extra cost when these are spent. null: AWS's default, unlimited for T3, T3a and T4g, standard for T2.",
    ),
  domain: group({
    name: text(domainComplaint, { pattern: DOMAIN.source })
      .default("buddyverse.link")
      .describe("Domain name of the site."),
    www: yesNo().default(true).describe("Serve www.<name> too."),
    zone: oneOf(["existing", "create"])
      .default("existing")
      .describe(
        'The Route 53 hosted zone: "existing" is looked for, "create" makes one (whose name servers you then enter at the registrar).',
      ),
    takeOver: yesNo()
      .default(false)
      .describe(
        "The site moves here: when it answers, its names' records that lead elsewhere are replaced in one step, and down puts them back.",
      ),
  })
    .nullable()
    .prefault({})
    .describe("Domain and certificate. null: the site answers by http at the load balancer's own name."),
  monitoring: group({
    email: matching(
      /^[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$/,
      "is not an e-mail address",
      () => 'such as "ops@buddyverse.link", or null',
    )
      .nullable()
      .default(null)
      .describe("Address that alarms are sent to; AWS asks it to confirm first. null: no mail."),
  })
    .prefault({})
    .describe("Alarms."),
  tags: z
    .record(
      text(tagKeyComplaint, { pattern: TAG_TEXT.source }),
      text(tagValueComplaint, { pattern: TAG_TEXT.source }),
      {
        error: 'must be an object { "key": "value" }',
      },
    )
    .default({})
    .describe("Tags for every resource, 40 at most."),
};

/** The config file: every key has a default, so that `{}` is valid. The result is complete, without `$schema`. */
export const configSchema = group(shape)
  .superRefine(
    (config, ctx) =>
      checkTogether(
        config,
        (path, message, hint) => ctx.addIssue({ code: "custom", path: [...path], message, params: { hint } }),
        (...path) => !ctx.issues.some((issue) => touches(issue, path)),
      ),
    // Also when a single value is wrong: all mistakes are shown at once.
    { when: ({ value }) => typeof value === "object" && value !== null && !Array.isArray(value) },
  )
  .transform(({ $schema: _, stack, region, zones, ...rest }) => ({
    stack,
    region,
    zones: zones ?? defaultZones(region),
    ...rest,
  }));

/** The file's values, each in its form, not yet checked together. */
export type Unchecked = z.output<z.ZodObject<typeof shape>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** A complete, valid config. */
export type Config = DeepReadonly<z.output<typeof configSchema>>;
/** What may stand in the file: everything is optional. */
export type ConfigInput = DeepReadonly<z.input<typeof configSchema>>;

// ---- What is allowed, but worth a word ----------------------------------------------------------------------------

/** What a valid config allows, but a person may not want. */
export function warningsFor(config: Config): { readonly path: string; readonly message: string }[] {
  const warnings: { path: string; message: string }[] = [];
  const warn = (path: string, message: string) => warnings.push({ path, message });
  const vpc = cidr(config.network.cidr);
  if (!PRIVATE.some((range) => contains(range, vpc)))
    warn(
      "network.cidr",
      `${config.network.cidr} is a public range: the hosts that really have these addresses cannot be reached from the VPC.`,
    );
  // https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
  if (overlaps(vpc, cidr("172.17.0.0/16")))
    warn("network.cidr", "172.17.0.0/16 is Docker's range, and some AWS services use it: choose another one.");
  config.bastion.allowedCidrs.forEach((range, i) => {
    if (range.endsWith("/0"))
      warn(`bastion.allowedCidrs[${i}]`, `${range} lets the whole internet try to log in to the bastions.`);
  });
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-standard-mode-concepts.html
  if (config.cpuCredits === "standard" && /^t[3-9]/.test(config.web.instanceType))
    warn(
      "cpuCredits",
      `A new ${config.web.instanceType} has no credits: in standard mode it is held at its baseline until it has earned some. Setting up the image and booting take several times as long, and the group does not grow while its CPU cannot pass web.cpuTarget (${config.web.cpuTarget} %).`,
    );
  if (config.database.engineVersion.startsWith("8.0"))
    warn(
      "database.engineVersion",
      "MySQL 8.0 left RDS standard support on 31 July 2026 and costs Extended Support money: use 8.4.",
    );
  if (config.database.backupRetentionDays === 0)
    warn("database.backupRetentionDays", "0 days: there are no automated backups of the database.");
  else if (config.database.deletionProtection && config.database.backupRetentionDays < 7)
    warn(
      "database.backupRetentionDays",
      `A protected database holds data that counts, and can be restored to the last ${config.database.backupRetentionDays === 1 ? "day" : `${config.database.backupRetentionDays} days`} only: 7 days or more leave time to notice what went wrong. Backups as large as the storage are free.`,
    );
  if (config.region.startsWith("cn-"))
    warn(
      "region",
      "In China a site may be served publicly only with an ICP recordal (Getting Started with Amazon Web Services in China).",
    );
  if (config.domain === null)
    warn("domain", "Without a domain the site has no https: passwords and personal data travel unencrypted.");
  else if (config.domain.www && config.domain.name.startsWith("www."))
    warn(
      "domain.www",
      `The site answers at www.${config.domain.name}, too: set domain.www to false, or take "www." off domain.name.`,
    );
  return warnings;
}

// ---- For editors --------------------------------------------------------------------------------------------------

/** The JSON Schema of the config file: its input side, where every key may be left out. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, { io: "input", target: "draft-7" });
  return { $schema, title: "buddyverse.config.json", ...rest };
}

/** The text of `buddyverse.config.schema.json`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
