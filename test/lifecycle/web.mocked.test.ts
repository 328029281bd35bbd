import { beforeEach, expect, test, vi } from "vitest";
import { keyPair as keyPairType } from "../../src/aws/ec2/key-pair.ts";
import { launchTemplate } from "../../src/aws/ec2/launch-template.ts";
import { ALL_OUTBOUND, securityGroup } from "../../src/aws/ec2/security-group.ts";
import { listener } from "../../src/aws/elb/listener.ts";
import { redirect } from "../../src/aws/elb/redirect.ts";
import { instanceProfile } from "../../src/aws/iam/instance-profile.ts";
import { role } from "../../src/aws/iam/role.ts";
import type { Config } from "../../src/config/schema.ts";
import { resource, type Step, step } from "../../src/engine/resource.ts";
import { durationSeconds } from "../../src/sandbox/durations.ts";
import { changeInstance, stopInstance } from "../../src/sandbox/services/ec2/instance-states.ts";
import { imageTable, instanceTable, interfaceTable } from "../../src/sandbox/services/ec2/tables.ts";
import { simAt } from "../../src/sandbox/sim.ts";
import type { Sim } from "../../src/sandbox/world.ts";
import { autoScalingStep } from "../../steps/auto-scaling.ts";
import { loadBalancerStep } from "../../steps/load-balancer.ts";
import { routesStep } from "../../steps/routes.ts";
import { webUserData } from "../../steps/scripts/user-data.ts";
import { securityGroupsStep } from "../../steps/security-groups.ts";
import { subnetsStep } from "../../steps/subnets.ts";
import { vpcStep } from "../../steps/vpc.ts";
import { type Stage, stage } from "./stage.ts";

// Instances of a good image serve a minute after they run: what they need of the rest of the stack is not tested here.
vi.mock("../../src/sandbox/guests/boot.ts", async (original) => ({
  ...(await original<object>()),
  boot(id: string, sim: Sim) {
    const instance = instanceTable(sim).get(id);
    if (instance && instance.content !== null)
      changeInstance(sim, id, { httpFrom: sim.now + durationSeconds("webBoot") * 1_000 });
  },
}));

const GOOD = "ami-000000000000000a1";
const BETTER = "ami-000000000000000a2";
const BROKEN = "ami-000000000000000b1";
const CERTIFICATE = "arn:aws:acm:ap-northeast-2:111122223333:certificate/c1";
let imageId = GOOD;
beforeEach(() => {
  imageId = GOOD;
});

/** The load balancer and the web instances, on a network of their own; with a domain also the redirect. */
function webSteps(config: Config): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  const routes = routesStep(config, vpc.resources, subnets.resources);
  const bastionGroup = resource(securityGroup, "group-bastion", "BastionHost", vpc.resources, ({ vpc }) => ({
    vpcId: vpc.id,
    description: "Nobody",
    inbound: [],
    outbound: ALL_OUTBOUND,
  }));
  const groups = securityGroupsStep(config, vpc.resources, { bastionGroup });
  const keyPair = resource(keyPairType, "key-pair", "Buddy-Project", {}, () => ({
    publicKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ+F32zvWUmKn7mFBTcyDi9v6ec1JZC6c6nfQZv/NRlJ buddyverse",
  }));
  const itsRole = resource(role, "role", "Buddy-WEB", {}, () => ({
    service: "ec2.amazonaws.com",
    statements: [],
    managedPolicies: [],
  }));
  const profile = resource(instanceProfile, "profile", "Buddy-WEB", { itsRole }, ({ itsRole }) => ({
    roleName: itsRole.id,
  }));
  const template = resource(
    launchTemplate,
    "launch-template",
    "Buddy-WEB-Image-Start",
    { profile, web: groups.resources.web, keyPair },
    ({ profile, web, keyPair }) => ({
      imageId,
      rootDevice: "/dev/sda1",
      instanceType: config.web.instanceType,
      volumeGiB: config.web.volumeGiB,
      groupIds: [web.id],
      keyName: keyPair.keyName,
      cpuCredits: "unlimited" as const,
      profileName: profile.id,
      userData: webUserData({
        region: config.region,
        stack: config.stack,
        fileSystemId: "fs-00000000000000001",
        parameterPath: "/buddyverse/buddyverse/database/",
        database: "django_db",
        user: "admin",
      }),
      instanceName: "Buddy-WEB",
    }),
  );
  const balance = loadBalancerStep(config, vpc.resources, subnets.resources, routes.resources, groups.resources);
  const { privateRoutes: natRoutes } = routes.resources;
  const scaling = autoScalingStep(
    config,
    subnets.resources,
    { launchTemplate: template, image: [] },
    balance.resources,
    { primary: [], primaryParameter: [] },
    { natRoutes },
  );
  const https = resource(listener, "listener-https", "Buddy-LoadBalance:443", balance.resources, (live) => ({
    loadBalancerArn: live.loadBalancer.id,
    port: 443,
    protocol: "HTTPS" as const,
    certificateArn: CERTIFICATE,
    policy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    targetGroupArn: live.targetGroup.id,
    action: "forward" as const,
  }));
  const to443 = resource(
    redirect,
    "redirect",
    "Buddy-LoadBalance:80 → https",
    { ...balance.resources, https },
    ({ listener, targetGroup }) => ({ listenerArn: listener.id, targetGroupArn: targetGroup.id }),
  );
  const before = [vpc, subnets, routes, step("nat-bastion", { bastionGroup }), groups];
  const image = step("image", { keyPair, itsRole, profile, template });
  return [...before, image, balance, scaling, ...(config.domain ? [step("domain", { https, to443 })] : [])];
}

const simOf = (on: Stage) => simAt(on.sandbox.world, on.clock.now());

async function webStage(config: object = { domain: null }, seed = 7): Promise<Stage> {
  const on = await stage(config, seed, webSteps);
  for (const id of [GOOD, BETTER, BROKEN]) {
    imageTable(simOf(on)).putNow(id, {
      id,
      name: id,
      description: "",
      sourceInstanceId: "i-0",
      snapshotId: "snap-0",
      volumeGiB: 8,
      state: "available",
      stateReason: null,
      createdAt: 0,
      rootDevice: "/dev/sda1",
      content: id === BROKEN ? null : "application",
    });
  }
  simOf(on).table("acm.certificates").putNow(CERTIFICATE, { arn: CERTIFICATE, status: "ISSUED" });
  return on;
}

const failures = ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
  settled.filter(({ outcome }) => !["created", "updated", "unchanged", "replaced", "deleted"].includes(outcome));
const running = (on: Stage) =>
  instanceTable(simOf(on))
    .all()
    .filter(({ state }) => state === "running");
const standings = async (on: Stage) =>
  Object.fromEntries(
    (await on.status())
      .filter(({ standing }) => standing !== "in-sync")
      .map(({ key, standing, drift, pending }) => [
        key,
        [standing, ...drift.map(({ field }) => field), ...pending.map(({ field }) => field)],
      ]),
  );
const minutes = (on: Stage, count: number) => on.clock.sleep(count * 60_000).then(() => on.sandbox.settle());

/** What is left in the sandbox's tables, tags and dead instances aside. */
function _held(on: Stage): Record<string, string[]> {
  on.sandbox.settle();
  return Object.fromEntries(
    Object.entries(on.sandbox.world.tables)
      .filter(([name]) => name !== "ec2.tags" && name !== "ec2.images" && name !== "acm.certificates")
      .map(([name, rows]): [string, string[]] => [
        name,
        Object.entries(rows).flatMap(([id, { row }]) => (row === null ? [] : [id])),
      ])
      .filter(([, ids]) => ids.length > 0),
  );
}

test("with a domain port 80 redirects; without one it forwards again", async () => {
  const on = await webStage({});
  expect(failures(await on.up())).toEqual([]);
  const action = async () => {
    const LoadBalancerArn = on.store.get("load-balancer")?.id as string;
    return (await on.aws.elb.describeListeners({ LoadBalancerArn })).Listeners?.[0]?.DefaultActions?.[0]?.Type;
  };
  expect(await action()).toBe("redirect");
  expect(await standings(on)).toEqual({});
  // The redirect alone goes.
  const redirecting = (await on.refresh()).entries.get("redirect")?.look.live;
  await redirect.delete?.(on.aws, redirecting as never, { discardData: false, label: "" });
  await on.clock.sleep(5_000);
  expect(await action()).toBe("forward");
  expect(await standings(on)).toEqual({ redirect: ["missing"] });
  expect(failures(await on.up())).toEqual([]);
  expect(await action()).toBe("redirect");
});

test("drift by hand shows, property by property, and up mends it", async () => {
  const on = await webStage();
  await on.up();
  const arn = (key: string) => on.store.get(key)?.id as string;
  await on.aws.elb.modifyTargetGroupAttributes({
    TargetGroupArn: arn("target-group"),
    Attributes: [{ Key: "stickiness.enabled", Value: "false" }],
  });
  await on.aws.elb.modifyTargetGroup({ TargetGroupArn: arn("target-group"), UnhealthyThresholdCount: 5 });
  await on.aws.elb.modifyListener({
    ListenerArn: arn("listener"),
    DefaultActions: [{ Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_302" } }],
  });
  await on.aws.autoScaling.putScalingPolicy({
    AutoScalingGroupName: "Buddy-AutoScaling-Group",
    PolicyName: "cpu-target",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
      TargetValue: 80,
    },
  });
  await on.clock.sleep(5_000);
  const seen = await standings(on);
  expect(seen["target-group"]).toEqual(["drift", "unhealthyThreshold", "stickinessSeconds"]);
  expect(seen.listener).toEqual(["drift", "action"]);
  expect(seen["scaling-policy"]).toEqual(["drift", "target"]);
  expect(failures(await on.up())).toEqual([]);
  await minutes(on, 3);
  expect(await standings(on)).toEqual({});
});

test("an instance that is shut down and one whose web server stops are replaced, and the site's group is whole again", async () => {
  const on = await webStage();
  await on.up();
  await minutes(on, 6);
  const [shut, mute] = running(on).map(({ id }) => id);
  stopInstance(simOf(on), shut as string, true);
  changeInstance(simOf(on), mute as string, { httpFrom: null });
  await minutes(on, 1);
  expect((await standings(on))["auto-scaling-group"]).toEqual(["under-way"]);
  await minutes(on, 6);
  expect(await standings(on)).toEqual({});
  const now = running(on).map(({ id }) => id);
  expect(now).toHaveLength(2);
  expect(now).not.toContain(shut);
  expect(now).not.toContain(mute);
});

test("a new image goes in by an instance refresh that never has fewer than two instances serve", async () => {
  const on = await webStage();
  await on.up();
  imageId = BETTER;
  on.writes();
  let fewest = 9;
  const answer = on.sandbox.answer;
  on.sandbox.answer = (...call) => {
    const now = on.clock.now();
    fewest = Math.min(fewest, running(on).filter(({ httpFrom }) => httpFrom !== null && httpFrom <= now).length);
    return answer(...call);
  };
  expect(failures(await on.up())).toEqual([]);
  expect(on.writes()).toEqual(
    expect.arrayContaining(["auto-scaling:UpdateAutoScalingGroup", "auto-scaling:StartInstanceRefresh"]),
  );
  expect(fewest).toBe(2);
  await minutes(on, 3);
  expect(running(on).map((one) => one.imageId)).toEqual([BETTER, BETTER]);
  // Two for two: nothing was launched in vain.
  expect(instanceTable(simOf(on)).all()).toHaveLength(4);
  expect(await standings(on)).toEqual({});
  await on.up();
  expect(on.writes()).toEqual([]);
});

test("instances that cannot be launched fail the group with AWS's own words; mended, up replaces it", async () => {
  const on = await webStage({ domain: null, web: { instanceType: "t3.micro" } });
  const create = imageTable(simOf(on));
  const image = create.get(GOOD);
  create.removeNow(GOOD);
  const broken = await on.up();
  expect(failures(broken).map(({ key, outcome }) => [key, outcome])).toContainEqual(["auto-scaling-group", "failed"]);
  create.putNow(GOOD, image as never);
  expect(failures(await on.up())).toEqual([]);
  expect(running(on)).toHaveLength(2);
});

test("instances that start but never pass the health check fail the group, in a sentence", async () => {
  const on = await webStage({ domain: null }, 8);
  imageId = BROKEN;
  const result = await on.up();
  const group = result.settled.find(({ key }) => key === "auto-scaling-group");
  expect(group?.outcome).toBe("failed");
  expect(group?.reason).toMatch(
    /the last \d+ instances started but did not pass the health check: .*ELB system health/,
  );
  imageId = GOOD;
  expect(failures(await on.up())).toEqual([]);
  expect(running(on).map((one) => one.imageId)).toEqual([GOOD, GOOD]);
  expect((await on.down()).filter(({ error }) => error)).toEqual([]);
  expect(await on.left()).toEqual([]);
});

test("a load balancer of somebody else's that has our name is not taken, not even with equal settings", async () => {
  const on = await webStage();
  await on.up();
  const arn = on.store.get("load-balancer")?.id as string;
  const stored = on.sandbox.world.tables["elb.loadBalancers"]?.[arn] as { row: { tags: object } };
  stored.row.tags = { Name: "theirs" };
  await expect(on.up()).rejects.toMatchObject({ code: "not-ours" });
  expect(on.calls.filter(({ operation }) => operation === "CreateLoadBalancer")).toHaveLength(1);
  expect(
    interfaceTable(simOf(on))
      .all()
      .some(({ requester }) => requester === "amazon-elb"),
  ).toBe(true);
});
