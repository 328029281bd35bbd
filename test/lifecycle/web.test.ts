/** The load balancer and the web instances, in the whole stack. */
import { AttachLoadBalancerTargetGroupsCommand } from "@aws-sdk/client-auto-scaling";
import {
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { describe, expect, test } from "vitest";
import { redirect } from "../../src/aws/elb/redirect.ts";
import { parseConfig } from "../../src/config/load.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, accountIn, GROUP } from "../sandbox/grown.ts";
import { stranger } from "../stranger.ts";
import { type Stage, stage, stageOn } from "./stage.ts";

const DOMAINLESS = { domain: null };
/** The stack, up. */
async function standing(config: object = DOMAINLESS): Promise<Stage> {
  const on = await stage(config);
  expect(failures(await on.up())).toEqual([]);
  return on;
}
const next = (on: Stage, config: object): Promise<Stage> =>
  stageOn(parseConfig(config, "test.config.json"), on.clock, on.sandbox, on.text);
const failures = ({ settled }: Awaited<ReturnType<Stage["up"]>>) =>
  settled
    .filter(({ outcome }) => !["created", "updated", "unchanged", "replaced", "deleted"].includes(outcome))
    .map(({ key, reason }) => [key, reason]);
const standings = async (on: Stage) =>
  Object.fromEntries(
    (await on.status())
      .filter(({ standing }) => standing !== "in-sync")
      .map(({ key, standing, drift, pending }) => [
        key,
        [standing, ...drift.map(({ field }) => field), ...pending.map(({ field }) => field)],
      ]),
  );
const minutes = (on: Stage, count: number) => on.clock.sleep(count * 60_000);
const idOf = (on: Stage, key: string) => on.store.get(key)?.id as string;
const account = (on: Stage): Account => accountIn(on.sandbox, on.clock);
const ids = async (on: Stage) => (await account(on).members()).map(({ id }) => id);

test("port 80 redirects with a domain; without the redirect it forwards again", async () => {
  const on = await standing({});
  const action = async () => {
    const { Listeners } = await on.aws.elb.describeListeners({ LoadBalancerArn: idOf(on, "load-balancer") });
    return Listeners?.find(({ Port }) => Port === 80)?.DefaultActions?.[0]?.Type;
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
  const on = await standing();
  const TargetGroupArn = idOf(on, "target-group");
  await on.aws.elb.modifyTargetGroupAttributes({
    TargetGroupArn,
    Attributes: [{ Key: "stickiness.enabled", Value: "false" }],
  });
  await on.aws.elb.modifyTargetGroup({ TargetGroupArn, UnhealthyThresholdCount: 5 });
  await on.aws.elb.modifyListener({
    ListenerArn: idOf(on, "listener"),
    DefaultActions: [{ Type: "redirect", RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_302" } }],
  });
  await on.aws.autoScaling.putScalingPolicy({
    AutoScalingGroupName: GROUP,
    PolicyName: "cpu-target",
    PolicyType: "TargetTrackingScaling",
    TargetTrackingConfiguration: {
      PredefinedMetricSpecification: { PredefinedMetricType: "ASGAverageCPUUtilization" },
      TargetValue: 80,
    },
  });
  await on.clock.sleep(5_000);
  // A target group that no listener forwards to checks no health: the group waits for it, too.
  expect(await standings(on)).toEqual({
    "auto-scaling-group": ["under-way"],
    "target-group": ["drift", "unhealthyThreshold", "stickinessSeconds"],
    listener: ["drift", "action"],
    "scaling-policy": ["drift", "target"],
  });
  expect(failures(await on.up())).toEqual([]);
  await minutes(on, 3);
  expect(await standings(on)).toEqual({});
});

test("an instance that is shut down and one whose web server stops are replaced, and the site's group is whole again", async () => {
  const on = await standing();
  await minutes(on, 6);
  const before = await ids(on);
  await account(on).run(scriptFor("power-off", "a"), before[0] as string);
  await account(on).run(scriptFor("apache-stop", "a"), before[1] as string);
  await minutes(on, 1);
  expect((await standings(on))["auto-scaling-group"]).toEqual(["under-way"]);
  await minutes(on, 8);
  expect(await standings(on)).toEqual({});
  const now = await ids(on);
  expect(now).toHaveLength(2);
  expect(now.filter((id) => before.includes(id))).toEqual([]);
});

test("a new image goes in by an instance refresh that never has fewer than two instances serve", async () => {
  const old = await standing();
  const before = await ids(old);
  const app = { git: "https://example.com/site.git", revision: "v1" };
  // A release command would have the group wait longer for new instances.
  const on = await next(old, { ...DOMAINLESS, image: { app }, app: { release: "" } });
  const answer = on.sandbox.answer.bind(on.sandbox);
  let fewest = 9;
  const TargetGroupArn = idOf(on, "target-group");
  Object.assign(on.sandbox, {
    async answer(service: string, operation: string, input: object) {
      const { TargetHealthDescriptions } = (await answer("elastic-load-balancing-v2", "DescribeTargetHealth", {
        TargetGroupArn,
      })) as { readonly TargetHealthDescriptions: { readonly TargetHealth: { readonly State: string } }[] };
      const healthy = TargetHealthDescriptions.filter(({ TargetHealth }) => TargetHealth.State === "healthy");
      fewest = Math.min(fewest, healthy.length);
      return answer(service, operation, input);
    },
  });
  on.writes();
  expect(failures(await on.up())).toEqual([]);
  const writes = on.writes();
  expect(writes).toContain("auto-scaling:StartInstanceRefresh");
  expect(writes).not.toContain("auto-scaling:UpdateAutoScalingGroup");
  expect(fewest).toBe(2);
  await minutes(on, 3);
  // Two for two: nothing was launched in vain.
  expect((await ids(on)).filter((id) => before.includes(id))).toEqual([]);
  const { Activities } = await account(on).ask<{ Activities: { Description: string }[] }>(
    "auto-scaling",
    "DescribeScalingActivities",
    { AutoScalingGroupName: GROUP },
  );
  expect(Activities.filter(({ Description }) => Description.startsWith("Launching"))).toHaveLength(4);
  const { Images } = await on.aws.ec2.describeImages({ Owners: ["self"] });
  const used = (await account(on).running()).filter(({ InstanceId }) => !before.includes(InstanceId));
  // The one before stays (`image.keep`).
  expect(Images).toHaveLength(2);
  expect(used.length).toBeGreaterThan(0);
  expect(await standings(on)).toEqual({});
  on.writes();
  await on.up();
  expect(on.writes()).toEqual([]);
});

test("instances that start but never pass the health check fail the group, in a sentence; mended, up goes on", async () => {
  const broken = await stage({ ...DOMAINLESS, web: { healthCheckPath: "/nowhere" } });
  const [failed] = failures(await broken.up());
  expect(failed).toEqual([
    "auto-scaling-group",
    expect.stringMatching(/the last \d+ instances started but did not pass the health check: .*ELB system health/),
  ]);
  const on = await next(broken, DOMAINLESS);
  expect(failures(await on.up())).toEqual([]);
  expect(await ids(on)).toHaveLength(2);
  expect((await on.down()).filter(({ error }) => error)).toEqual([]);
  expect(await on.left()).toEqual([]);
});

describe("a load balancer of somebody else's that has our name", () => {
  test("is not taken, and none is created", async () => {
    const on = await stage(DOMAINLESS);
    const { Subnets = [] } = await on.aws.ec2.describeSubnets({});
    const { SecurityGroups = [] } = await on.aws.ec2.describeSecurityGroups({});
    await stranger(on.sandbox).elb.send(
      new CreateLoadBalancerCommand({
        Name: "Buddy-LoadBalance",
        Subnets: Subnets.slice(0, 2).map(({ SubnetId }) => SubnetId as string),
        SecurityGroups: SecurityGroups.slice(0, 1).map(({ GroupId }) => GroupId as string),
      }),
    );
    await on.clock.sleep(5_000);
    await expect(on.up()).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("does not belong"),
    });
    expect(on.calls.filter(({ operation }) => operation === "CreateLoadBalancer")).toEqual([]);
    const { LoadBalancers } = await on.aws.elb.describeLoadBalancers({});
    expect(LoadBalancers).toHaveLength(1);
  });
});

test("web.desired acts when the config changes it, once; in between the load decides", async () => {
  const first = await standing();
  const scaled = (DesiredCapacity: number) =>
    first.aws.autoScaling.setDesiredCapacity({ AutoScalingGroupName: GROUP, DesiredCapacity });
  const desired = async () =>
    (await first.aws.autoScaling.describeAutoScalingGroups({})).AutoScalingGroups?.[0]?.DesiredCapacity;
  const three = await next(first, { ...DOMAINLESS, web: { desired: 3 } });
  expect(await standings(three)).toEqual({ "auto-scaling-group": ["pending-change", "desired"] });
  expect((await three.plan()).items.find(({ key }) => key === "auto-scaling-group")?.differences).toEqual([
    { field: "desired", wanted: 3, found: 2, replaces: false },
  ]);
  expect(failures(await three.up())).toEqual([]);
  expect(await desired()).toBe(3);
  expect(await ids(three)).toHaveLength(3);
  // The load has decided otherwise.
  await scaled(4);
  await minutes(first, 5);
  expect(await standings(three)).toEqual({});
  three.writes();
  expect(failures(await three.up())).toEqual([]);
  expect(three.writes()).toEqual([]);
  // Another value acts on what is there.
  const two = await next(first, { ...DOMAINLESS, web: { desired: 2, max: 5 } });
  expect(failures(await two.up())).toEqual([]);
  expect(await desired()).toBe(2);
  // With the state lost nobody knows what was said before.
  await scaled(3);
  await minutes(first, 5);
  for (const key of Object.keys(two.store.resources)) two.store.drop(key);
  expect(await standings(two)).toEqual({});
});

describe("what would keep up waiting, with nobody to mend it", () => {
  test("an instance that somebody deregistered is drift, with the reason, and is registered again", async () => {
    const on = await standing();
    const [Id = ""] = await ids(on);
    const TargetGroupArn = idOf(on, "target-group");
    await stranger(on.sandbox).elb.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [{ Id }] }));
    await minutes(on, 10);
    expect(await standings(on)).toEqual({ "auto-scaling-group": ["drift", "registered"] });
    expect((await on.status()).find(({ standing }) => standing === "drift")?.reason).toContain(
      `${Id} was deregistered`,
    );
    on.writes();
    const before = on.clock.now();
    expect(failures(await on.up())).toEqual([]);
    expect(on.clock.now() - before).toBeLessThan(2 * 60_000);
    expect(on.writes()).toEqual(["elastic-load-balancing-v2:RegisterTargets"]);
    expect(await ids(on)).toContain(Id);
    expect(await standings(on)).toEqual({});
  });

  test("somebody else's target group at the group is drift, and is detached at once", async () => {
    const on = await standing();
    const { elb, autoScaling } = stranger(on.sandbox);
    const theirs = { Name: "theirs", Port: 8080, Protocol: "HTTP", VpcId: idOf(on, "vpc") } as const;
    const { TargetGroups } = await elb.send(new CreateTargetGroupCommand(theirs));
    const TargetGroupARNs = [TargetGroups?.[0]?.TargetGroupArn as string];
    await minutes(on, 1);
    await autoScaling.send(new AttachLoadBalancerTargetGroupsCommand({ AutoScalingGroupName: GROUP, TargetGroupARNs }));
    await minutes(on, 3);
    expect(await standings(on)).toEqual({ "auto-scaling-group": ["drift", "targetGroupArns"] });
    const before = on.clock.now();
    expect(failures(await on.up())).toEqual([]);
    expect(on.clock.now() - before).toBeLessThan(60_000);
    expect(await standings(on)).toEqual({});
  });
});
