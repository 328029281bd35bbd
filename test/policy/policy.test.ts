import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { services } from "../../src/aws/services.ts";
import { callsFor } from "../../src/cli/dry-run-calls.ts";
import { parseConfig } from "../../src/config/load.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { actionOf, actionsFor, actionsOfCommand, MORE, type More } from "../../src/policy/actions.ts";
import {
  documentsOf,
  MOST_CHARACTERS,
  type PolicyStatement,
  readingOnly,
  statementsFor,
} from "../../src/policy/policy.ts";
import { lookAround } from "../../src/residuals/extras.ts";
import { findForeignResources } from "../../src/residuals/foreign.ts";
import { residualCosts } from "../../src/residuals/residual-costs.ts";
import { folder } from "../cli/folder.ts";
import { rotate } from "../lifecycle/rotation.ts";
import { standing, verifyOn } from "../verify/rehearse.ts";
import { account, policyOf as printedFor } from "./lives.ts";
import { IMPLIED, narrows, REFERENCE } from "./tables.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const KEY = "arn:aws:kms:ap-northeast-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

const CONFIGS: Readonly<Record<string, object>> = {
  plain: {},
  "NAT gateways, e-mail, own zone": {
    nat: { mode: "gateway" },
    monitoring: { email: "ops@example.com" },
    domain: { name: "new.example.com", zone: "create" },
  },
  "application folder, no domain, no replica, keys of one's own": {
    image: { app: { folder: "app" } },
    domain: null,
    database: { replica: false, kmsKey: "alias/data" },
    efs: { kmsKey: KEY },
  },
  "a state in S3": { state: { bucket: "example-state" } },
  "three zones, what the sandbox does not know": {
    region: "eu-west-3",
    zones: ["eu-west-3a", "eu-west-3b", "eu-west-3c"],
    network: {
      public: ["172.31.10.0/24", "172.31.20.0/24", "172.31.30.0/24"],
      web: ["172.31.11.0/24", "172.31.21.0/24", "172.31.31.0/24"],
      db: ["172.31.12.0/24", "172.31.22.0/24", "172.31.32.0/24"],
    },
    image: { base: "ami-0123456789abcdef0" },
    web: { instanceType: "m9x.24xlarge", desired: 40, max: 100 },
    database: { deletionProtection: true, instanceClass: "db.m9x.large" },
  },
};

const policyOf = async (given: object, more: readonly More[] = []) =>
  statementsFor(
    await callsFor(parseConfig(given, "test.config.json"), more),
    parseConfig(given, "test.config.json"),
    more,
  );
const actionsOf = (statements: readonly PolicyStatement[]) => statements.flatMap(({ Action }) => Action);

/** The key of a statement's condition that demands the stack's tag. */
const tagKeyOf = ({ Condition = {} }: PolicyStatement): string | undefined =>
  Object.values(Condition)
    .flatMap(Object.keys)
    .find((key) => key.endsWith("/buddyverse:stack"));

describe.each(Object.entries(CONFIGS))("%s", (_name, given) => {
  test("real actions only, each once, narrowed only where IAM can, in documents that IAM takes", async () => {
    const statements = await policyOf(given, MORE);
    const actions = actionsOf(statements);
    expect(actions.filter((action) => !REFERENCE[action])).toEqual([]);
    for (const { Action } of statements) expect([...new Set(Action)]).toEqual(Action);
    const narrowed = statements.filter(({ Resource }) => Resource !== "*").flatMap(({ Action }) => Action);
    expect(narrowed.filter((action) => !narrows(action))).toEqual([]);
    // A demand that AWS does not know for an action would deny it for ever.
    const unknown = statements.flatMap((statement) => {
      const key = tagKeyOf(statement)?.replace(/\/.*/, "/*");
      return statement.Action.filter((action) => {
        const { resources = {}, keys = [] } = REFERENCE[action] ?? {};
        return key !== undefined && ![...keys, ...Object.values(resources).flat()].includes(key);
      });
    });
    expect(unknown).toEqual([]);
    const documents = documentsOf(statements);
    for (const document of documents) expect(JSON.stringify(document).length).toBeLessThanOrEqual(MOST_CHARACTERS);
    expect(
      documents
        .flatMap(({ Statement }) => Statement)
        .map(({ Sid }) => Sid)
        .sort(),
    ).toEqual(statements.map(({ Sid }) => Sid));
    for (const { Sid, Action } of statements) {
      expect(Sid).toMatch(/^[A-Za-z0-9]+$/);
      expect([...Action].sort()).toEqual(Action);
    }
  });
});

const LIVES: readonly { readonly name: string; readonly given: object; readonly later?: object }[] = [
  {
    name: "NAT instances",
    given: {},
    later: { web: { instanceType: "t3.small", max: 6 }, database: { storageGiB: 30 } },
  },
  {
    name: "NAT gateways, e-mail, own zone",
    given: CONFIGS["NAT gateways, e-mail, own zone"] as object,
    later: { efs: { transitionToIaDays: 60, backup: false }, tags: { Team: "buddy" } },
  },
  {
    name: "no domain, keys of one's own",
    given: { domain: null, database: { kmsKey: "alias/data" }, efs: { kmsKey: KEY } },
    later: { tags: { Team: "buddy" } },
  },
];

test.each(LIVES)(
  "$name: every call of a life with a change in it is allowed, on what it names",
  async ({ given, later }) => {
    const documents = await printedFor(given, []);
    const who = await account(given, 23);
    const on = await who.under(documents);
    await preflight(on.aws, (await on.refresh()).entries.values());
    await on.up();
    await on.status();
    const after = await who.under(documents, { now: { ...given, ...later } });
    await after.up();
    expect((await lookAround(after.config.stack, after.stack)).extras.unseen).toEqual([]);
    const vpc = after.store.get("vpc")?.id as string;
    expect((await findForeignResources(after.aws, vpc, after.config.stack)).unseen).toEqual([]);
    Object.assign(after.run, { deleteKept: true });
    await after.down();
    expect(await after.left()).toEqual([]);
    expect((await residualCosts(after.aws, after.config.stack, await after.refresh())).unseen).toEqual([]);

    expect(who.denials()).toEqual([]);
    const calls = [...on.calls, ...after.calls];
    const statements = documents.flatMap(({ Statement }) => Statement);
    const sent = actionsFor(calls);
    const more = actionsOf(statements).filter((action) => !sent.has(action));
    // A zone of its own waits to be named at the registrar, and the listener that has certificates for that.
    const https = after.config.domain?.zone !== "create" || "elasticloadbalancing:DescribeListenerCertificates";
    expect(more.filter((action) => action !== https)).toEqual([]);
  },
);

test("what AWS checks besides is there: tags, roles to pass, the final snapshot, EFS's interfaces", async () => {
  const statements = await policyOf({ monitoring: { email: "ops@example.com" }, image: { app: { folder: "app" } } });
  const actions = new Set(actionsOf(statements));
  for (const action of [
    "ec2:CreateTags",
    "rds:AddTagsToResource",
    "rds:CreateDBSnapshot",
    "elasticloadbalancing:AddTags",
    "elasticfilesystem:TagResource",
    "ec2:CreateNetworkInterface",
    "autoscaling:CreateOrUpdateTags",
    "cloudwatch:TagResource",
    "acm:AddTagsToCertificate",
    "ssm:AddTagsToResource",
    "sns:TagResource",
    "s3:TagResource",
    "iam:TagRole",
    "iam:TagInstanceProfile",
  ])
    expect(actions, action).toContain(action);
});

test.each(Object.entries(CONFIGS))(
  "%s: each action comes with those that AWS's own tables put beside it",
  async (_name, given) => {
    const actions = new Set(actionsOf(await policyOf(given, MORE)));
    const missing = IMPLIED.filter(
      ({ with: more }) => more === undefined || JSON.stringify(given).includes("kmsKey"),
    ).flatMap(({ source, implied }) =>
      Object.entries(implied)
        .filter(([action]) => actions.has(action))
        .flatMap(([action, others]) =>
          others.filter((other) => !actions.has(other)).map((other) => ({ action, other, source })),
        ),
    );
    expect(missing).toEqual([]);
  },
);

test("each role is passed to its service only, AWS Backup's policies can be attached to its role, and from the stack's own all be detached", async () => {
  const statements = await policyOf({});
  const web = "arn:aws:iam::*:role/Buddy-WEB-buddyverse-ap-northeast-2";
  const nat = "arn:aws:iam::*:role/Buddy-NAT-buddyverse-ap-northeast-2";
  const backup = "arn:aws:iam::*:role/Buddy-AWSBackup-buddyverse-ap-northeast-2";
  const by = (action: string) => statements.find(({ Action }) => Action.includes(action));
  const passed = statements.filter(({ Action }) => Action.includes("iam:PassRole"));
  expect(passed.map(({ Resource, Condition }) => [Resource, Condition?.StringEquals?.["iam:PassedToService"]])).toEqual(
    [
      [[backup], "backup.amazonaws.com"],
      [[nat, web], "ec2.amazonaws.com"],
    ],
  );
  expect(by("iam:AttachRolePolicy")).toMatchObject({
    Resource: [backup],
    Condition: {
      StringEquals: {
        "iam:PolicyARN": ["Backup", "Restores"].map(
          (what) => `arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor${what}`,
        ),
      },
    },
  });
  expect(by("iam:DetachRolePolicy")).toMatchObject({ Resource: [backup, nat, web] });
  expect(by("iam:CreateServiceLinkedRole")?.Condition).toEqual({
    StringEquals: {
      "iam:AWSServiceName": ["autoscaling", "backup", "elasticfilesystem", "elasticloadbalancing", "rds"].map(
        (service) => `${service}.amazonaws.com`,
      ),
    },
  });
});

test("a stack without a thing asks for nothing about it, but whether an older config left some", async () => {
  const actions = actionsOf(await policyOf({ domain: null }));
  expect(actions.filter((action) => /^(sns|acm|route53):|NatGateway$|Address$/.test(action)).sort()).toEqual([
    "route53:ListHostedZonesByName",
  ]);
});

/** The actions of the calls that source files have in them. */
const callsIn = (...files: readonly string[]): string[] => {
  const text = files.map((file) => readFileSync(join(ROOT, file), "utf8")).join("\n");
  return Object.entries(services).flatMap(([name, { package: service }]) =>
    [...text.matchAll(new RegExp(`\\b${name}\\s*\\.([a-z]\\w+)\\(\\s*\\{`, "g"))].map(([, method = ""]) =>
      actionOf({ service, operation: `${method.charAt(0).toUpperCase()}${method.slice(1)}` }),
    ),
  );
};
const under = (folder: string) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));

test("there is no call in the sources that no policy allows", async () => {
  const policies = await Promise.all(Object.values(CONFIGS).map((given) => policyOf(given, MORE)));
  const allowed = new Set(policies.flatMap(actionsOf));
  const called = new Set(
    callsIn(...["src/aws", "src/residuals", "src/verify", "src/doctor", "src/cost", "steps"].flatMap(under)),
  );
  expect(called.size).toBeGreaterThan(100);
  // What `state init` sends is an administrator's, and `state init` says so (docs/policy.md).
  const ofInit = ["s3:PutBucketPolicy", "s3:PutBucketVersioning"];
  expect([...called].filter((action) => !allowed.has(action)).sort()).toEqual(ofInit);
});

describe("what the other commands send besides", () => {
  const withMore = (...more: More[]) => policyOf({}, more);

  test.each<[More, () => readonly string[]]>([
    ["verify", () => [...under("src/verify/aws"), ...under("steps/checks")]],
    [
      "drills",
      () => [
        ...under("src/verify/aws"),
        ...under("steps/checks"),
        "steps/drills.ts",
        "src/aws/backup/restore-job.ts",
        "src/aws/backup/vault-policy.ts",
      ],
    ],
    ["rotate", () => ["src/verify/aws/commands.ts"]],
    ["run", () => ["src/verify/aws/commands.ts", "src/aws/ssm/run-command.ts"]],
    [
      "restore-files",
      () => ["src/verify/aws/commands.ts", "src/aws/backup/restore-job.ts", "src/aws/backup/vault-policy.ts"],
    ],
    ["logs", () => ["src/aws/logs/read-lines.ts"]],
    ["doctor", () => ["src/doctor/doctor.ts"]],
    ["stacks", () => ["src/aws/ec2/read-regions.ts", "src/aws/ec2/read-stacks.ts", "src/aws/logs/run-lock.ts"]],
    // A service asks itself for prices that the price list lacks.
    ["cost-live", () => [...under("src/cost"), ...under("src/aws").filter((file) => file.endsWith("-prices.ts"))]],
  ])("--with %s has all that its sources call, and nothing that nobody calls", async (more, files) => {
    const called = callsIn(...files());
    // Where the stack has NAT gateways, the doctor tries an address.
    const allowed = [...actionsOf(await withMore(more)), "ec2:AllocateAddress"];
    expect(called.filter((action) => !allowed.includes(action))).toEqual([]);
    expect(actionsOfCommand(more).filter((action) => !called.includes(action))).toEqual([]);
  });

  test("rotate is allowed all that it sends, with what up has and its own", async () => {
    const on = await (await standing()).copy();
    expect(await rotate(on)).toHaveLength(2);
    const allowed = new Set(actionsOf(await withMore("rotate")));
    expect([...new Set(on.calls.map(actionOf))].filter((action) => !allowed.has(action))).toEqual([]);
  });

  test("verify is allowed all that it sends, SendCommand on the stack's own instances alone; not without --with", async () => {
    const on = await (await standing()).copy();
    const findings = await verifyOn(on);
    expect(findings.filter(({ result }) => result !== "passed")).toEqual([]);
    const asked = new Set(on.calls.map(actionOf));
    const plain = new Set(actionsOf(await withMore()));
    const more = new Set(actionsOf(await withMore("verify")));
    expect([...asked].filter((action) => !more.has(action))).toEqual([]);
    expect([...asked].filter((action) => !plain.has(action)).sort()).toEqual(
      [...more].filter((one) => !plain.has(one)).sort(),
    );

    // What `up`, `status` and `down` need anyway is not said again.
    expect(actionsOfCommand("drills").filter((action) => plain.has(action))).toEqual([]);

    const commands = on.calls.filter(({ operation }) => operation === "SendCommand").map(({ input }) => input);
    expect(commands.length).toBeGreaterThan(3);
    const { Reservations = [] } = await on.aws.ec2.describeInstances({});
    const ours = Reservations.flatMap(({ Instances = [] }) => Instances)
      .filter(({ Tags }) => Tags?.some(({ Key, Value }) => Key === "buddyverse:stack" && Value === "buddyverse"))
      .map(({ InstanceId }) => InstanceId);
    for (const { DocumentName, InstanceIds } of commands as { DocumentName: string; InstanceIds: string[] }[]) {
      expect(DocumentName).toBe("AWS-RunShellScript");
      for (const id of InstanceIds) expect(ours).toContain(id);
    }
    const run = (await withMore("drills")).filter(({ Action }) => Action.includes("ssm:SendCommand"));
    expect(run).toEqual([
      {
        Sid: "RunCommandDocument",
        Effect: "Allow",
        Action: ["ssm:SendCommand"],
        Resource: "arn:aws:ssm:ap-northeast-2::document/AWS-RunShellScript",
      },
      {
        Sid: "RunCommandInstances",
        Effect: "Allow",
        Action: ["ssm:SendCommand"],
        Resource: "arn:aws:ec2:ap-northeast-2:*:instance/*",
        Condition: { StringEquals: { "ssm:resourceTag/buddyverse:stack": "buddyverse" } },
      },
    ]);
  });

  test("all of it is real, narrowed only where IAM can, asked in the region only where it answers there, and not too long", async () => {
    const statements = await withMore(...MORE);
    expect(actionsOf(statements).filter((action) => !REFERENCE[action])).toEqual([]);
    const narrowed = statements.filter(({ Resource }) => Resource !== "*").flatMap(({ Action }) => Action);
    expect(narrowed.filter((action) => !narrows(action))).toEqual([]);
    for (const one of documentsOf(statements)) expect(JSON.stringify(one).length).toBeLessThanOrEqual(MOST_CHARACTERS);
    const by = (action: string) => statements.find(({ Action }) => Action.includes(action));
    expect(by("iam:SimulatePrincipalPolicy")).toMatchObject({ Sid: "Caller", Resource: "*" });
    for (const action of ["pricing:GetProducts", "iam:GetRole"]) expect(by(action)?.Condition, action).toBeUndefined();
  });

  test("the command adds them by name, and knows no other", async () => {
    const on = folder();
    const { stdout, stderr, code } = await on.run("policy --with verify cost-live");
    expect(code, stderr).toBe(0);
    const printed: PolicyStatement[] = [JSON.parse(stdout)].flat().flatMap(({ Statement }) => Statement);
    expect(actionsOf(printed).sort()).toEqual(actionsOf(await withMore("verify", "cost-live")).sort());
    expect(await on.run("policy --with volcano")).toMatchObject({ code: 2, stderr: expect.stringContaining("drills") });
  });
});

test("keys of one's own are looked at, and given to RDS and EFS through these only; else nothing of KMS is asked for but what AWS Backup does with its own", async () => {
  const statements = await policyOf(CONFIGS["application folder, no domain, no replica, keys of one's own"] as object);
  const aliased = { "ForAnyValue:StringEquals": { "kms:ResourceAliases": ["alias/data"] } };
  const through = (service: string) => ({
    StringEquals: { "kms:ViaService": [`${service}.ap-northeast-2.amazonaws.com`] },
  });
  const forResources = { Bool: { "kms:GrantIsForAWSResource": "true" } };
  const [byArn, byAlias] = [{ Resource: [KEY] }, { Resource: ["arn:aws:kms:ap-northeast-2:*:key/*"] }];
  const used = ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"];
  expect(
    statements
      .filter(({ Sid, Action }) => Sid !== "BackupKey" && Action.some((action) => action.startsWith("kms:")))
      .map(({ Sid: _sid, Effect: _effect, ...rest }) => rest),
  ).toEqual([
    { Action: ["kms:CreateGrant"], ...byArn, Condition: { ...through("elasticfilesystem"), ...forResources } },
    { Action: ["kms:CreateGrant"], ...byAlias, Condition: { ...through("rds"), ...forResources, ...aliased } },
    { Action: ["kms:DescribeKey"], ...byArn },
    { Action: ["kms:DescribeKey"], ...byAlias, Condition: aliased },
    { Action: used, ...byArn, Condition: through("elasticfilesystem") },
  ]);
  const others = (await policyOf({}, MORE)).filter(({ Action }) => Action.some((action) => action.startsWith("kms:")));
  expect(others).toMatchObject([{ Sid: "BackupKey", Condition: through("backup") }]);
});

test("--read-only: of the same statements only what looks", async () => {
  const statements = await policyOf({});
  const reads = readingOnly(statements);
  expect(actionsOf(reads).filter((action) => !/:(Describe|Get|List|Filter|Head)/.test(action))).toEqual([]);
  expect(actionsOf(reads)).toContain("ec2:DescribeInstances");
  for (const { Sid, Resource, Condition } of reads)
    expect(statements).toContainEqual(expect.objectContaining({ Sid, Resource, ...(Condition ? { Condition } : {}) }));
  const { code, stdout } = await folder().run("policy --read-only");
  expect(code).toBe(0);
  const printed: PolicyStatement[] = [JSON.parse(stdout)].flat().flatMap(({ Statement }) => Statement);
  expect(actionsOf(printed).sort()).toEqual(actionsOf(reads).sort());
});

test("a state in S3 may be read and written by whoever has the policy, and no other object; without one nothing is said of it", async () => {
  const given = { state: { bucket: "example-state", key: "team/shop.json" } };
  const of = (statements: readonly PolicyStatement[], sid: string) => statements.find(({ Sid }) => Sid === sid);
  const statements = await policyOf(given);
  expect(of(statements, "State")).toMatchObject({
    Action: ["s3:GetObject", "s3:PutObject"],
    Resource: ["arn:aws:s3:::example-state/team/shop.json", "arn:aws:s3:::example-state/team/shop.json.history.jsonl"],
  });
  expect(of(statements, "StateBucket")).toMatchObject({
    Resource: ["arn:aws:s3:::example-state"],
    Action: [
      "s3:GetBucketPolicy",
      "s3:GetBucketPublicAccessBlock",
      "s3:GetBucketVersioning",
      "s3:GetEncryptionConfiguration",
      "s3:ListBucket",
    ],
  });
  expect(of(statements, "Archives")?.Action).not.toContain("s3:GetObject");
  const plain = await policyOf({});
  expect([of(plain, "State"), of(plain, "StateBucket")]).toEqual([undefined, undefined]);
  const logs = (all: readonly PolicyStatement[]) => all.filter(({ Sid }) => Sid === "LogGroups");
  expect(logs(statements)).toEqual(logs(plain));
});
