import { expect, test } from "vitest";
import { CREDITS_TAG } from "../../src/aws/ec2/instance.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import type { Step } from "../../src/engine/resource.ts";
import { durations } from "../../src/sandbox/guests/durations.ts";
import { efsStep } from "../../steps/efs.ts";
import { imageStep } from "../../steps/image.ts";
import { imageNotes } from "../../steps/image-age.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { logGroups } from "../../steps/logs.ts";
import { natBastionStep } from "../../steps/nat-bastion.ts";
import { routesStep } from "../../steps/routes.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { type Account, accountIn } from "../sandbox/grown.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

/** The stack up to its launch template. */
function computeSteps(config: Config, inputs: Inputs): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const logs = logGroups(config);
  const natBastion = natBastionStep(config, inputs, vpc.resources, subnets.resources, routes.resources, logs);
  const groups = securityGroupsStep(config, vpc.resources, natBastion.resources);
  const efs = efsStep(config, subnets.resources, groups.resources);
  const image = imageStep(config, inputs, {
    subnets: subnets.resources,
    natBastion: natBastion.resources,
    securityGroups: groups.resources,
    efs: efs.resources,
    logs,
  });
  return [vpc, subnets, routes, natBastion, groups, efs, image];
}

const compute = (given: object = {}, seed = 7) => stage(given, seed, computeSteps);
/** Somebody else at work in the account. */
const them = (on: Stage): Account => accountIn(on.sandbox, on.clock);
const failures = ({ settled }: { settled: readonly { key: string; outcome: string; reason: string | undefined }[] }) =>
  settled
    .filter(({ outcome }) => outcome === "failed" || outcome === "skipped" || outcome === "blocked")
    .map(({ key, reason }) => ({ key, reason }));

const parameterNames = async (on: Stage) =>
  ((await on.aws.ssm.describeParameters({})).Parameters ?? []).map(({ Name }) => Name);
const images = async (on: Stage) => (await on.aws.ec2.describeImages({ Owners: ["self"] })).Images ?? [];
const snapshotIds = async (on: Stage) =>
  ((await on.aws.ec2.describeSnapshots({ OwnerIds: ["self"] })).Snapshots ?? []).map(({ SnapshotId }) => SnapshotId);
const idOf = (on: Stage, key: string) => on.store.get(key)?.id as string;
const keyLike = (on: Stage, start: string) =>
  [...on.graph.nodes.keys()].find((key) => new RegExp(`^${start}[0-9a-f]{12}$`).test(key)) as string;
const standings = async (on: Stage) =>
  Object.fromEntries(
    (await on.status())
      .filter(({ standing }) => standing !== "in-sync")
      .map(({ key, standing, drift }) => [key, [standing, ...drift.map(({ field }) => field)]]),
  );
/** Builders have the web instances' role. */
const isBuilder = ({
  IamInstanceProfile,
}: {
  readonly IamInstanceProfile?: { readonly Arn?: string | undefined } | undefined;
}) => IamInstanceProfile?.Arn?.includes("/Buddy-WEB-") ?? false;
/** All that are there. */
const builders = async (on: Stage) =>
  ((await on.aws.ec2.describeInstances({})).Reservations ?? [])
    .flatMap(({ Instances = [] }) => Instances)
    .filter((instance) => isBuilder(instance) && instance.State?.Name !== "terminated");

test("drift on instances, image, template, role and profile shows, and up mends it", async () => {
  const on = await compute();
  await on.up();
  const { ec2, iam } = on.aws;
  const nat = idOf(on, "nat-instance-1");
  const imageKey = keyLike(on, "image-");
  await ec2.modifyInstanceAttribute({ InstanceId: nat, SourceDestCheck: { Value: true } });
  await ec2.modifyInstanceAttribute({ InstanceId: idOf(on, "bastion-1"), Groups: [idOf(on, "group-nat")] });
  await ec2.createTags({ Resources: [idOf(on, "bastion-2")], Tags: [{ Key: "Name", Value: "mine" }] });
  const LaunchTemplateId = idOf(on, "launch-template");
  const { LaunchTemplateVersions = [] } = await ec2.describeLaunchTemplateVersions({ LaunchTemplateId });
  const data = LaunchTemplateVersions[0]?.LaunchTemplateData as Parameters<
    typeof ec2.createLaunchTemplateVersion
  >[0]["LaunchTemplateData"];
  await ec2.createLaunchTemplateVersion({
    LaunchTemplateId,
    LaunchTemplateData: { ...data, InstanceType: "t3.large" },
  });
  await on.clock.sleep(5_000);
  await ec2.modifyLaunchTemplate({ LaunchTemplateId, DefaultVersion: "2" });
  const RoleName = idOf(on, "role-web");
  await iam.putRolePolicy({
    RoleName,
    PolicyName: "buddyverse",
    PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
  });
  await iam.removeRoleFromInstanceProfile({ InstanceProfileName: RoleName, RoleName });
  await on.clock.sleep(10_000);

  expect(await standings(on)).toEqual({
    "nat-instance-1": ["drift", "sourceDestCheck"],
    "bastion-1": ["drift", "groupIds"],
    "bastion-2": ["drift"],
    "launch-template": ["drift", "instanceType"],
    "role-web": ["drift", "statements"],
    "profile-web": ["drift", "roleName"],
  });
  expect(failures(await on.up())).toEqual([]);
  expect(await standings(on)).toEqual({});
  expect(idOf(on, "nat-instance-1")).toBe(nat);
  expect((await images(on)).map(({ ImageId }) => ImageId)).toEqual([idOf(on, imageKey)]);
  const { LaunchTemplates } = await ec2.describeLaunchTemplates({ LaunchTemplateIds: [LaunchTemplateId] });
  expect(LaunchTemplates).toMatchObject([{ DefaultVersionNumber: 3 }]);
});

test("a stack in standard mode is set to AWS's default in place; its template gets a new version", async () => {
  const old = await compute({ cpuCredits: "standard" });
  expect(failures(await old.up())).toEqual([]);
  const hosts = ["nat-instance-1", "nat-instance-2", "bastion-1", "bastion-2"];
  const modes = async (on: Stage) => {
    const { InstanceCreditSpecifications } = await them(on).ask<{
      InstanceCreditSpecifications: { CpuCredits: string }[];
    }>("ec2", "DescribeInstanceCreditSpecifications", { InstanceIds: hosts.map((key) => idOf(on, key)) });
    return InstanceCreditSpecifications.map(({ CpuCredits }) => CpuCredits);
  };
  expect(await modes(old)).toEqual(Array(4).fill("standard"));
  // As versions without the choice left it.
  await them(old).ask("ec2", "DeleteTags", { Resources: [idOf(old, "bastion-1")], Tags: [{ Key: CREDITS_TAG }] });
  await old.clock.sleep(10_000);
  expect(await standings(old)).toEqual({});

  const on = await stageOn(parseConfig({}, "test.json"), old.clock, old.sandbox, old.text, computeSteps);
  const ids = hosts.map((key) => idOf(on, key));
  const { items } = planUp(await on.refresh());
  expect(
    items
      .flatMap(({ key, action, differences }) =>
        action === "none" ? [] : [`${action} ${key}: ${differences.map(({ field }) => field)}`],
      )
      .sort(),
  ).toEqual(["launch-template", ...hosts].map((key) => `update ${key}: cpuCredits`).sort());
  expect(failures(await on.up())).toEqual([]);
  expect(await modes(on)).toEqual(Array(4).fill("unlimited"));
  expect(hosts.map((key) => idOf(on, key))).toEqual(ids);
  await on.clock.sleep(10_000);
  const { LaunchTemplateVersions } = await on.aws.ec2.describeLaunchTemplateVersions({
    LaunchTemplateId: idOf(on, "launch-template"),
    Versions: ["$Default"],
  });
  expect(LaunchTemplateVersions).toMatchObject([
    {
      VersionNumber: 2,
      LaunchTemplateData: { CreditSpecification: { CpuCredits: "unlimited" }, KeyName: "Buddy-Project" },
    },
  ]);
  expect(await standings(on)).toEqual({});
});

test("without credits an image takes several times as long", async () => {
  /** From the builder's launch until its image is begun, seconds. */
  const bake = async (config: object) => {
    const on = await compute(config);
    expect(failures(await on.up())).toEqual([]);
    const at = (holds: (call: (typeof on.calls)[number]) => boolean) => Date.parse(on.calls.find(holds)?.at ?? "");
    const launched = at(
      ({ operation, input }) => operation === "RunInstances" && JSON.stringify(input).includes("image-marker"),
    );
    return (at(({ operation }) => operation === "CreateImage") - launched) / 1000;
  };
  const unlimited = await bake({});
  expect(unlimited).toBeGreaterThan(durations.builderSetup);
  expect(unlimited).toBeLessThan(durations.builderSetup + 120);
  // 150 seconds of CPU, at 10 % of two vCPUs.
  const standard = await bake({ cpuCredits: "standard" });
  expect(standard).toBeGreaterThan(3 * durations.builderSetup);
  expect(standard).toBeLessThan(6 * durations.builderSetup);
  // T2 starts with credits of its own.
  const t2 = await bake({ cpuCredits: "standard", web: { instanceType: "t2.micro" } });
  expect(t2).toBeLessThan(durations.builderSetup + 120);
});

test("the managed policy of earlier versions is drift, and is detached", async () => {
  const on = await compute();
  await on.up();
  const RoleName = idOf(on, "role-web");
  const attached = async () =>
    (await on.aws.iam.listAttachedRolePolicies({ RoleName })).AttachedPolicies?.map(({ PolicyArn }) => PolicyArn);
  expect(await attached()).toEqual([]);
  await on.sandbox.answer("iam", "AttachRolePolicy", { RoleName, PolicyArn: CORE });
  await on.clock.sleep(5_000);
  expect(await may(on, "ssm:GetParameter", "/another/secret")).toBe(true);
  expect(await standings(on)).toEqual({ "role-web": ["drift", "managedPolicies"] });
  expect(failures(await on.up())).toEqual([]);
  await on.clock.sleep(5_000);
  expect(await attached()).toEqual([]);
  expect(await standings(on)).toEqual({});
});

const CORE = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore";
/** What IAM's policy simulator says of the web role. */
async function may(on: Stage, action: string, parameter: string): Promise<boolean> {
  const { EvaluationResults } = await on.aws.iam.simulatePrincipalPolicy({
    PolicySourceArn: `arn:aws:iam::111122223333:role/${idOf(on, "role-web")}`,
    ActionNames: [action],
    ResourceArns: [`arn:aws:ssm:ap-northeast-2:111122223333:parameter${parameter}`],
  });
  return EvaluationResults?.[0]?.EvalDecision === "allowed";
}

test("the web role reads its own stack's settings, marks its own images, and no more", async () => {
  const on = await compute();
  await on.up();
  expect(await may(on, "ssm:GetParameters", "/buddyverse/buddyverse/database/password")).toBe(true);
  expect(await may(on, "ssm:PutParameter", "/buddyverse/buddyverse/image/abc")).toBe(true);
  for (const action of ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:GetParameterHistory"])
    for (const name of [
      "/buddyverse/other/database/password",
      "/buddyverse/buddyverse-2/database/password",
      "/buddyverse/buddyverse/image/abc",
      "/another/secret",
    ])
      expect(await may(on, action, name), `${action} ${name}`).toBe(false);
  for (const action of ["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"])
    expect(await may(on, action, "/buddyverse/buddyverse/database/password"), action).toBe(false);
});

test("a stopped NAT is replaced, and its route leads to the new one", async () => {
  const on = await compute();
  await on.up();
  const lost = idOf(on, "nat-instance-1");
  await them(on).ask("ec2", "StopInstances", { InstanceIds: [lost] });
  await on.clock.sleep(60_000);
  expect(await standings(on)).toMatchObject({ "nat-instance-1": ["unhealthy"] });
  expect(failures(await on.up())).toEqual([]);
  expect(idOf(on, "nat-instance-1")).not.toBe(lost);
  expect(await standings(on)).toEqual({});
});

test("a builder that stops without its mark is a failed set-up, told with its console; the next up makes a new one", async () => {
  const on = await compute();
  const marker = `/buddyverse/buddyverse/image/${keyLike(on, "builder-").slice("builder-".length)}`;
  // A mark that an earlier builder left does not pass for this one's.
  await them(on).ask("ssm", "PutParameter", { Name: marker, Type: "String", Value: "baked" });
  // The way out is closed while the builder sets itself up.
  const answer = on.sandbox.answer.bind(on.sandbox);
  let closed = false;
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      const given = await answer(service, operation, input);
      if (operation === "RunInstances" && JSON.stringify(input).includes("image-marker") && !closed) {
        closed = true;
        const nat = idOf(on, "nat-instance-1");
        await on.aws.ec2.modifyInstanceAttribute({ InstanceId: nat, SourceDestCheck: { Value: true } });
      }
      return given;
    },
  });
  const first = failures(await on.up());
  expect(first[0]).toEqual({
    key: keyLike(on, "builder-"),
    reason: expect.stringMatching(/does not say "baked"[\s\S]*BUDDYVERSE-SETUP FAILED: NAT i-\w+ drops packets/),
  });
  expect(await parameterNames(on)).not.toContain(marker);
  expect(await images(on)).toEqual([]);
  const broken = idOf(on, keyLike(on, "builder-"));
  expect(failures(await on.up())).toEqual([]);
  expect(await images(on)).toMatchObject([{ State: "available" }]);
  expect((await images(on))[0]?.SourceInstanceId).not.toBe(broken);
  expect(await parameterNames(on)).toEqual([]);
});

test("what the builder cannot fetch, may not fetch, or finds changed is a failed set-up that says so", async () => {
  const on = await compute();
  const id = () => idOf(on, "scripts-archive");
  const place = () => ({ Bucket: id().split("/")[0], Key: id().split("/").slice(1).join("/") });
  const faults = [
    () => them(on).ask("s3", "DeleteObject", place()),
    () =>
      on.aws.iam.putRolePolicy({
        RoleName: idOf(on, "role-web"),
        PolicyName: "buddyverse",
        PolicyDocument:
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*"}]}',
      }),
    () => them(on).ask("s3", "PutObject", { ...place(), Body: "theirs" }),
  ];
  const answer = on.sandbox.answer.bind(on.sandbox);
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      const given = await answer(service, operation, input);
      if (operation === "RunInstances" && JSON.stringify(input).includes("image-marker")) await faults.shift()?.();
      return given;
    },
  });
  const said = async () => failures(await on.up())[0]?.reason;
  expect(await said()).toContain(`BUDDYVERSE-SETUP FAILED: there is no s3://${id()}`);
  expect(await said()).toContain(`BUDDYVERSE-SETUP FAILED: the role may not s3:GetObject arn:aws:s3:::${id()}`);
  expect(await said()).toContain(`BUDDYVERSE-SETUP FAILED: s3://${id()} is not what was sent (its SHA-256 is `);
  await them(on).ask("s3", "DeleteObject", place());
  expect(failures(await on.up())).toEqual([]);
  expect(await images(on)).toHaveLength(1);
});

test("a stack of the version before, which had no bucket, gets its bucket and scripts; its image stays", async () => {
  const on = await compute();
  await on.up();
  const image = idOf(on, keyLike(on, "image-"));
  for (const key of ["scripts-archive", "app-bucket"]) {
    const [Bucket, ...path] = idOf(on, key).split("/");
    await them(on).ask("s3", path.length > 0 ? "DeleteObject" : "DeleteBucket", {
      Bucket,
      ...(path.length > 0 ? { Key: path.join("/") } : {}),
    });
    on.store.drop(key);
  }
  await on.aws.iam.putRolePolicy({
    RoleName: idOf(on, "role-web"),
    PolicyName: "buddyverse",
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: ["ssm:GetParameters"], Resource: ["*"] }],
    }),
  });
  on.writes();
  expect(failures(await on.up())).toEqual([]);
  expect(on.writes()).toEqual(["s3:CreateBucket", "s3:PutObject", "iam:PutRolePolicy"]);
  expect((await images(on)).map(({ ImageId }) => ImageId)).toEqual([image]);
  expect(await standings(on)).toEqual({});
});

/** Those of an answer of DescribeInstances. */
const runningBuilders = (given: object): string[] =>
  (given as Awaited<ReturnType<Stage["aws"]["ec2"]["describeInstances"]>>).Reservations?.flatMap(({ Instances = [] }) =>
    Instances.flatMap((instance) =>
      instance.InstanceId && isBuilder(instance) && instance.State?.Name === "running" ? [instance.InstanceId] : [],
    ),
  ) ?? [];

test("a builder that is stopped by somebody is not imaged", async () => {
  const on = await compute();
  const answer = on.sandbox.answer.bind(on.sandbox);
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      const given = await answer(service, operation, input);
      const [found] = operation === "DescribeInstances" ? runningBuilders(given) : [];
      if (found) await answer("ec2", "StopInstances", { InstanceIds: [found] });
      return given;
    },
  });
  expect(failures(await on.up())[0]?.reason).toMatch(/stopped but .* does not say "baked"/);
  expect(await images(on)).toEqual([]);
});

test("interrupted after the image was made: the next up removes the builder and its mark", async () => {
  const on = await compute();
  const answer = on.sandbox.answer.bind(on.sandbox);
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      if (operation === "TerminateInstances") throw Object.assign(new Error("no"), { name: "UnauthorizedOperation" });
      return answer(service, operation, input);
    },
  });
  await on.up();
  expect(await builders(on)).toHaveLength(1);
  Object.assign(on.sandbox, { answer });
  expect(failures(await on.up())).toEqual([]);
  await on.clock.sleep(60_000);
  await on.refresh();
  expect(await builders(on)).toEqual([]);
  expect(await parameterNames(on)).toEqual([]);
  expect(await standings(on)).toEqual({});
});

test("new content makes a new image, moves the template to it, and then removes the old one where one is to stay", async () => {
  const on = await compute();
  await on.up();
  const [old] = await images(on);
  const app = { git: "https://example.com/site.git", revision: "v1" };
  const next = await stageOn(
    parseConfig({ image: { app, keep: 1 } }, "test.config.json"),
    on.clock,
    on.sandbox,
    on.text,
    computeSteps,
  );
  expect(failures(await next.up())).toEqual([]);
  await on.clock.sleep(5_000);
  await next.refresh();
  const found = await images(on);
  expect(found).toHaveLength(1);
  const ImageId = found[0]?.ImageId;
  expect(ImageId).not.toBe(old?.ImageId);
  expect(await snapshotIds(on)).toEqual([found[0]?.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId]);
  const { LaunchTemplateVersions } = await on.aws.ec2.describeLaunchTemplateVersions({
    LaunchTemplateId: idOf(next, "launch-template"),
    Versions: ["$Default"],
  });
  expect(LaunchTemplateVersions).toMatchObject([{ VersionNumber: 2, LaunchTemplateData: { ImageId } }]);
});

test("a snapshot whose image somebody deregistered goes with the stack", async () => {
  const on = await compute();
  await on.up();
  const ImageId = idOf(on, keyLike(on, "image-"));
  await on.aws.ec2.deregisterImage({ ImageId });
  await on.clock.sleep(5_000);
  const gone = (await on.down()).filter(({ object }) => object === "ec2:snapshot");
  expect(gone).toMatchObject([{ outcome: "deleted" }]);
  await on.clock.sleep(5_000);
  expect(await snapshotIds(on)).toEqual([]);
  expect(await on.left()).toEqual([]);
});

test("a newer base replaces nothing, is named, and what is launched from then on starts from it", async () => {
  const on = await compute();
  await on.up();
  const imageOf = async (key: string) =>
    (await on.aws.ec2.describeInstances({ InstanceIds: [idOf(on, key)] })).Reservations?.[0]?.Instances?.[0]?.ImageId;
  const said = async () => {
    const { entries } = await on.refresh();
    const config = on.config;
    return imageNotes(
      config,
      { publicKey: undefined, allowedCidrs: [], appArchive: undefined },
      (key) => entries.get(key)?.look.live,
      on.clock.now(),
    );
  };
  const before = [await imageOf("nat-instance-1"), await imageOf("bastion-1")];
  expect(await said()).toEqual([]);

  await on.clock.sleep(17 * 86_400_000);
  expect(isEmpty(await on.plan())).toBe(true);
  expect(await said()).toEqual([
    expect.stringMatching(
      /^The web image ami-\w+ was made 17 days ago, and a newer base is out since: ubuntu\/\S+-20261207\. .*: buddyverse up --refresh-image$/,
    ),
  ]);
  await on.aws.ec2.terminateInstances({ InstanceIds: [idOf(on, "nat-instance-1")] });
  await on.up();
  const after = [await imageOf("nat-instance-1"), await imageOf("bastion-1")];
  expect(after).toEqual(["ami-0a12023000001a64d", before[1]]);
  expect(before[0]).toBe(before[1]);
  expect(after[0]).not.toBe(before[0]);
});
