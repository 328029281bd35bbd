import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configJsonSchema, configJsonSchemaText } from "../../src/config/for-editors.ts";
import { parseConfig } from "../../src/config/load.ts";
import { type Config, configSchema, defaultZones } from "../../src/config/schema.ts";
import { warningsFor } from "../../src/config/warnings.ts";
import { BuddyError, type Problem } from "../../src/lib/errors.ts";

function problemsIn(value: unknown): readonly Problem[] {
  try {
    parseConfig(value, "x.json");
  } catch (error) {
    if (error instanceof BuddyError && error.code === "config") return error.problems ?? [];
    throw error;
  }
  return [];
}

/** One line per problem: `path: message → hint`. */
function saidOf(value: unknown): string[] {
  return problemsIn(value).map(
    ({ path, message, hint }) => `${path}: ${message}${hint === undefined ? "" : ` → ${hint}`}`,
  );
}

/** The config at the top of the project: every key with its default. */
const { $schema, ...DEFAULTS } = JSON.parse(
  readFileSync(join(import.meta.dirname, "..", "..", "buddyverse.config.json"), "utf8"),
) as Config & { readonly $schema: string };
const keysOf = (group: object) => Object.keys(group).join(", ");

describe("defaults", () => {
  test("{} is the config at the top of the project, in its order", () => {
    expect(JSON.stringify(configSchema.parse({}), null, 1)).toBe(JSON.stringify(DEFAULTS, null, 1));
  });

  test("an empty object at any group keeps that group's defaults", () => {
    const empty = {
      network: {},
      nat: {},
      bastion: {},
      efs: {},
      database: {},
      image: {},
      web: {},
      domain: {},
      monitoring: {},
      tags: {},
    };
    expect(configSchema.parse(empty)).toEqual(DEFAULTS);
  });

  test("one parse does not change the defaults of the next", () => {
    (configSchema.parse({}).zones as string[]).push("x");
    (configSchema.parse({}).network.web as string[]).push("x");
    (configSchema.parse({}).tags as Record<string, string>).x = "y";
    expect(configSchema.parse({})).toEqual(DEFAULTS);
  });

  test("$schema is allowed and dropped", () => {
    expect(configSchema.parse({ $schema: "./x.json" })).toEqual(DEFAULTS);
  });

  test("another region brings its own zones, a and c, or a and b where there is no c", () => {
    expect(configSchema.parse({ region: "us-east-1" }).zones).toEqual(["us-east-1a", "us-east-1c"]);
    expect(configSchema.parse({ region: "ca-central-1" }).zones).toEqual(["ca-central-1a", "ca-central-1b"]);
    expect(defaultZones("us-west-1")).toEqual(["us-west-1a", "us-west-1b"]);
  });
});

describe("good values", () => {
  test.each<[string, unknown]>([
    ["no domain", { domain: null }],
    [
      "a git application",
      { image: { app: { git: "https://github.com/owner/site.git", revision: "feature/new_login-1.2" } } },
    ],
    ["a folder", { image: { app: { folder: "../site" } } }],
    ["an AMI id", { image: { base: "ami-0123456789abcdef0" } }],
    [
      "an SSM parameter",
      { image: { base: "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id" } },
    ],
    ["the whole internet, when written", { bastion: { allowedCidrs: ["my-ip", "0.0.0.0/0", "203.0.113.7/32"] } }],
    [
      "a range with a name",
      { bastion: { allowedCidrs: ["my-ip", { name: "office (Berlin)", cidr: "203.0.113.0/24" }] } },
    ],
    ["nobody at the bastions", { bastion: { allowedCidrs: [] } }],
    ["no stickiness", { web: { stickinessSeconds: 0 } }],
    ["files that stay", { efs: { transitionToIaDays: null } }],
    ["no backups without a replica", { database: { replica: false, backupRetentionDays: 0 } }],
    ["a full version", { database: { engineVersion: "8.4.7", instanceClass: "db.m6g.large" } }],
    ["a tuned memory class", { database: { instanceClass: "db.r5.6xlarge.tpc2.mem4x" } }],
    [
      "three zones",
      {
        zones: ["ap-northeast-2a", "ap-northeast-2b", "ap-northeast-2c"],
        network: {
          public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/27"],
          web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/28"],
          db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/28"],
        },
      },
    ],
    ["regions of other partitions", { region: "us-gov-west-1", domain: null }],
    [
      "keys by alias and ARN",
      {
        database: { kmsKey: "alias/buddyverse/data_1" },
        efs: { kmsKey: "arn:aws:kms:ap-northeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab" },
      },
    ],
    [
      "a key for several regions, an alias of another account",
      {
        database: { kmsKey: "arn:aws:kms:ap-northeast-2:444455556666:key/mrk-1234abcd12ab34cd56ef1234567890ab" },
        efs: { kmsKey: "arn:aws:kms:ap-northeast-2:444455556666:alias/files" },
      },
    ],
    [
      "a key of another partition",
      { region: "cn-north-1", efs: { kmsKey: "arn:aws-cn:kms:cn-north-1:111122223333:alias/files" } },
    ],
    ["Korean tags", { tags: { 팀: "플레이 버디", "cost-center": "a=b@c", empty: "" } }],
    ["a long domain", { domain: { name: "shop.eu.xn--hq1bm8jm9l.example" } }],
    ["mail", { monitoring: { email: "ops+alarms@mail.buddyverse.link" } }],
    ["a health page", { web: { healthCheckPath: "/health?deep=1" } }],
    [
      "large EC2 types",
      {
        web: { instanceType: "u-6tb1.112xlarge" },
        nat: { instanceType: "c7gn.medium" },
        bastion: { instanceType: "m7i-flex.large" },
      },
    ],
  ])("%s", (_, value) => {
    expect(saidOf(value)).toEqual([]);
  });
});

describe("each mistake: its place, what is wrong, what would be right", () => {
  test.each<[unknown, ...string[]]>([
    // Kinds
    [[], `: must be an object { … } with the keys $schema, ${keysOf(DEFAULTS)}, but is a list of 0`],
    [{ web: { min: "2" } }, 'web.min: must be a whole number from 1 to 1000 (instances), but is "2"'],
    [{ web: { min: 1.5 } }, "web.min: must be a whole number from 1 to 1000 (instances), but is 1.5"],
    [{ web: 3 }, `web: must be an object { … } with the keys ${keysOf(DEFAULTS.web)}, but is 3`],
    [{ efs: { backup: "yes" } }, 'efs.backup: must be true or false, but is "yes"'],
    [{ nat: { mode: "gatway" } }, 'nat.mode: must be "instance" or "gateway", but is "gatway"'],
    [{ zones: "ap-northeast-2a" }, 'zones: must be a list [ … ] of two or three zones, but is "ap-northeast-2a"'],
    [{ database: { engineVersion: 8.4 } }, "database.engineVersion: must be a text in quotes, but is 8.4"],
    [{ web: { min: 0.5 } }, "web.min: must be a whole number from 1 to 1000 (instances), but is 0.5"],
    // Names
    [
      { stack: "Buddy Verse" },
      'stack: "Buddy Verse" is not a stack name: lower-case letters, digits and single hyphens inside, a letter first, 20 characters at most, which the name of a load balancer (32) has room for → such as "buddy-verse"',
    ],
    [
      { stack: "a-" },
      'stack: "a-" is not a stack name: lower-case letters, digits and single hyphens inside, a letter first, 20 characters at most, which the name of a load balancer (32) has room for → such as "a"',
    ],
    [
      { stack: "abcdefghijklmnopqrstu" },
      'stack: "abcdefghijklmnopqrstu" is not a stack name: lower-case letters, digits and single hyphens inside, a letter first, 20 characters at most, which the name of a load balancer (32) has room for → such as "abcdefghijklmnopqrst"',
    ],
    [{ region: "Seoul" }, 'region: "Seoul" is not a region → such as "ap-northeast-2"'],
    [{ region: "us-east-1a" }, 'region: "us-east-1a" is not a region → that is a zone; its region is "us-east-1"'],
    [
      { web: { instanceType: "db.t3.micro" } },
      'web.instanceType: "db.t3.micro" is not an EC2 instance type → EC2 calls it "t3.micro"',
    ],
    [
      { nat: { instanceType: "t3micro" } },
      'nat.instanceType: "t3micro" is not an EC2 instance type → such as "t3.micro"',
    ],
    [
      { database: { instanceClass: "t3.micro" } },
      'database.instanceClass: "t3.micro" is not an RDS instance class → RDS calls it "db.t3.micro"',
    ],
    [
      { database: { engineVersion: "5.7" } },
      'database.engineVersion: "5.7" is not a MySQL version that RDS offers here → write "8.4", or a full one such as "8.4.7"',
    ],
    [
      { image: { base: "ubuntu" } },
      'image.base: "ubuntu" is not an image → use "ubuntu-22.04", "ubuntu-24.04", a public SSM parameter (/aws/service/…) or an AMI id (ami-…)',
    ],
    [
      { web: { healthCheckPath: "health" } },
      'web.healthCheckPath: "health" is not a path: it starts with / and holds no spaces → write "/health"',
    ],
    [
      { monitoring: { email: "ops" } },
      'monitoring.email: "ops" is not an e-mail address → such as "ops@buddyverse.link", or null',
    ],
    [
      { domain: { name: "https://Buddyverse.Link/" } },
      'domain.name: "https://Buddyverse.Link/" is not a domain name in lower case, without scheme, port and final dot → write "buddyverse.link"',
    ],
    [
      { domain: { name: "버디버스.kr" } },
      'domain.name: "버디버스.kr" is not a domain name in lower case, without scheme, port and final dot → write "xn--2z1b14lba683d.kr"',
    ],
    [
      { domain: { name: "localhost" } },
      'domain.name: "localhost" is not a domain name in lower case, without scheme, port and final dot → such as "buddyverse.link"; use null for the whole of domain to go without',
    ],
    [
      { domain: { name: `${"a".repeat(60)}.link` } },
      `domain.name: "${"a".repeat(59)}…" is longer than 64 characters, which ACM refuses`,
    ],
    // Numbers
    [{ database: { storageGiB: 10 } }, "database.storageGiB: must be a whole number from 20 to 65536 (GiB), but is 10"],
    [
      { database: { backupRetentionDays: 36 } },
      "database.backupRetentionDays: must be a whole number from 0 to 35 (days), but is 36",
    ],
    [{ web: { volumeGiB: 7 } }, "web.volumeGiB: must be a whole number from 8 to 16384 (GiB), but is 7"],
    [{ web: { cpuTarget: 0 } }, "web.cpuTarget: must be a number from 1 to 100 (percent), but is 0"],
    [
      { web: { stickinessSeconds: 604801 } },
      "web.stickinessSeconds: must be a whole number from 0 to 604800 (seconds), but is 604801",
    ],
    [
      { efs: { transitionToIaDays: 10 } },
      "efs.transitionToIaDays: must be 1, 7, 14, 30, 60, 90, 180, 270, 365 (days) or null, but is 10",
    ],
    // Ranges
    [{ network: { cidr: "172.31.0.0" } }, 'network.cidr: "172.31.0.0" is not an IPv4 range → write 172.31.0.0/16'],
    [
      { network: { cidr: "172.31.5.0/16" } },
      "network.cidr: 172.31.5.0/16 has bits set after its first 16 → write 172.31.0.0/16",
    ],
    [
      { network: { cidr: "172.16.0.0/12" } },
      "network.cidr: 172.16.0.0/12 is too large → /16 is the largest, such as 172.16.0.0/16",
    ],
    [
      { network: { cidr: "127.0.0.0/16" } },
      "network.cidr: 127.0.0.0/16 is reserved, no host can live in it → use a private range, such as 172.31.0.0/16 or 10.0.0.0/16",
    ],
    [
      { network: { public: ["172.31.10.0/28", "172.31.20.0/24"] } },
      "network.public[0]: 172.31.10.0/28 is too small → /27 is the smallest, such as 172.31.10.0/27",
    ],
    [
      { network: { db: ["172.31.12.0/29", "172.31.22.0/24"] } },
      "network.db[0]: 172.31.12.0/29 is too small → /28 is the smallest, such as 172.31.12.0/28",
    ],
    [
      { network: { web: ["172.31.11.0/24", "10.0.0.0/24"] } },
      "network.web[1]: 10.0.0.0/24 is outside the VPC, network.cidr 172.31.0.0/16 → 172.31.0.0/24 is free",
    ],
    [
      { network: { web: ["172.31.11.0/24", "172.31.10.128/25"] } },
      "network.web[1]: 172.31.10.128/25 overlaps network.public[0], 172.31.10.0/24 → 172.31.0.0/25 is free",
    ],
    [
      { network: { web: ["172.31.11.0/24"] } },
      "network.web: there are 2 zones, but 1 range → give one per zone; 172.31.0.0/24 is free",
    ],
    [
      { network: { db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"] } },
      "network.db: there are 2 zones, but 3 ranges → give one per zone",
    ],
    [
      { bastion: { allowedCidrs: ["203.0.113.7"] } },
      'bastion.allowedCidrs[0]: "203.0.113.7" is not an IPv4 range → write 203.0.113.7/32',
    ],
    [
      { bastion: { allowedCidrs: ["0.0.0.0"] } },
      'bastion.allowedCidrs[0]: "0.0.0.0" is not an IPv4 range → write 0.0.0.0/0 only if you mean the whole internet',
    ],
    [
      { bastion: { allowedCidrs: ["2001:db8::/32"] } },
      'bastion.allowedCidrs[0]: "2001:db8::/32" is IPv6 → the stack is IPv4: give an IPv4 range',
    ],
    [
      { bastion: { allowedCidrs: ["my-ip", "my-ip"] } },
      'bastion.allowedCidrs[1]: "my-ip" stands already at bastion.allowedCidrs[0] → remove one of the two',
    ],
    [
      { bastion: { allowedCidrs: ["203.0.113.7/32", { name: "me", cidr: "203.0.113.7/32" }] } },
      'bastion.allowedCidrs[1]: "203.0.113.7/32" stands already at bastion.allowedCidrs[0] → remove one of the two',
    ],
    [
      { bastion: { allowedCidrs: [{ name: "me", cidr: "my-ip" }] } },
      'bastion.allowedCidrs[0].cidr: "my-ip" is not an IPv4 range → such as 172.31.10.0/24',
    ],
    [
      { bastion: { allowedCidrs: [{ name: "Buddy-SSH my-ip of user/eve", cidr: "203.0.113.7/32" }] } },
      `bastion.allowedCidrs[0].name: "Buddy-SSH my-ip of user/eve" is not a name that a rule can have: letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*, 255 at most, and not begun like the tool's own → such as "office"`,
    ],
    [
      { network: { web: ["172.31.11.9", "172.31.21/24"] } },
      'network.web[0]: "172.31.11.9" is not an IPv4 range → write 172.31.11.0/24',
      'network.web[1]: "172.31.21/24" is not an IPv4 range → such as 172.31.10.0/24',
    ],
    // Zones
    [
      { zones: ["us-east-1a", "ap-northeast-2c"] },
      'zones[0]: "us-east-1a" is not a zone of ap-northeast-2 → such as "ap-northeast-2a"; or change region',
    ],
    [
      { zones: ["a", "c"] },
      'zones[0]: "a" is not a zone of ap-northeast-2 → such as "ap-northeast-2a"; or change region',
      'zones[1]: "c" is not a zone of ap-northeast-2 → such as "ap-northeast-2c"; or change region',
    ],
    [
      { zones: ["ap-northeast-2a", "ap-northeast-2a"] },
      'zones[1]: "ap-northeast-2a" stands already at zones[0] → name two or three different zones',
    ],
    [{ zones: ["ap-northeast-2a"] }, "zones: a load balancer needs two zones, but is a list of one"],
    // Together
    [
      { web: { desired: 5 } },
      "web.desired: 5 is more than web.max, which is 4 → web.min ≤ web.desired ≤ web.max: set web.desired to 4 or less, or web.max to 5 or more",
    ],
    [
      { web: { min: 3 } },
      "web.min: 3 is more than web.desired, which is 2 → web.min ≤ web.desired ≤ web.max: set web.min to 2 or less, or web.desired to 3 or more",
    ],
    [
      { web: { min: 5, desired: "x" } },
      'web.desired: must be a whole number from 1 to 1000 (instances), but is "x"',
      "web.min: 5 is more than web.max, which is 4 → web.min ≤ web.desired ≤ web.max: set web.min to 4 or less, or web.max to 5 or more",
    ],
    [
      { database: { backupRetentionDays: 0 } },
      "database.backupRetentionDays: a read replica needs automated backups → use 1 day or more, or set database.replica to false",
    ],
    // Tags
    [{ tags: { "aws:x": "1" } }, 'tags["aws:x"]: AWS keeps keys that start with "aws:" for itself → use another key'],
    [{ tags: { "AWS:x": "1" } }, 'tags["AWS:x"]: AWS keeps keys that start with "aws:" for itself → use another key'],
    [
      { tags: { "buddyverse:x": "1" } },
      'tags["buddyverse:x"]: buddyverse keeps keys that start with "buddyverse:" for itself → use another key',
    ],
    [{ tags: { Name: "1" } }, "tags.Name: every resource has a Name tag of its own → use another key"],
    [{ tags: { "": "1" } }, 'tags[""]: a tag\'s key is empty → use 1 to 128 characters'],
    [{ tags: { ["k".repeat(129)]: "1" } }, `tags.${"k".repeat(129)}: the key is 129 characters long → use 128 at most`],
    [
      { tags: { "a,b": "1" } },
      'tags["a,b"]: the key holds characters that AWS refuses → letters, digits, spaces and _ . : / = + - @ only',
    ],
    [
      { tags: { a: "(1)" } },
      "tags.a: the value holds characters that AWS refuses → letters, digits, spaces and _ . : / = + - @ only",
    ],
    [{ tags: { a: "v".repeat(257) } }, "tags.a: the value is 257 characters long → use 256 at most"],
    [{ tags: { a: 1 } }, "tags.a: must be a text in quotes, but is 1"],
    [
      { tags: { Team: "1", team: "2" } },
      'tags.team: differs from "Team" only in case, which IAM refuses → remove one of the two',
    ],
    [
      { tags: Object.fromEntries(Array.from({ length: 41 }, (_, i) => [`k${i}`, ""])) },
      "tags: there are 41 tags → use 40 at most",
    ],
    // The application
    [
      { image: { app: "https://x.y/z" } },
      'image.app: must be null, { "git": "https://…", "revision": "…" } or { "folder": "./…" }',
    ],
    [
      { image: { app: { git: "https://x.y/z", folder: "." } } },
      "image.app.git: cannot stand beside the other keys here → give either git and revision, or folder",
    ],
    [{ image: { app: { git: "https://x.y/z" } } }, "image.app.revision: is missing → must be a text in quotes"],
    [
      { image: { app: { git: "git@github.com:a/b", revision: "main" } } },
      'image.app.git: is not the https address of a git repository → such as "https://github.com/owner/name.git"',
    ],
    [
      { image: { app: { git: "https://x.y/$(reboot)", revision: "main" } } },
      'image.app.git: is not the https address of a git repository → such as "https://github.com/owner/name.git"',
    ],
    [
      { image: { app: { git: "https://x.y/z", revision: "--upload-pack=x" } } },
      'image.app.revision: "--upload-pack=x" is not a branch, tag or commit → such as "main" or "v1.2.0"; a commit makes the image repeatable',
    ],
    [{ image: { app: { folder: " " } } }, 'image.app.folder: is empty → such as "./site"'],
    [
      { efs: { kmsKey: "files" } },
      'efs.kmsKey: "files" is neither the alias nor the ARN of a KMS key → write "alias/files"',
    ],
    [
      { database: { kmsKey: "1234abcd-12ab-34cd-56ef-1234567890ab" } },
      'database.kmsKey: "1234abcd-12ab-34cd-56ef-1234567890ab" is neither the alias nor the ARN of a KMS key → it is a key\'s id: write the key\'s ARN, which ends on "key/1234abcd-12ab-34cd-56ef-1234567890ab"',
    ],
    [
      { database: { kmsKey: "arn:aws:s3:::keys" } },
      'database.kmsKey: "arn:aws:s3:::keys" is neither the alias nor the ARN of a KMS key → such as "alias/buddyverse", or the ARN of a key',
    ],
    [
      { database: { kmsKey: "alias/aws/rds" } },
      'database.kmsKey: "alias/aws/rds" is a key of AWS\'s own → use null, which stands for it',
    ],
    [
      { database: { kmsKey: "arn:aws:kms:eu-west-1:111122223333:alias/data" } },
      'database.kmsKey: "arn:aws:kms:eu-west-1:111122223333:alias/data" is a key of eu-west-1, and the stack is in ap-northeast-2 → use a key of ap-northeast-2; one for several regions has an ARN of its own in each of them',
    ],
    [
      { efs: { kmsKey: "arn:aws-cn:kms:ap-northeast-2:111122223333:alias/data" } },
      'efs.kmsKey: "arn:aws-cn:kms:ap-northeast-2:111122223333:alias/data" is a key of the partition aws-cn, and the stack is in ap-northeast-2 → use a key of ap-northeast-2; one for several regions has an ARN of its own in each of them',
    ],
    // Unknown keys
    [{ regoin: "x" }, "regoin: is not a known key → did you mean region?"],
    [{ web: { desierd: 2 } }, "web.desierd: is not a known key → did you mean web.desired?"],
    [{ network: { Public: [] } }, "network.Public: is not a known key → did you mean network.public?"],
    [{ web: { app: null } }, "web.app: is not a known key → did you mean image.app or app?"],
    [
      { instanceType: "t3.micro" },
      "instanceType: is not a known key → did you mean nat.instanceType or bastion.instanceType or web.instanceType?",
    ],
    [
      { efs: { throughput: 1 } },
      "efs.throughput: is not a known key → the keys here are transitionToIaDays, backup, kmsKey",
    ],
    [{ domain: { nmae: "a.bc" } }, "domain.nmae: is not a known key → did you mean domain.name?"],
    [
      { image: { app: { folder: "x", revison: "y" } } },
      "image.app.revison: is not a known key → did you mean image.app.revision?",
    ],
  ])("%j", (value, ...said) => {
    expect(saidOf(value)).toEqual(said);
  });

  test("a password in a git address is refused and never shown", () => {
    const said = saidOf({ image: { app: { git: "https://me:hunter2@github.com/a/b.git", revision: "main" } } });
    expect(said).toHaveLength(1);
    expect(said[0]).toContain("image.app.git: the address holds a user name or password");
    expect(said.join()).not.toContain("hunter2");
  });
});

describe("all mistakes at once", () => {
  test("single values, several keys together and unknown keys, in every part of the file", () => {
    const paths = problemsIn({
      stak: 1,
      region: "us-east-1",
      zones: ["us-east-1a", "us-west-2b"],
      network: {
        cidr: "10.0.0.0/16",
        public: ["10.0.1.0/24", "10.0.1.0/25"],
        web: ["10.0.3.1/24", "10.0.4.0/24"],
        db: ["10.0.5.0/24", "172.31.1.0/24"],
        extra: 1,
      },
      web: { min: 3, desired: 9, max: 2, cpuTarget: 101 },
      database: { backupRetentionDays: 0, storageGiB: 1 },
      tags: { "aws:a": "1", ok: "yes" },
    }).map(({ path }) => path);
    expect(paths.sort()).toEqual(
      [
        "stak",
        "zones[1]",
        "network.extra",
        "network.public[1]",
        "network.web[0]",
        "network.db[1]",
        "web.min",
        "web.desired",
        "web.cpuTarget",
        "database.backupRetentionDays",
        "database.storageGiB",
        'tags["aws:a"]',
      ].sort(),
    );
  });

  test("another VPC: each subnet outside gets a free range of its own, and taking them all makes a valid config", () => {
    const problems = problemsIn({ network: { cidr: "10.0.0.0/20" } });
    expect(problems.map(({ path }) => path)).toEqual([
      "network.public[0]",
      "network.public[1]",
      "network.web[0]",
      "network.web[1]",
      "network.db[0]",
      "network.db[1]",
    ]);
    const free = problems.map(({ hint }) => hint?.split(" ")[0] ?? "");
    expect(
      saidOf({
        network: { cidr: "10.0.0.0/20", public: free.slice(0, 2), web: free.slice(2, 4), db: free.slice(4, 6) },
      }),
    ).toEqual([]);
  });

  test("a VPC that is full says so", () => {
    const said = saidOf({
      network: {
        cidr: "10.0.0.0/26",
        public: ["10.0.0.0/27", "10.0.0.32/27"],
        web: ["10.0.0.0/28", "10.0.1.0/28"],
        db: ["10.0.2.0/28", "10.0.3.0/28"],
      },
    });
    expect(said[0]).toBe(
      "network.web[0]: 10.0.0.0/28 overlaps network.public[0], 10.0.0.0/27 → network.cidr has no room left for another /28: use smaller ranges",
    );
  });
});

describe("warnings", () => {
  test("none for the defaults", () => {
    expect(warningsFor(configSchema.parse({}))).toEqual([]);
  });

  test.each([
    [
      {
        network: {
          cidr: "172.17.0.0/16",
          public: ["172.17.1.0/24", "172.17.2.0/24"],
          web: ["172.17.3.0/24", "172.17.4.0/24"],
          db: ["172.17.5.0/24", "172.17.6.0/24"],
        },
      },
      "network.cidr",
    ],
    [
      {
        network: {
          cidr: "8.8.0.0/16",
          public: ["8.8.1.0/24", "8.8.2.0/24"],
          web: ["8.8.3.0/24", "8.8.4.0/24"],
          db: ["8.8.5.0/24", "8.8.6.0/24"],
        },
      },
      "network.cidr",
    ],
    [{ bastion: { allowedCidrs: ["my-ip", "0.0.0.0/0"] } }, "bastion.allowedCidrs[1]"],
    [{ cpuCredits: "standard" }, "cpuCredits"],
    [{ database: { engineVersion: "8.0.40" } }, "database.engineVersion"],
    [{ database: { replica: false, backupRetentionDays: 0 } }, "database.backupRetentionDays"],
    [{ database: { deletionProtection: true } }, "database.backupRetentionDays"],
    [{ domain: null }, "domain"],
    [{ domain: { name: "www.buddyverse.link" } }, "domain.www"],
  ])("%j", (value, path) => {
    expect(warningsFor(configSchema.parse(value)).map((warning) => warning.path)).toEqual([path]);
  });
});

test.each([
  ["t2.micro starts with credits", { cpuCredits: "standard", web: { instanceType: "t2.micro" } }],
  ["m7i.large has none", { cpuCredits: "standard", web: { instanceType: "m7i.large" } }],
  ["unlimited is not held back", { cpuCredits: "unlimited" }],
])("no warning of CPU credits: %s", (_why, value) => {
  expect(warningsFor(configSchema.parse(value))).toEqual([]);
});

describe("the JSON Schema", () => {
  interface Node {
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Node>>;
    readonly additionalProperties?: unknown;
    readonly required?: readonly string[];
    readonly anyOf?: readonly Node[];
    readonly type?: string;
  }
  const objects = (node: Node, path: string): [string, Node][] => [
    ...(node.properties ? [[path, node] as [string, Node]] : []),
    ...Object.entries(node.properties ?? {}).flatMap(([key, inner]) => objects(inner, `${path}.${key}`)),
    ...(node.anyOf ?? []).flatMap((inner) => objects(inner, path)),
  ];

  // `npx vitest run test/config/schema.test.ts -u` writes it anew.
  test("buddyverse.config.schema.json is the one that the zod schema gives", async () => {
    await expect(configJsonSchemaText()).toMatchFileSnapshot("../../buddyverse.config.schema.json");
  });

  test("knows every key of the defaults, explains each, demands none and allows no other", () => {
    const found = objects(configJsonSchema() as Node, "config");
    expect(found.map(([path]) => path)).toEqual(
      expect.arrayContaining(["config", "config.network", "config.domain", "config.image.app"]),
    );
    for (const [path, node] of found) {
      expect({ path, additionalProperties: node.additionalProperties }).toEqual({ path, additionalProperties: false });
      // A repository's address and a bucket's name are nobody's default.
      if (!["config.image.app", "config.state"].includes(path))
        expect({ path, required: node.required }).toEqual({ path, required: undefined });
      for (const [key, inner] of Object.entries(node.properties ?? {}))
        expect(inner.description, `${path}.${key}`).toMatch(/\.$/);
    }
    expect(Object.keys((configJsonSchema() as Node).properties ?? {})).toEqual(["$schema", ...Object.keys(DEFAULTS)]);
  });

  test("its patterns take the defaults", () => {
    const patterns: [string, string][] = [];
    const walk = (node: Record<string, unknown>) => {
      if (typeof node.pattern === "string" && typeof node.default === "string")
        patterns.push([node.pattern, node.default]);
      for (const inner of Object.values(node))
        if (typeof inner === "object" && inner !== null) walk(inner as Record<string, unknown>);
    };
    walk(configJsonSchema());
    expect(patterns.length).toBeGreaterThan(7);
    for (const [pattern, value] of patterns) expect(value).toMatch(new RegExp(pattern, "u"));
  });

  test("buddyverse.config.json names the schema first", () => {
    expect(Object.keys({ $schema, ...DEFAULTS })[0]).toBe("$schema");
    expect($schema).toBe("./buddyverse.config.schema.json");
  });
});
