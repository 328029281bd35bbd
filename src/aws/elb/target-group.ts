import type { ProtocolEnum, TargetTypeEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList } from "../owned.ts";
import { NO_TARGET_GROUP, retag, targetGroupNamed } from "./named.ts";

export interface TargetGroupSpec {
  readonly vpcId: string;
  readonly protocol: ProtocolEnum;
  readonly port: number;
  readonly targetType: TargetTypeEnum;
  readonly healthCheckPath: string;
  /** HTTP codes that count as healthy, as AWS's matcher: "200", "200-399". */
  readonly healthCheckCodes: string;
  readonly healthCheckSeconds: number;
  readonly healthCheckTimeoutSeconds: number;
  /** So many good answers in a row make a target healthy. */
  readonly healthyThreshold: number;
  /** So many bad ones make it unhealthy. */
  readonly unhealthyThreshold: number;
  /** How long a visitor stays on one target by the load balancer's cookie, seconds; 0: not at all. */
  readonly stickinessSeconds: number;
  readonly algorithm: string;
  /** How long a target that leaves may finish its requests. */
  readonly deregistrationSeconds: number;
}
/** `id` is the ARN. */
export interface TargetGroupLive extends TargetGroupSpec, Identified {
  readonly tags: Tags;
  /** `targetgroup/<name>/<id>`: the TargetGroup dimension of its metrics. */
  readonly fullName: string;
}

const HEALTH_CHECK = [
  "healthCheckPath",
  "healthCheckCodes",
  "healthCheckSeconds",
  "healthCheckTimeoutSeconds",
  "healthyThreshold",
  "unhealthyThreshold",
] as const;
const ATTRIBUTES = ["stickinessSeconds", "algorithm", "deregistrationSeconds"] as const;

// AWS's defaults for an HTTP target group, for attributes that an answer leaves out (user guide, target group attributes).
const DAY = "86400";
function stickiness(attributes: Readonly<Record<string, string>>): number {
  if (attributes["stickiness.enabled"] !== "true") return 0;
  // Another kind of cookie is neither "off" nor any number of seconds of ours.
  if ((attributes["stickiness.type"] ?? "lb_cookie") !== "lb_cookie") return -1;
  return Number(attributes["stickiness.lb_cookie.duration_seconds"] ?? DAY);
}

const healthCheck = (spec: TargetGroupSpec) => ({
  HealthCheckPath: spec.healthCheckPath,
  HealthCheckIntervalSeconds: spec.healthCheckSeconds,
  HealthCheckTimeoutSeconds: spec.healthCheckTimeoutSeconds,
  HealthyThresholdCount: spec.healthyThreshold,
  UnhealthyThresholdCount: spec.unhealthyThreshold,
  Matcher: { HttpCode: spec.healthCheckCodes },
});

/** Where a load balancer sends requests. Named as its owner, 32 characters at most. */
export const targetGroup: ResourceType<TargetGroupSpec, TargetGroupLive> = {
  name: "elb:target-group",
  naming: { longest: 32, within: "region" },
  matters: ["protocol", "port"],
  immutable: ["vpcId", "protocol", "port", "targetType"],
  coverage: {
    covers: {
      vpcId: ["VpcId"],
      protocol: ["Protocol"],
      port: ["Port"],
      targetType: ["TargetType"],
      healthCheckPath: ["HealthCheckPath"],
      healthCheckCodes: ["Matcher.HttpCode"],
      healthCheckSeconds: ["HealthCheckIntervalSeconds"],
      healthCheckTimeoutSeconds: ["HealthCheckTimeoutSeconds"],
      healthyThreshold: ["HealthyThresholdCount"],
      unhealthyThreshold: ["UnhealthyThresholdCount"],
      stickinessSeconds: [
        "Attributes[stickiness.enabled]",
        "Attributes[stickiness.type]",
        "Attributes[stickiness.lb_cookie.duration_seconds]",
      ],
      algorithm: ["Attributes[load_balancing.algorithm.type]"],
      deregistrationSeconds: ["Attributes[deregistration_delay.timeout_seconds]"],
    },
    ignores: { LoadBalancerArns: "the listeners that forward to it" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  // A listener that is gone holds its target group some seconds longer.
  retryable: { delete: ["ResourceInUseException"] },

  // Looked for before each create, as load balancers are, and for the same reason.
  async find(aws, owner, recorded) {
    const found = await targetGroupNamed(aws, owner.name);
    if (!found) return undefined;
    const { targetGroup: one, attributes, tags } = found;
    const id = one.TargetGroupArn as string;
    assertOurs(owner, id, tags, id === recorded && "id");
    return {
      id,
      tags,
      fullName: id.split(":").at(-1) ?? "",
      described: { ...one, Attributes: attributes, Tags: tags },
      vpcId: one.VpcId ?? "",
      protocol: one.Protocol ?? "HTTP",
      port: one.Port ?? 0,
      targetType: one.TargetType ?? "instance",
      healthCheckPath: one.HealthCheckPath ?? "/",
      healthCheckCodes: one.Matcher?.HttpCode ?? "200",
      healthCheckSeconds: one.HealthCheckIntervalSeconds ?? 30,
      healthCheckTimeoutSeconds: one.HealthCheckTimeoutSeconds ?? 5,
      healthyThreshold: one.HealthyThresholdCount ?? 5,
      unhealthyThreshold: one.UnhealthyThresholdCount ?? 2,
      stickinessSeconds: stickiness(attributes),
      algorithm: attributes["load_balancing.algorithm.type"] ?? "round_robin",
      deregistrationSeconds: Number(attributes["deregistration_delay.timeout_seconds"] ?? "300"),
    };
  },

  mend(aws, { id: TargetGroupArn }, { path, before: Value }) {
    const [, Key] = /^Attributes\[(.+)\]$/.exec(path) ?? [];
    return Key === undefined || Value === undefined
      ? undefined
      : { put: () => aws.elb.modifyTargetGroupAttributes({ TargetGroupArn, Attributes: [{ Key, Value }] }) };
  },

  async create(aws, spec, owner) {
    const { TargetGroups } = await aws.elb.createTargetGroup({
      Name: owner.name,
      VpcId: spec.vpcId,
      Protocol: spec.protocol,
      Port: spec.port,
      TargetType: spec.targetType,
      HealthCheckProtocol: spec.protocol,
      ...healthCheck(spec),
      Tags: tagList(owner.tags),
    });
    return TargetGroups?.[0]?.TargetGroupArn as string;
  },

  async update(aws, { id: TargetGroupArn }, spec, changed, owner) {
    if (HEALTH_CHECK.some((field) => changed.has(field)))
      await aws.elb.modifyTargetGroup({ TargetGroupArn, ...healthCheck(spec) });
    if (ATTRIBUTES.some((field) => changed.has(field))) {
      const sticky = spec.stickinessSeconds > 0;
      await aws.elb.modifyTargetGroupAttributes({
        TargetGroupArn,
        Attributes: [
          { Key: "stickiness.enabled", Value: String(sticky) },
          ...(sticky
            ? [
                { Key: "stickiness.type", Value: "lb_cookie" },
                { Key: "stickiness.lb_cookie.duration_seconds", Value: String(spec.stickinessSeconds) },
              ]
            : []),
          { Key: "load_balancing.algorithm.type", Value: spec.algorithm },
          { Key: "deregistration_delay.timeout_seconds", Value: String(spec.deregistrationSeconds) },
        ],
      });
    }
    await retag(aws, TargetGroupArn, changed, owner);
  },

  /** A listener of the stack is gone by then; others that forward to it are somebody else's. */
  async blockers(aws, { id: TargetGroupArn }) {
    const answer = await undefinedIf(NO_TARGET_GROUP, () =>
      aws.elb.describeTargetGroups({ TargetGroupArns: [TargetGroupArn] }),
    );
    return (answer?.TargetGroups?.[0]?.LoadBalancerArns ?? []).map((arn) => ({
      id: arn,
      what: "a load balancer, a listener or rule of which forwards to it",
      passing: false,
      commands: [`${aws.cli} elbv2 describe-listeners --load-balancer-arn ${arn} --region ${aws.region}`],
    }));
  },

  async delete(aws, { id }) {
    await undefinedIf(NO_TARGET_GROUP, () => aws.elb.deleteTargetGroup({ TargetGroupArn: id }));
  },
};
