import {
  type Action,
  AddTagsCommand,
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DeleteListenerCommand,
  DescribeListenersCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTagsCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  ElasticLoadBalancingV2Client,
  type Listener,
  ListenerNotFoundException,
  LoadBalancerNotFoundException,
  ModifyListenerCommand,
  ModifyTargetGroupAttributesCommand,
  ModifyTargetGroupCommand,
  TargetGroupNotFoundException,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { beforeEach, expect, test } from "vitest";
import { type ListenerSpec, listener } from "../../../src/aws/elb/listener.ts";
import { loadBalancer } from "../../../src/aws/elb/load-balancer.ts";
import { redirect, TO_HTTPS } from "../../../src/aws/elb/redirect.ts";
import { type TargetGroupSpec, targetGroup } from "../../../src/aws/elb/target-group.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const elb = mocked(ElasticLoadBalancingV2Client);
beforeEach(() => elb.reset());

const PREFIX = "arn:aws:elasticloadbalancing:ap-northeast-2:111122223333";
const LB = `${PREFIX}:loadbalancer/app/Buddy-LoadBalance/50dc6c495c0c9188`;
const TG = `${PREFIX}:targetgroup/Buddy-LoadBalance-TargetGroup/73e2d6bc24d8a067`;
const HTTP = `${PREFIX}:listener/app/Buddy-LoadBalance/50dc6c495c0c9188/f2f7dc8efc522ab2`;

const balancer = {
  LoadBalancerArn: LB,
  LoadBalancerName: "Buddy-LoadBalance",
  DNSName: "Buddy-LoadBalance-1.ap-northeast-2.elb.amazonaws.com",
  CanonicalHostedZoneId: "ZWKZPGTI48KDX",
  Scheme: "internet-facing" as const,
  State: { Code: "active" as const },
  SecurityGroups: ["sg-1"],
  AvailabilityZones: [{ SubnetId: "subnet-c" }, { SubnetId: "subnet-a" }],
};
const group = {
  TargetGroupArn: TG,
  TargetGroupName: "Buddy-LoadBalance-TargetGroup",
  Protocol: "HTTP" as const,
  Port: 80,
  VpcId: "vpc-1",
  TargetType: "instance" as const,
  HealthCheckPath: "/",
  HealthCheckIntervalSeconds: 15,
  HealthCheckTimeoutSeconds: 5,
  HealthyThresholdCount: 2,
  UnhealthyThresholdCount: 3,
  Matcher: { HttpCode: "200" },
};
const spec: TargetGroupSpec = {
  vpcId: "vpc-1",
  protocol: "HTTP",
  port: 80,
  targetType: "instance",
  healthCheckPath: "/",
  healthCheckCodes: "200",
  healthCheckSeconds: 15,
  healthCheckTimeoutSeconds: 5,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  stickinessSeconds: 86400,
  algorithm: "round_robin",
  deregistrationSeconds: 60,
};
const lbOwner = ownerOf("load-balancer", "Buddy-LoadBalance");
const tgOwner = ownerOf("target-group", "Buddy-LoadBalance-TargetGroup");
const listenerOwner = ownerOf("listener", "Buddy-LoadBalance:80");
const redirectOwner = ownerOf("redirect", "Buddy-LoadBalance:80 → https");

const missing = { message: "none", $metadata: { httpStatusCode: 400 } };
const tagsAre = (...described: { ResourceArn: string; Tags: { Key: string; Value: string }[] }[]) =>
  elb.on(DescribeTagsCommand).callsFake(({ ResourceArns }: { ResourceArns: string[] }) => ({
    TagDescriptions: described.filter(({ ResourceArn }) => ResourceArns.includes(ResourceArn)),
  }));
const bothThere = () => {
  elb.on(DescribeLoadBalancersCommand).resolves({ LoadBalancers: [balancer] });
  elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [group] });
  elb.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: [] });
  elb.on(DescribeLoadBalancerAttributesCommand).resolves({ Attributes: [] });
  tagsAre(
    { ResourceArn: LB, Tags: awsTags("load-balancer", "Buddy-LoadBalance") },
    { ResourceArn: TG, Tags: awsTags("target-group", "Buddy-LoadBalance-TargetGroup") },
  );
};
const listenersAre = (...Listeners: Listener[]) => elb.on(DescribeListenersCommand).resolves({ Listeners });

test("a load balancer is read as it was asked for, whatever the order of its subnets; its tags without AWS's own", async () => {
  bothThere();
  const live = await loadBalancer.find(await testAws(), lbOwner);
  expect(live).toMatchObject({
    id: LB,
    fullName: "app/Buddy-LoadBalance/50dc6c495c0c9188",
    canonicalZoneId: "ZWKZPGTI48KDX",
    tags: lbOwner.tags,
  });
  const wanted = { scheme: "internet-facing", groupIds: ["sg-1"], subnetIds: ["subnet-a", "subnet-c"] };
  expect(differences(loadBalancer, wanted, live as never, lbOwner.tags)).toEqual([]);
});

test("AWS's not-found by name is missingMessage; a denial is not", async () => {
  const aws = await testAws();
  elb.on(DescribeLoadBalancersCommand).rejects(new LoadBalancerNotFoundException(missing));
  elb.on(DescribeTargetGroupsCommand).rejects(new TargetGroupNotFoundException(missing));
  expect(await loadBalancer.find(aws, lbOwner)).toBeUndefined();
  expect(await targetGroup.find(aws, tgOwner)).toBeUndefined();
  expect(await listener.find(aws, listenerOwner)).toBeUndefined();
  expect(await redirect.find(aws, redirectOwner)).toBeUndefined();
  const denied = Object.assign(new Error("denied"), { name: "AccessDenied" });
  elb.on(DescribeLoadBalancersCommand).rejects(denied);
  await expect(loadBalancer.find(aws, lbOwner)).rejects.toBe(denied);
  await expect(listener.find(aws, listenerOwner)).rejects.toBe(denied);
});

test("what somebody else has under our names is refused", async () => {
  bothThere();
  tagsAre({ ResourceArn: LB, Tags: [] }, { ResourceArn: TG, Tags: awsTags("other", "x") });
  listenersAre({ ListenerArn: HTTP, Port: 80 });
  const aws = await testAws();
  await expect(loadBalancer.find(aws, lbOwner)).rejects.toMatchObject({ code: "not-ours" });
  await expect(targetGroup.find(aws, tgOwner)).rejects.toMatchObject({ code: "not-ours" });
  await expect(listener.find(aws, listenerOwner)).rejects.toMatchObject({ code: "not-ours" });
});

test("load balancer, target group, listener and redirect looked for at once share their calls", async () => {
  bothThere();
  listenersAre({ ListenerArn: HTTP, Port: 80, DefaultActions: [{ Type: "forward", TargetGroupArn: TG }] });
  const aws = await testAws();
  await Promise.all([
    loadBalancer.find(aws, lbOwner),
    targetGroup.find(aws, tgOwner),
    listener.find(aws, listenerOwner),
    redirect.find(aws, redirectOwner),
  ]);
  const asked = elb.calls().map(({ firstArg }) => firstArg.constructor.name);
  expect(asked.sort()).toEqual([
    "DescribeListenersCommand",
    "DescribeLoadBalancerAttributesCommand",
    "DescribeLoadBalancersCommand",
    "DescribeTagsCommand",
    "DescribeTargetGroupAttributesCommand",
    "DescribeTargetGroupsCommand",
  ]);
});

test("a load balancer that goes between two reads does not hide the target group", async () => {
  bothThere();
  elb.on(DescribeTagsCommand).callsFake(({ ResourceArns }: { ResourceArns: string[] }) => {
    if (ResourceArns.includes(LB)) throw new LoadBalancerNotFoundException(missing);
    return { TagDescriptions: [{ ResourceArn: TG, Tags: awsTags("target-group", "x") }] };
  });
  const aws = await testAws();
  const [one, other] = await Promise.all([loadBalancer.find(aws, lbOwner), targetGroup.find(aws, tgOwner)]);
  expect(one).toBeUndefined();
  expect(other?.id).toBe(TG);
});

test("attributes that an answer leaves out are AWS's defaults; strings become numbers", async () => {
  bothThere();
  const attributes = (...list: [string, string][]) =>
    elb.on(DescribeTargetGroupAttributesCommand).resolves({ Attributes: list.map(([Key, Value]) => ({ Key, Value })) });
  const find = async () => (await targetGroup.find(await testAws(), tgOwner)) as TargetGroupSpec;
  attributes();
  expect(await find()).toMatchObject({ stickinessSeconds: 0, algorithm: "round_robin", deregistrationSeconds: 300 });
  attributes(
    ["stickiness.enabled", "true"],
    ["stickiness.type", "lb_cookie"],
    ["deregistration_delay.timeout_seconds", "60"],
  );
  expect(await find()).toMatchObject({ stickinessSeconds: 86400, deregistrationSeconds: 60 });
  attributes(["stickiness.enabled", "true"], ["stickiness.type", "app_cookie"]);
  expect((await find()).stickinessSeconds).toBe(-1);
  attributes(["stickiness.enabled", "false"], ["stickiness.lb_cookie.duration_seconds", "86400"]);
  expect((await find()).stickinessSeconds).toBe(0);
});

test("the creating calls carry tags and what AWS would choose otherwise, and there is no second call", async () => {
  elb.on(CreateLoadBalancerCommand).resolves({ LoadBalancers: [balancer] });
  elb.on(CreateTargetGroupCommand).resolves({ TargetGroups: [group] });
  elb.on(CreateListenerCommand).resolves({ Listeners: [{ ListenerArn: HTTP }] });
  const aws = await testAws();
  const wanted = {
    scheme: "internet-facing" as const,
    groupIds: ["sg-1"],
    subnetIds: ["subnet-a", "subnet-c"],
    zones: ["ap-northeast-2a", "ap-northeast-2c"],
  };
  expect(await loadBalancer.create?.(aws, wanted, lbOwner, "t")).toBe(LB);
  expect(await targetGroup.create?.(aws, spec, tgOwner, "t")).toBe(TG);
  const https: ListenerSpec = {
    loadBalancerArn: LB,
    port: 443,
    protocol: "HTTPS",
    certificateArn: "arn:aws:acm:x",
    policy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    targetGroupArn: TG,
    action: "forward",
  };
  expect(await listener.create?.(aws, https, ownerOf("https", "Buddy-LoadBalance:443"), "t")).toBe(HTTP);
  const [first, second, third, ...more] = elb.calls().map(({ firstArg }) => firstArg.input);
  expect(more).toEqual([]);
  expect(first).toMatchObject({ Type: "application", Scheme: "internet-facing", SecurityGroups: ["sg-1"] });
  expect(second).toMatchObject({ VpcId: "vpc-1", TargetType: "instance", Matcher: { HttpCode: "200" } });
  expect(third).toMatchObject({
    SslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    Certificates: [{ CertificateArn: "arn:aws:acm:x" }],
    DefaultActions: [{ Type: "forward", TargetGroupArn: TG }],
  });
  expect(first.Tags).toContainEqual({ Key: "buddyverse:key", Value: "load-balancer" });
  expect(second.Tags).toContainEqual({ Key: "buddyverse:key", Value: "target-group" });
  expect(third.Tags).toContainEqual({ Key: "buddyverse:key", Value: "https" });
});

test("a change of stickiness sends attributes only, a change of the health check only that", async () => {
  elb.onAnyCommand().resolves({});
  const aws = await testAws();
  await targetGroup.update?.(
    aws,
    { id: TG } as never,
    { ...spec, stickinessSeconds: 0 },
    new Set(["stickinessSeconds"]),
    tgOwner,
  );
  await targetGroup.update?.(aws, { id: TG } as never, spec, new Set(["healthCheckSeconds"]), tgOwner);
  await targetGroup.update?.(aws, { id: TG } as never, spec, new Set(["tags"]), tgOwner);
  expect(elb.calls().map(({ firstArg }) => firstArg.constructor)).toEqual([
    ModifyTargetGroupAttributesCommand,
    ModifyTargetGroupCommand,
    AddTagsCommand,
  ]);
  expect(elb.commandCalls(ModifyTargetGroupAttributesCommand)[0]?.args[0].input.Attributes).toContainEqual({
    Key: "stickiness.enabled",
    Value: "false",
  });
  elb.resetHistory();
  await targetGroup.update?.(aws, { id: TG } as never, spec, new Set(["stickinessSeconds"]), tgOwner);
  // All of it in words; without the type AWS refuses the rest where there was none.
  expect(elb.commandCalls(ModifyTargetGroupAttributesCommand)[0]?.args[0].input.Attributes).toEqual(
    expect.arrayContaining([
      { Key: "stickiness.enabled", Value: "true" },
      { Key: "stickiness.type", Value: "lb_cookie" },
      { Key: "stickiness.lb_cookie.duration_seconds", Value: String(spec.stickinessSeconds) },
    ]),
  );
});

const toHttps = {
  Type: "redirect" as const,
  RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_301" as const },
};
const port80 = (...DefaultActions: NonNullable<Listener["DefaultActions"]>): Listener => ({
  ListenerArn: HTTP,
  LoadBalancerArn: LB,
  Port: 80,
  Protocol: "HTTP",
  DefaultActions,
});

test("a listener that redirects is in order where a redirect decides, and drift where it shall forward", async () => {
  bothThere();
  listenersAre(port80(toHttps));
  const live = await listener.find(await testAws(), listenerOwner);
  const wanted: ListenerSpec = {
    loadBalancerArn: LB,
    port: 80,
    protocol: "HTTP",
    certificateArn: undefined,
    policy: undefined,
    targetGroupArn: TG,
    action: undefined,
  };
  const fields = (one: ListenerSpec) => differences(listener, one, live as never, undefined).map(({ field }) => field);
  expect(fields(wanted)).toEqual([]);
  expect(fields({ ...wanted, action: "forward" })).toEqual(["action"]);
});

test("a forward to several target groups is not ours", async () => {
  bothThere();
  const aws = await testAws();
  const weighted = (...arns: string[]) =>
    listenersAre(
      port80({ Type: "forward", ForwardConfig: { TargetGroups: arns.map((TargetGroupArn) => ({ TargetGroupArn })) } }),
    );
  weighted(TG);
  expect(await listener.find(aws, listenerOwner)).toMatchObject({ action: "forward", targetGroupArn: TG });
  weighted(TG, `${TG}x`);
  expect(await listener.find(aws, listenerOwner)).toMatchObject({ action: "other" });
});

test("listeners are read to the last page", async () => {
  bothThere();
  elb
    .on(DescribeListenersCommand)
    .resolvesOnce({ Listeners: [{ ListenerArn: "other", Port: 443 }], NextMarker: "more" })
    .resolvesOnce({ Listeners: [port80({ Type: "forward", TargetGroupArn: TG })] });
  expect((await listener.find(await testAws(), listenerOwner))?.id).toBe(HTTP);
});

test("a redirect is there unless the listener forwards, with what it answers; made, put right and undone by changing the listener", async () => {
  bothThere();
  elb.on(ModifyListenerCommand).resolves({});
  const aws = await testAws();
  const found = async (action: Action) => {
    listenersAre(port80(action));
    return redirect.find(aws, redirectOwner);
  };
  expect(await found({ Type: "forward", TargetGroupArn: TG })).toBeUndefined();
  const to = (change: object) => ({ ...toHttps, RedirectConfig: { ...toHttps.RedirectConfig, ...change } });
  expect(TO_HTTPS).toBe("HTTP_301 https://#{host}:443/#{path}?#{query}");
  // As AWS fills it in, and as it was given.
  expect(await found(toHttps)).toMatchObject({ answer: TO_HTTPS });
  expect(await found(to({ Host: "#{host}", Path: "/#{path}", Query: "#{query}" }))).toMatchObject({ answer: TO_HTTPS });
  for (const other of [
    { StatusCode: "HTTP_302" },
    { Host: "evil.example" },
    { Path: "/x" },
    { Query: "x=1" },
    { Port: "1" },
  ])
    expect((await found(to(other)))?.answer, JSON.stringify(other)).not.toBe(TO_HTTPS);
  expect(await found({ Type: "fixed-response", FixedResponseConfig: { StatusCode: "503" } })).toMatchObject({
    answer: "fixed-response 503",
  });
  listenersAre(port80(toHttps), {
    ListenerArn: "s",
    Port: 443,
    DefaultActions: [{ Type: "forward", TargetGroupArn: TG }],
  });
  const live = await redirect.find(aws, redirectOwner);
  expect(live).toMatchObject({ id: `${HTTP}#redirect`, listenerArn: HTTP, targetGroupArn: TG });
  const spec = { listenerArn: HTTP, targetGroupArn: TG, answer: TO_HTTPS };
  expect(await redirect.create?.(aws, spec, redirectOwner, "t")).toBe(live?.id);
  await redirect.update?.(aws, live as never, spec, new Set(["answer"]), redirectOwner);
  await redirect.delete?.(aws, live as never, { discardData: false, label: "" });
  const sent = elb.commandCalls(ModifyListenerCommand).map(({ args }) => args[0].input);
  expect(sent).toEqual([
    { ListenerArn: HTTP, DefaultActions: [toHttps] },
    { ListenerArn: HTTP, DefaultActions: [toHttps] },
    { ListenerArn: HTTP, DefaultActions: [{ Type: "forward", TargetGroupArn: TG }] },
  ]);
});

test("a redirect without its https listener forwards again to the stack's one target group; a gone listener is done", async () => {
  bothThere();
  const other = { TargetGroupArn: "arn:other", TargetGroupName: "Buddy-LoadBalance-TargetGroup" };
  elb.on(DescribeTargetGroupsCommand).resolves({ TargetGroups: [other, { ...group, TargetGroupName: "any-name" }] });
  listenersAre(port80(toHttps));
  const aws = await testAws();
  const live = await redirect.find(aws, redirectOwner);
  elb.on(ModifyListenerCommand).rejects(new ListenerNotFoundException(missing));
  await redirect.delete?.(aws, live as never, { discardData: false, label: "" });
  expect(elb.commandCalls(ModifyListenerCommand)[0]?.args[0].input.DefaultActions).toEqual([
    { Type: "forward", TargetGroupArn: TG },
  ]);
  elb.on(DeleteListenerCommand).rejects(new ListenerNotFoundException(missing));
  await listener.delete?.(aws, { id: HTTP } as never, { discardData: false, label: "" });
});

test("a certificate that was issued a moment ago, and a target group whose listener just went, are waited for", () => {
  const thrown = (name: string) => Object.assign(new Error("x"), { name });
  expect(isOneOf(thrown("UnsupportedCertificate"), listener.retryable?.create)).toBe(true);
  expect(isOneOf(thrown("ResourceInUseException"), targetGroup.retryable?.delete)).toBe(true);
  expect(isOneOf(thrown("DuplicateLoadBalancerNameException"), loadBalancer.retryable?.create)).toBe(false);
});

test("states of a load balancer", () => {
  const health = (state: string, reason = "") => loadBalancer.health?.({ id: LB, state, reason } as never);
  expect(health("active")).toBe("ready");
  expect(health("provisioning")).toBe("pending");
  expect(health("active_impaired", "no addresses")).toBe("pending");
  expect(health("failed", "no addresses")).toEqual({ failed: "no addresses" });
});
