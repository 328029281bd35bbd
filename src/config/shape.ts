import * as z from "zod";
import { FIRST } from "../aws/names.ts";
import { appKeys } from "./app-keys.ts";
import {
  DOMAIN,
  domainComplaint,
  gitComplaint,
  IMAGE_NAMES,
  imageComplaint,
  instanceType,
  kmsKey,
  regionComplaint,
  TAG_TEXT,
  tagKeyComplaint,
  tagValueComplaint,
} from "./kinds.ts";
import { BUCKET, GIT_REVISION, HEALTH_CHECK_PATH, RANGE_NAME, REGION, STATE_KEY } from "./patterns.ts";
import { quote } from "./quote.ts";
import { CIDR_FOR_EDITORS, cidrComplaint, subnets, vpcCidr } from "./ranges.ts";
import { group, matching, oneOf, text, whole, yesNo } from "./values.ts";

/** The keys of the config file: each with its form, its default and what it means. */
export const shape = {
  $schema: z
    .string({ error: "must be a text in quotes" })
    .optional()
    .describe("The JSON Schema of this file, for editors."),
  // RDS identifiers and load balancer names end on no hyphen and (RDS) double none.
  stack: matching(
    /^(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*$/,
    "is not a stack name: lower-case letters, digits and single hyphens inside, a letter first, 20 characters at most, which the name of a load balancer (32) has room for",
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
    .default(FIRST.stack)
    .describe(
      "Name of the stack: it tells two stacks of one account apart, and is in the names and tags of all its objects. For ever.",
    ),
  region: text(regionComplaint, { pattern: REGION.source }).default(FIRST.region).describe("AWS region."),
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
        z.union(
          [
            text(
              (value) =>
                value === "my-ip" ? undefined : cidrComplaint(value, { largest: 0, smallest: 32, usual: 32 }),
              {
                pattern: `^(my-ip|${CIDR_FOR_EDITORS})$`,
                examples: ["my-ip", "203.0.113.7/32"],
              },
            ),
            group({
              name: matching(
                RANGE_NAME,
                "is not a name that a rule can have: letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, 255 at most, and not begun like the tool's own",
                () => 'such as "office"',
              ).describe("Whose it is: the description of its rule."),
              cidr: text((value) => cidrComplaint(value, { largest: 0, smallest: 32, usual: 32 }), {
                pattern: `^${CIDR_FOR_EDITORS}$`,
              }).describe("IPv4 range."),
            }),
          ],
          { error: 'must be an IPv4 range, "my-ip" or { "name": "…", "cidr": "…" }' },
        ),
        { error: 'must be a list [ … ] of IPv4 ranges or "my-ip"' },
      )
      .default(["my-ip"])
      .describe(
        'Who may reach the bastions by ssh: IPv4 ranges, each with a name or without, or "my-ip" for the public address of whoever runs `up`.',
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
      .describe(
        "Images of the last releases that stay: going back to the content of one needs no new image. Older ones go when no instance runs them.",
      ),
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
  state: group({
    bucket: matching(
      BUCKET,
      "is not a name of an S3 bucket",
      () => 'lower-case letters, digits and hyphens, 3 to 63, such as "example-buddyverse-state"',
    ).describe("S3 bucket, of the stack's own account. `buddyverse state init` makes it."),
    key: matching(STATE_KEY, "is not a key that a state can have", () => 'such as "buddyverse/state.json"')
      .optional()
      .describe("The object in it. Without this key: the stack's name and .state.json."),
    region: text(regionComplaint, { pattern: REGION.source })
      .optional()
      .describe("The bucket's region. Without this key: the stack's."),
  })
    .nullable()
    .default(null)
    .describe("Where the state is kept for a team: in S3. null: in a file beside this one."),
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

/** The file's values, each in its form, not yet checked together. */
export type Unchecked = z.output<z.ZodObject<typeof shape>>;
