import * as z from "zod";
import { operation, type SandboxService } from "../../service.ts";
import { instanceTable, vpcTable } from "../ec2/tables.ts";
import { checkFromNowOn, deregisterTarget, registerTarget, targetHealth } from "./health.ts";
import {
  arn,
  checkName,
  groupsOf,
  type HealthCheck,
  hostsTable,
  invalid,
  listenerTable,
  modelled,
  noTargetGroup,
  page,
  paging,
  type TargetGroup,
  tagsOf,
  tagsSchema,
  targetGroupTable,
  targetTable,
  visible,
} from "./tables.ts";

const targets = z.array(z.strictObject({ Id: z.string(), Port: z.number().optional() })).min(1);

/** Attributes of a target group of instances behind an application load balancer, with their defaults (user guide). */
const ATTRIBUTES: Readonly<Record<string, { readonly value: string; readonly rule: RegExp }>> = {
  "deregistration_delay.timeout_seconds": { value: "300", rule: /^([0-9]{1,3}|[12]\d{3}|3[0-5]\d{2}|3600)$/ },
  "stickiness.enabled": { value: "false", rule: /^(true|false)$/ },
  "stickiness.type": { value: "lb_cookie", rule: /^(lb_cookie|app_cookie)$/ },
  "stickiness.lb_cookie.duration_seconds": { value: "86400", rule: /^[1-9]\d{0,5}$/ },
  "stickiness.app_cookie.duration_seconds": { value: "86400", rule: /^[1-9]\d{0,5}$/ },
  "stickiness.app_cookie.cookie_name": { value: "", rule: /^.*$/ },
  "load_balancing.algorithm.type": {
    value: "round_robin",
    rule: /^(round_robin|least_outstanding_requests|weighted_random)$/,
  },
  "load_balancing.algorithm.anomaly_mitigation": { value: "off", rule: /^(on|off)$/ },
  "load_balancing.cross_zone.enabled": {
    value: "use_load_balancer_configuration",
    rule: /^(true|false|use_load_balancer_configuration)$/,
  },
  "slow_start.duration_seconds": { value: "0", rule: /^(0|[3-9]\d|[1-8]\d\d|900)$/ },
};

const healthCheck = {
  HealthCheckProtocol: z.enum(["HTTP", "HTTPS"]).optional(),
  HealthCheckPath: z.string().min(1).max(1024).startsWith("/").optional(),
  HealthCheckIntervalSeconds: z.number().int().min(5).max(300).optional(),
  HealthCheckTimeoutSeconds: z.number().int().min(2).max(120).optional(),
  HealthyThresholdCount: z.number().int().min(2).max(10).optional(),
  UnhealthyThresholdCount: z.number().int().min(2).max(10).optional(),
  Matcher: z.strictObject({ HttpCode: z.string().regex(/^[2-4]\d\d([-,][2-4]\d\d)*$/) }).optional(),
};
type HealthInput = { [K in keyof typeof healthCheck]?: z.infer<(typeof healthCheck)[K]> };

function healthOf(input: HealthInput, before: HealthCheck): HealthCheck {
  const health = {
    path: input.HealthCheckPath ?? before.path,
    codes: input.Matcher?.HttpCode ?? before.codes,
    seconds: input.HealthCheckIntervalSeconds ?? before.seconds,
    timeoutSeconds: input.HealthCheckTimeoutSeconds ?? before.timeoutSeconds,
    healthy: input.HealthyThresholdCount ?? before.healthy,
    unhealthy: input.UnhealthyThresholdCount ?? before.unhealthy,
  };
  if (health.timeoutSeconds >= health.seconds)
    throw invalid(
      `Health check timeout '${health.timeoutSeconds}' must be smaller than the interval '${health.seconds}'`,
    );
  return health;
}

const DEFAULT_HEALTH: HealthCheck = {
  path: "/",
  codes: "200",
  seconds: 30,
  timeoutSeconds: 5,
  healthy: 5,
  unhealthy: 2,
};

export const targetGroups: SandboxService = {
  operations: {
    CreateTargetGroup: operation(
      {
        Name: z.string(),
        Protocol: z.enum(["HTTP", "HTTPS"]),
        Port: z.number().int().min(1).max(65535),
        VpcId: z.string(),
        TargetType: z.literal("instance").optional(),
        ...healthCheck,
        Tags: tagsSchema.optional(),
      },
      (input, sim) => {
        checkName("Target group", input.Name);
        const table = targetGroupTable(sim);
        const health = healthOf(input, DEFAULT_HEALTH);
        const existing = table.all().find(({ name }) => name === input.Name);
        if (existing) {
          const same =
            existing.protocol === input.Protocol &&
            existing.port === input.Port &&
            existing.vpcId === input.VpcId &&
            JSON.stringify(existing.health) === JSON.stringify(health);
          if (same) return { TargetGroups: [described(existing, [])] };
          throw modelled(
            "DuplicateTargetGroupName",
            `A target group with the same name '${input.Name}' exists, but with different settings`,
          );
        }
        if (!vpcTable(sim).visible(input.VpcId)) throw invalid(`The VPC ID '${input.VpcId}' is not found`);
        const made: TargetGroup = {
          arn: arn(sim, `targetgroup/${input.Name}/${sim.hex(16)}`),
          name: input.Name,
          protocol: input.Protocol,
          port: input.Port,
          vpcId: input.VpcId,
          health,
          attributes: Object.fromEntries(Object.entries(ATTRIBUTES).map(([key, { value }]) => [key, value])),
          heldUntil: 0,
          tags: tagsOf(input.Tags),
        };
        table.put(made.arn, made);
        return { TargetGroups: [described(made, [])] };
      },
    ),

    DescribeTargetGroups: operation(
      {
        Names: z.array(z.string()).optional(),
        TargetGroupArns: z.array(z.string()).optional(),
        LoadBalancerArn: z.string().optional(),
        ...paging,
      },
      (input, sim) => {
        const given = [input.Names, input.TargetGroupArns, input.LoadBalancerArn].filter((one) => one !== undefined);
        if (given.length > 1)
          throw invalid("Names, target group ARNs and a load balancer ARN cannot be specified together");
        const listeners = listenerTable(sim).allVisible();
        const usersOf = (target: string) => [
          ...new Set(
            listeners
              .filter(({ action }) => groupsOf(action).includes(target))
              .map(({ loadBalancerArn }) => loadBalancerArn),
          ),
        ];
        const wanted = input.Names ?? input.TargetGroupArns;
        const found = targetGroupTable(sim)
          .allVisible()
          .filter((one) => !wanted || wanted.includes(one.name) || wanted.includes(one.arn))
          .filter((one) => !input.LoadBalancerArn || usersOf(one.arn).includes(input.LoadBalancerArn));
        if (wanted && found.length < new Set(wanted).size) throw noTargetGroup();
        const { items, NextMarker } = page(found, input);
        return { TargetGroups: items.map((one) => described(one, usersOf(one.arn))), NextMarker };
      },
    ),

    ModifyTargetGroup: operation({ TargetGroupArn: z.string(), ...healthCheck }, (input, sim) => {
      const group = visible(targetGroupTable(sim), input.TargetGroupArn, noTargetGroup);
      const changed = { ...group, health: healthOf(input, group.health) };
      targetGroupTable(sim).put(group.arn, changed);
      checkFromNowOn(sim, changed);
      return { TargetGroups: [described(changed, [])] };
    }),

    DescribeTargetGroupAttributes: operation({ TargetGroupArn: z.string() }, ({ TargetGroupArn }, sim) => {
      const group = targetGroupTable(sim).visible(TargetGroupArn);
      if (!group) throw noTargetGroup();
      return { Attributes: Object.entries(group.attributes).map(([Key, Value]) => ({ Key, Value })) };
    }),

    ModifyTargetGroupAttributes: operation(
      {
        TargetGroupArn: z.string(),
        Attributes: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).min(1),
      },
      (input, sim) => {
        const group = visible(targetGroupTable(sim), input.TargetGroupArn, noTargetGroup);
        for (const { Key, Value } of input.Attributes) {
          const known = ATTRIBUTES[Key];
          if (!known) throw invalid(`Target group attribute key '${Key}' is not recognized`);
          if (!known.rule.test(Value) || (Key.endsWith("duration_seconds") && Number(Value) > 604_800))
            throw invalid(`'${Value}' is not a valid value for the target group attribute '${Key}'`);
        }
        const attributes = {
          ...group.attributes,
          ...Object.fromEntries(input.Attributes.map(({ Key, Value }) => [Key, Value])),
        };
        targetGroupTable(sim).put(group.arn, { ...group, attributes });
        return { Attributes: input.Attributes };
      },
    ),

    DescribeTargetHealth: operation({ TargetGroupArn: z.string() }, ({ TargetGroupArn }, sim) => {
      const group = targetGroupTable(sim).visible(TargetGroupArn);
      if (!group) throw noTargetGroup();
      return {
        TargetHealthDescriptions: targetTable(sim)
          .all()
          .filter((target) => target.targetGroupArn === group.arn)
          .map((target) => ({
            Target: { Id: target.instanceId, Port: group.port },
            HealthCheckPort: String(group.port),
            TargetHealth: targetHealth(sim, group, target),
          })),
      };
    }),

    RegisterTargets: operation({ TargetGroupArn: z.string(), Targets: targets }, ({ TargetGroupArn, Targets }, sim) => {
      const group = targetGroupTable(sim).get(TargetGroupArn);
      if (!group) throw noTargetGroup();
      const unfit = Targets.filter(({ Id }) => instanceTable(sim).get(Id)?.state !== "running").map(({ Id }) => Id);
      if (unfit.length > 0)
        throw modelled(
          "InvalidTarget",
          `The following targets are not in a running state and cannot be registered: '${unfit.join("', '")}'`,
        );
      for (const { Id } of Targets) registerTarget(sim, group.arn, Id);
      return {};
    }),

    DeregisterTargets: operation(
      { TargetGroupArn: z.string(), Targets: targets },
      ({ TargetGroupArn, Targets }, sim) => {
        const group = targetGroupTable(sim).get(TargetGroupArn);
        if (!group) throw noTargetGroup();
        for (const { Id } of Targets) deregisterTarget(sim, group.arn, Id);
        return {};
      },
    ),

    DeleteTargetGroup: operation({ TargetGroupArn: z.string() }, ({ TargetGroupArn }, sim) => {
      const group = targetGroupTable(sim).get(TargetGroupArn);
      if (!group) return {};
      const used = listenerTable(sim)
        .all()
        .some(({ action }) => groupsOf(action).includes(group.arn));
      if (used || sim.now < group.heldUntil)
        throw modelled("ResourceInUse", `Target group '${group.arn}' is currently in use by a listener or a rule`);
      for (const target of targetTable(sim).all())
        if (target.targetGroupArn === group.arn) targetTable(sim).removeNow(`${group.arn} ${target.instanceId}`);
      targetGroupTable(sim).remove(group.arn);
      hostsTable(sim).removeNow(group.arn);
      return {};
    }),
  },
};

const described = (one: TargetGroup, loadBalancerArns: readonly string[]) => ({
  TargetGroupArn: one.arn,
  TargetGroupName: one.name,
  Protocol: one.protocol,
  ProtocolVersion: "HTTP1",
  Port: one.port,
  VpcId: one.vpcId,
  TargetType: "instance",
  IpAddressType: "ipv4",
  HealthCheckEnabled: true,
  HealthCheckProtocol: one.protocol,
  HealthCheckPort: "traffic-port",
  HealthCheckPath: one.health.path,
  HealthCheckIntervalSeconds: one.health.seconds,
  HealthCheckTimeoutSeconds: one.health.timeoutSeconds,
  HealthyThresholdCount: one.health.healthy,
  UnhealthyThresholdCount: one.health.unhealthy,
  Matcher: { HttpCode: one.health.codes },
  LoadBalancerArns: loadBalancerArns,
});
