import { expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { rehearse } from "../../src/cli/dry-run-calls.ts";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import { examine } from "../../src/doctor/doctor.ts";
import { decidedOf, lookAtAll } from "../../src/doctor/objects.ts";
import { preflight } from "../../src/doctor/preflight.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { type PolicyStatement, statementsFor } from "../../src/policy/policy.ts";
import { findingsView } from "../../src/report/findings.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { delegate } from "../../src/sandbox/outside.ts";
import { openSandbox, type Sandbox } from "../../src/sandbox/sandbox.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import { type Stage, stage, stageOn } from "../lifecycle/stage.ts";

const STATEMENTS: readonly PolicyStatement[] = [
  { Sid: "Change", Effect: "Allow", Action: ["ec2:CreateVpc", "rds:CreateDBInstance"], Resource: "*" },
  {
    Sid: "Pass",
    Effect: "Allow",
    Action: ["iam:PassRole"],
    Resource: ["arn:aws:iam::*:role/x"],
    Condition: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
  },
];

type Answers = Readonly<Record<string, (input: object) => object | undefined>>;

/** What `doctor` finds about a stack. */
const examined = async ({ aws, config, run, graph }: Stage, statements = STATEMENTS) =>
  examine(aws, config, statements, decidedOf(run, await lookAtAll(run, graph)));

/** The sandbox, with some calls answered (or refused) otherwise. */
async function diagnosis(given: object, answers: Answers = {}, prepare: (on: Stage) => Promise<void> = async () => {}) {
  const config = parseConfig(given, "test.config.json");
  const clock = jumpingClock(Date.UTC(2026, 10, 22));
  const world = freshWorld({ region: config.region, domain: "buddyverse.link", time: clock.now(), seed: 7 });
  const sandbox = openSandbox({ world, clock });
  const other: Sandbox = {
    ...sandbox,
    answer: async (service, operation, input) =>
      answers[operation]?.(input) ?? sandbox.answer(service, operation, input),
  };
  const on = await stageOn(config, clock, other, memoryText());
  await prepare(on);
  // Reads lag behind writes.
  await clock.sleep(5_000);
  on.calls.length = 0;
  const sim = simAt(world, clock.now());
  const findings = () => examined(on);
  return {
    on,
    sim,
    writes: () =>
      on.calls
        .filter(({ operation, error }) => !isRead(operation) && error !== "DryRunOperation")
        .map(({ operation }) => operation),
    findings,
    by: async (about: string) => (await findings()).find((one) => one.about === about),
  };
}

const refuse =
  (name: string, message = "not authorized") =>
  () => {
    throw awsError(name, message, { status: 403 });
  };

test("a simulator that says nothing of an action allows nothing", async () => {
  const { by } = await diagnosis(
    {},
    { SimulatePrincipalPolicy: () => ({ EvaluationResults: [], IsTruncated: false }) },
  );
  const asked = new Set(STATEMENTS.flatMap(({ Action }) => Action)).size;
  expect(await by("permissions")).toMatchObject({
    verdict: "unseen",
    message: `IAM's policy simulator answered for 0 of ${asked} actions`,
  });
});

test("a fresh account is fine, and nothing is made by looking", async () => {
  const { findings, writes, on } = await diagnosis({ nat: { mode: "gateway" } });
  expect((await findings()).map(({ about, verdict }) => `${about}: ${verdict}`)).toEqual([
    "permissions: ok",
    "EC2 permissions: ok",
    "zones and instance types: ok",
    "vCPU quota: ok",
    "VPC quota: ok",
    "internet gateway quota: ok",
    "Elastic IP quota: ok",
    "VPC Block Public Access: ok",
    "Allowed AMIs: ok",
    "EBS default key: ok",
    "database class: ok",
    "DB instance quota: ok",
    "load balancer quota: ok",
    "domain: ok",
    "clock: ok",
  ]);
  expect(writes()).toEqual([]);
  expect((await on.aws.ec2.describeVpcs({})).Vpcs).toHaveLength(1);
});

test("a stack that stands does not count against itself", async () => {
  const on = await stage({});
  await on.up();
  const findings = await examined(on);
  expect(findings.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  expect(findings.find(({ about }) => about === "vCPU quota")?.message).toBe("64 allowed, 12 in use, 0 to be added");
});

test("quotas count what others use", async () => {
  const make = async ({ aws }: Stage) => {
    for (let n = 0; n < 4; n++) {
      await aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" });
      await aws.ec2.allocateAddress({ Domain: "vpc" });
    }
  };
  const quota = (value: number) => () => ({ Quota: { Value: value } });
  const full = await diagnosis({ nat: { mode: "gateway" } }, {}, make);
  expect(await full.by("VPC quota")).toMatchObject({
    verdict: "problem",
    message: "5 allowed, 5 in use, 1 to be added",
  });
  expect(await full.by("Elastic IP quota")).toMatchObject({
    verdict: "problem",
    message: "5 allowed, 4 in use, 2 to be added",
    hint: expect.stringMatching(
      /request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value 6 /,
    ),
  });
  const small = await diagnosis({}, { GetServiceQuota: quota(13) });
  expect(await small.by("vCPU quota")).toMatchObject({
    verdict: "problem",
    message: "13 allowed, 0 in use, 14 to be added",
  });
  const tight = await diagnosis({}, { GetServiceQuota: quota(16) });
  expect(await tight.by("vCPU quota")).toMatchObject({
    verdict: "ok",
    message: "16 allowed, 0 in use, 14 to be added; not enough for web.max, which needs 4 more",
  });
});

test("what the caller may not do is named; what it may not look at is said to be unseen", async () => {
  const denied = await diagnosis(
    {},
    {
      CreateVpc: refuse("UnauthorizedOperation"),
      SimulatePrincipalPolicy: (input) => ({
        EvaluationResults: (input as { ActionNames: string[] }).ActionNames.map((EvalActionName) => ({
          EvalActionName,
          EvalDecision: EvalActionName === "rds:CreateDBInstance" ? "implicitDeny" : "allowed",
        })),
      }),
      GetServiceQuota: refuse("AccessDeniedException"),
    },
  );
  expect(await denied.by("permissions")).toMatchObject({
    verdict: "problem",
    message: expect.stringMatching(/refuses arn:aws:iam::111122223333:user\/sandbox: rds:CreateDBInstance$/),
    hint: expect.stringContaining("buddyverse policy"),
  });
  expect(await denied.by("EC2 permissions")).toMatchObject({ verdict: "problem", message: "EC2 refuses CreateVpc" });
  for (const about of ["vCPU quota", "VPC quota"])
    expect(await denied.by(about)).toMatchObject({
      verdict: "unseen",
      message: "AccessDeniedException: not authorized",
      hint: expect.stringContaining("buddyverse policy"),
    });
  const shut = await diagnosis({}, { SimulatePrincipalPolicy: refuse("AccessDenied") });
  expect(await shut.by("permissions")).toMatchObject({ verdict: "unseen" });
});

test("the simulator is asked about a session's role, with the conditions of the statement", async () => {
  const asked: object[] = [];
  const role = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/ap-northeast-2/Admin";
  const { by } = await diagnosis(
    {},
    {
      GetCallerIdentity: () => ({ Account: "111122223333", Arn: "arn:aws:sts::111122223333:assumed-role/Admin/me" }),
      GetRole: (input) => ((input as { RoleName: string }).RoleName === "Admin" ? { Role: { Arn: role } } : undefined),
      SimulatePrincipalPolicy: (input) => {
        asked.push(input);
        return { EvaluationResults: [] };
      },
    },
  );
  await by("permissions");
  expect(asked).toHaveLength(2);
  expect(asked[0]).toMatchObject({ PolicySourceArn: role, ActionNames: STATEMENTS[0]?.Action });
  expect(asked[0]).not.toHaveProperty("ResourceArns");
  expect(asked[1]).toMatchObject({
    ResourceArns: ["arn:aws:iam::111122223333:role/x"],
    ContextEntries: [
      { ContextKeyName: "iam:PassedToService", ContextKeyValues: ["ec2.amazonaws.com"], ContextKeyType: "string" },
    ],
  });
});

test("accounts that are not let in yet, or are on the free plan", async () => {
  const pending = await diagnosis(
    {},
    { RunInstances: refuse("PendingVerification", "Your request is being validated") },
  );
  expect(await pending.by("EC2 permissions")).toMatchObject({
    verdict: "problem",
    message: "PendingVerification: Your request is being validated",
    hint: expect.stringContaining("AWS Support"),
  });
  const message = "The specified instance type is not eligible for Free Tier.";
  const free = await diagnosis({}, { RunInstances: refuse("InvalidParameterCombination", message) });
  expect(await free.by("EC2 permissions")).toMatchObject({
    verdict: "problem",
    hint: expect.stringContaining("t3.micro"),
  });
  const odd = await diagnosis({}, { RunInstances: refuse("InvalidAMIID.NotFound", "no such image") });
  expect(await odd.by("EC2 permissions")).toMatchObject({ verdict: "unseen" });
});

test("offers: zones, types and database classes", async () => {
  const zones = await diagnosis({ web: { instanceType: "t2.micro" }, zones: ["ap-northeast-2a", "ap-northeast-2b"] });
  expect(await zones.by("zones and instance types")).toMatchObject({
    verdict: "problem",
    path: "web.instanceType",
    message: "t2.micro is not offered in ap-northeast-2b",
  });
  const impaired = () => ({
    AvailabilityZones: [
      { ZoneName: "ap-northeast-2a", State: "available" },
      { ZoneName: "ap-northeast-2c", State: "impaired" },
    ],
  });
  expect(
    await (await diagnosis({}, { DescribeAvailabilityZones: impaired })).by("zones and instance types"),
  ).toMatchObject({
    verdict: "problem",
    message: expect.stringContaining("ap-northeast-2c is not an available zone"),
  });
  const database = (given: object, answers: Answers = {}) =>
    diagnosis({ database: given }, answers).then(({ by }) => by("database class"));
  expect(await database({ engineVersion: "8.4.99" })).toMatchObject({ verdict: "problem" });
  expect(await database({ instanceClass: "db.x9.mega" })).toMatchObject({
    verdict: "problem",
    path: "database.instanceClass",
    message: "RDS does not offer db.x9.mega for MySQL 8.4 with gp3 storage",
  });
  const onlyA = () => ({
    OrderableDBInstanceOptions: [
      { EngineVersion: "8.4.7", StorageType: "gp3", AvailabilityZones: [{ Name: "ap-northeast-2a" }] },
      { EngineVersion: "8.0.44", StorageType: "gp3", AvailabilityZones: [{ Name: "ap-northeast-2c" }] },
    ],
  });
  expect(await database({}, { DescribeOrderableDBInstanceOptions: onlyA })).toMatchObject({
    verdict: "problem",
    message: "RDS does not offer db.t3.micro for MySQL 8.4 in ap-northeast-2c",
  });
  expect(await database({ replica: false }, { DescribeOrderableDBInstanceOptions: onlyA })).toMatchObject({
    verdict: "ok",
  });
});

test("the domain: zone and delegation", async () => {
  const astray = await diagnosis({});
  delegate(astray.sim, "buddyverse.link", ["ns1.parking.example"]);
  expect(await astray.by("domain")).toMatchObject({
    verdict: "problem",
    message: expect.stringContaining("to ns1.parking.example, not to zone Z"),
    hint: expect.stringMatching(/^Name these at the registrar: ns-/),
  });
  delegate(astray.sim, "buddyverse.link", []);
  expect((await astray.by("domain"))?.message).toBe("the public DNS names no name servers for buddyverse.link");
  const none = await diagnosis({ domain: { name: "elsewhere.example" } });
  expect(await none.by("domain")).toMatchObject({ verdict: "problem", hint: expect.stringContaining('"create"') });
  const own = await diagnosis({ domain: { name: "elsewhere.example", zone: "create" } });
  expect(await own.by("domain")).toMatchObject({ verdict: "ok", message: expect.stringContaining("registrar") });
  const without = await diagnosis({ domain: null });
  expect(await without.by("domain")).toBeUndefined();
});

test("the clock: minutes off are a problem, seconds are not", async () => {
  const { on } = await diagnosis({});
  const at = async (ahead: number | undefined) => {
    const findings = await examined({ ...on, aws: { ...on.aws, clockAhead: () => ahead } });
    return findings.find(({ about }) => about === "clock");
  };
  expect(await at(301_000)).toMatchObject({
    verdict: "problem",
    message: expect.stringContaining("this machine's clock is 5 min slow"),
  });
  expect(await at(-20_000)).toMatchObject({ verdict: "ok", message: "20 s ahead of AWS's" });
  expect(await at(undefined)).toMatchObject({ verdict: "unseen" });
});

test("the view: a line for each, what to do under it, and the count", () => {
  const text = findingsView([
    { about: "clock", verdict: "ok", message: "as AWS's" },
    { about: "VPC quota", verdict: "problem", message: "5 allowed", hint: "Ask for more." },
    { about: "permissions", verdict: "unseen", message: "AccessDenied: no" },
  ]);
  expect(text).toBe(
    [
      " ✔  clock        as AWS's",
      " ✖  VPC quota    5 allowed",
      "                 → Ask for more.",
      " ?  permissions  could not be looked at: AccessDenied: no",
      "",
      "1 problem; 1 ok, 1 could not be looked at.",
    ].join("\n"),
  );
});

test("what AWS checks besides the action of a call's own name is asked about too", async () => {
  const config = parseConfig({}, "test.config.json");
  const denied = ["ec2:DescribeAccountAttributes", "ec2:GetSecurityGroupsForVpc"];
  const { on } = await diagnosis(
    {},
    {
      SimulatePrincipalPolicy: (input) => ({
        EvaluationResults: (input as { ActionNames: string[] }).ActionNames.map((EvalActionName) => ({
          EvalActionName,
          EvalDecision: denied.includes(EvalActionName) ? "implicitDeny" : "allowed",
        })),
      }),
    },
  );
  const findings = await examined(on, statementsFor(await rehearse(config), config));
  expect(findings.find(({ about }) => about === "permissions")).toMatchObject({
    verdict: "problem",
    message: expect.stringContaining(denied.join(" and ")),
  });
});

test("a replica's primary that AWS does not show yet is known by its name: its version is asked for", async () => {
  const on = await stage();
  const { entries } = await on.refresh();
  const decided = [...entries.values()].map((entry) =>
    entry.node.key === "database" ? { ...entry, decision: { kind: "wait" as const, why: "creating" as const } } : entry,
  );
  expect(await preflight(on.aws, decided)).toEqual([]);
});
