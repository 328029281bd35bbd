/** The names that a stack gives on AWS: AWS takes them all, and no two stacks of an account share one. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Named, nameFor } from "../../src/aws/names.ts";
import { bucketName } from "../../src/aws/s3/bucket.ts";
import { types } from "../../src/aws/services.ts";
import { parseConfig } from "../../src/config/load.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { namesBeside } from "../../src/recovery/restore-database.ts";
import { firstDatabases, freeReplica } from "../../steps/databases.ts";
import { stepsFor } from "../../steps/index.ts";
import { asItStands } from "../../steps/zones.ts";
import { INPUTS } from "../lifecycle/stage.ts";

/** What AWS takes, from botocore's models and the API references; apart from what the types say of themselves. */
interface Rule {
  readonly form: RegExp;
  readonly scope: "region" | "account" | "world";
  readonly anyCase?: true;
}
const RDS = /^(?!.*--)[a-z][a-z0-9-]*[a-z0-9]$/i;
const sized = (form: RegExp, least: number, most: number) =>
  new RegExp(`^(?=.{${least},${most}}$)${form.source}`, form.flags);
const RULES: Readonly<Record<string, Rule>> = {
  "elb:load-balancer": { form: sized(/(?!internal-)[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]$/, 1, 32), scope: "region" },
  "elb:target-group": { form: sized(/[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9]$/, 1, 32), scope: "region" },
  "auto-scaling:group": { form: /^[!-9;-~]{1,255}$/, scope: "region" },
  "ec2:launch-template": { form: /^[a-zA-Z0-9().\-/_]{3,128}$/, scope: "region" },
  "ec2:image": { form: /^[a-zA-Z0-9()[\] ./\-'@_]{3,128}$/, scope: "region" },
  "ec2:key-pair": { form: /^[ -~]{1,255}$/, scope: "region" },
  // Unique in the VPC only; by the name a person tells two stacks' apart.
  "ec2:security-group": {
    form: /^(?!sg-)[a-zA-Z0-9 ._\-:/()#,@[\]+=&;{}!$*]{1,255}$/i,
    scope: "region",
    anyCase: true,
  },
  "iam:role": { form: /^[\w+=,.@-]{1,64}$/, scope: "account", anyCase: true },
  "iam:instance-profile": { form: /^[\w+=,.@-]{1,128}$/, scope: "account", anyCase: true },
  "rds:database": { form: sized(RDS, 1, 63), scope: "region", anyCase: true },
  "rds:replica": { form: sized(RDS, 1, 63), scope: "region", anyCase: true },
  "rds:parameter-group": { form: sized(RDS, 1, 255), scope: "region", anyCase: true },
  "rds:subnet-group": { form: /^(?!default$)[a-z][a-z0-9._ -]{0,254}$/i, scope: "region", anyCase: true },
  "cloudwatch:alarm": { form: /^[ -~]{1,255}$/, scope: "region" },
  "cloudwatch:dashboard": { form: /^[A-Za-z0-9_-]{1,255}$/, scope: "account" },
  "sns:topic": { form: /^[A-Za-z0-9_-]{1,256}$/, scope: "region" },
  "backup:vault": { form: /^[a-zA-Z0-9\-_]{2,50}$/, scope: "region" },
  "s3:bucket": {
    form: sized(/(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]*[a-z0-9](?<!-s3alias|--ols-s3)$/, 3, 63),
    scope: "world",
  },
  "ssm:parameter": { form: /^(\/[a-zA-Z0-9_.-]+){2,15}$/, scope: "region" },
  "ssm:generated-secret": { form: /^(\/[a-zA-Z0-9_.-]+){2,15}$/, scope: "region" },
  "ssm:release-report": { form: /^(\/[a-zA-Z0-9_.-]+){2,15}$/, scope: "region" },
  "logs:log-group": { form: /^[.\-_/#A-Za-z0-9]{1,512}$/, scope: "region" },
};
/** Of these the name is a tag, or is made of another's, or belongs to the domain or to AWS. */
const TAGGED = [
  "ec2:vpc",
  "ec2:subnet",
  "ec2:internet-gateway",
  "ec2:route-table",
  "ec2:instance",
  "ec2:address",
  "ec2:nat-gateway",
  "ec2:image-builder",
  "efs:file-system",
];
const MADE_OF_OTHERS = [
  "ec2:route",
  "elb:listener",
  "elb:redirect",
  "auto-scaling:scaling-policy",
  "s3:object",
  "sns:subscription",
  "ec2:public-image",
  "route53:existing-zone",
  "route53:zone",
  "route53:record",
  "route53:alias-records",
  "acm:certificate",
  "acm:issued-certificate",
];

const ACCOUNT = "111122223333";
const REGIONS = ["ap-northeast-2", "ap-southeast-1", "eu-central-1", "us-gov-west-1", "cn-northwest-1"];

interface Given {
  readonly type: string;
  readonly name: string;
}

/** All names of a stack, as AWS gets them. */
function namesOf(stack: string, region: string, more: object = {}): readonly Given[] {
  const config = parseConfig(
    {
      stack,
      region,
      domain: region.startsWith("us-gov") ? null : {},
      monitoring: { email: "ops@example.com" },
      ...more,
    },
    "test",
  );
  const graph = graphOf(stepsFor(config, INPUTS), stack, {});
  return [...graph.nodes.values()].map(({ type, name }) => ({
    type: type.name,
    name: type.name === "s3:bucket" ? bucketName({ account: ACCOUNT, region }, name) : name,
  }));
}

const word = (most: number) => fc.stringMatching(new RegExp(`^[a-z0-9]{1,${most}}$`));
const stacks = fc.oneof(
  fc
    .tuple(fc.stringMatching(/^[a-z]$/), fc.array(word(8), { maxLength: 4 }), fc.boolean())
    .map(([first, words, joined]) =>
      (joined ? `${first}${words.join("-")}` : [first, ...words].join("-")).slice(0, 20).replace(/-+$/, ""),
    ),
  fc.stringMatching(/^[a-z][a-z0-9]{18}[a-z0-9]$/),
  // What looks like a part of a name, or like what AWS keeps for itself.
  fc.constantFrom(
    "replica",
    "replica-2",
    "final-1795338000000",
    "mysql8-0",
    "drill",
    "internal",
    "sg",
    "default",
    "db",
    "targetgroup",
    "start",
    "buddy",
  ),
);

test("AWS takes every name of every stack, in every region", () => {
  fc.assert(
    fc.property(
      stacks,
      fc.constantFrom(...REGIONS),
      fc.constantFrom({}, { nat: { mode: "gateway" }, database: { engineVersion: "8.0" } }),
      (stack, region, more) => {
        const given = namesOf(stack, region, more);
        const refused = given.filter(({ type, name }) => !(RULES[type]?.form.test(name) ?? name.length <= 256));
        expect(refused).toEqual([]);
        const tags = given.filter(({ type }) => TAGGED.includes(type));
        if (stack !== "buddyverse") expect(tags.filter(({ name }) => !name.includes(stack))).toEqual([]);
      },
    ),
    { numRuns: 25, seed: 17 },
  );
});

test("and of instances that are restored, or take another's place", () => {
  const form = RULES["rds:database"]?.form as RegExp;
  fc.assert(
    fc.property(stacks, fc.integer({ min: 2, max: 999 }), (stack, number) => {
      const named = { stack, region: "ap-northeast-2" };
      const { replica } = firstDatabases(named);
      const next = freeReplica(named, new Set([replica]));
      expect(
        [`${next.replace(/2$/, "")}${number}`, `${namesBeside(named, "restored")}-20261122-115500-${number}`].filter(
          (name) => !form.test(name),
        ),
      ).toEqual([]);
    }),
    { seed: 17 },
  );
});

/** The names that two share, where AWS has them once. */
function shared(one: readonly Given[], other: readonly Given[], sameRegion: boolean): readonly string[] {
  const keys = (given: readonly Given[]) =>
    given.flatMap(({ type, name }) => {
      const rule = RULES[type];
      if (rule === undefined || (rule.scope === "region" && !sameRegion)) return [];
      // Databases and their replicas have one list of names.
      const kind = type === "rds:replica" ? "rds:database" : type;
      return [`${kind} ${rule.anyCase ? name.toLowerCase() : name}`];
    });
  const others = new Set(keys(other));
  return keys(one).filter((key) => others.has(key));
}

test("no two stacks share a name, in one region or in two", () => {
  fc.assert(
    fc.property(
      stacks,
      fc.oneof(stacks, fc.constant("buddyverse")),
      fc.constantFrom(...REGIONS),
      fc.constantFrom(...REGIONS),
      (one, other, here, there) => {
        fc.pre(one !== other || here !== there);
        expect(
          shared(namesOf(one, here), namesOf(other, there, { database: { engineVersion: "8.0" } }), here === there),
        ).toEqual([]);
      },
    ),
    { numRuns: 25, seed: 17 },
  );
  expect(shared(namesOf("buddyverse", "ap-northeast-2"), namesOf("buddyverse", "eu-central-1"), false)).toEqual([]);
});

test("each type of the stack is known here, and says the limit that AWS has", () => {
  const unknown = [
    ...new Set(
      [...namesOf("a", "ap-northeast-2"), ...namesOf("a", "ap-northeast-2", { nat: { mode: "gateway" } })].map(
        ({ type }) => type,
      ),
    ),
  ].filter((type) => !(type in RULES) && !TAGGED.includes(type) && !MADE_OF_OTHERS.includes(type));
  expect(unknown).toEqual([]);
  const long = { stack: "a", region: "ap-northeast-2" };
  for (const [type, { form }] of Object.entries(RULES)) {
    const naming = types.get(type)?.naming;
    if (naming === undefined) continue;
    const name = nameFor(long, { naming }, "x".repeat(400));
    expect([type, name.length, form.test(name)]).toEqual([type, naming.longest, true]);
    expect(form.test(`${name}x`), `${type} takes a longer one`).toBe(false);
  }
});

test("the names of two stacks, as they are", () => {
  const told = (stack: string, region: string) =>
    Object.fromEntries(
      namesOf(stack, region)
        .filter(({ type }) => type in RULES)
        .map(({ type, name }) => [`${type} ${name.replace(/Image-[0-9a-f]{12}/, "Image-HASH")}`, ""]),
    );
  expect(Object.keys(told("staging", "ap-northeast-2"))).toMatchSnapshot();
  expect(namesOf("buddyverse", "eu-central-1").find(({ type }) => type === "cloudwatch:dashboard")?.name).toBe(
    "CPU-Per-Second-buddyverse-eu-central-1",
  );
});

test("a long name keeps the stack's whole, and is the same each time", () => {
  const naming = { longest: 32, within: "region" } as const;
  const name = (stack: string) =>
    nameFor({ stack, region: "ap-northeast-2" }, { naming }, "Buddy-LoadBalance-TargetGroup");
  expect(name("staging")).toBe("Buddy-LoadBalance-f952bf-staging");
  expect(name("a-name-of-20-letters")).toMatch(/^Bud[a-zA-Z-]*-?[0-9a-f]{6}-a-name-of-20-letters$/);
  expect(name("buddyverse")).toBe("Buddy-LoadBalance-TargetGroup");
});

test("a stack that stands with the first stack's names keeps them, also where its state is lost", async () => {
  const config = parseConfig({ stack: "staging" }, "test");
  const recorded = (name: string) => ({ "subnet-web-1": { name, spec: { zone: "ap-northeast-2a" } } });
  const vpcIn = (named: Named) => nameFor(named, {}, "Buddy-Project");
  expect(vpcIn(await asItStands(config, undefined, recorded("Buddy-Web-Private1")))).toBe("Buddy-Project");
  expect(vpcIn(await asItStands(config, undefined, recorded("Buddy-Web-Private1-staging")))).toBe(
    "Buddy-Project-staging",
  );
  expect(vpcIn(await asItStands(config, undefined, {}))).toBe("Buddy-Project-staging");
  // Of the first stack elsewhere it is the dashboard that tells.
  const abroad = parseConfig({ region: "eu-central-1" }, "test");
  const dashboard = (name: string) => ({ ...recorded("Buddy-Web-Private1"), dashboard: { name, spec: {} } });
  expect((await asItStands(abroad, undefined, dashboard("CPU-Per-Second"))).plainNames).toBe(true);
  expect(
    (await asItStands(abroad, undefined, dashboard("CPU-Per-Second-buddyverse-eu-central-1"))).plainNames,
  ).toBeUndefined();
  expect(
    (await asItStands(parseConfig({}, "test"), undefined, dashboard("CPU-Per-Second"))).plainNames,
  ).toBeUndefined();
});
