import type { ProtocolEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { undefinedIf } from "../errors.ts";
import { tagList } from "../owned.ts";
import { forwardTarget, listenersFor, retag } from "./named.ts";

export interface ListenerSpec {
  readonly loadBalancerArn: string;
  readonly port: number;
  readonly protocol: ProtocolEnum;
  /** For HTTPS. */
  readonly certificateArn: string | undefined;
  /** The TLS policy, for HTTPS. */
  readonly policy: string | undefined;
  readonly targetGroupArn: string;
  /** Undefined: it forwards when it is made, and a redirect decides afterwards. */
  readonly action: ListenerAction | undefined;
}
export type ListenerAction = "forward" | "redirect" | "other";
/** `id` is the ARN. Its tags are not read: that it is ours follows from its load balancer. */
export interface ListenerLive extends ListenerSpec, Identified {
  readonly action: ListenerAction;
}

const forwardTo = (TargetGroupArn: string) => [{ Type: "forward" as const, TargetGroupArn }];
const tls = ({ certificateArn, policy }: ListenerSpec) => ({
  ...(certificateArn === undefined ? {} : { Certificates: [{ CertificateArn: certificateArn }] }),
  // Left out, AWS takes ELBSecurityPolicy-2016-08, with TLS 1.0 (user guide, security policies).
  ...(policy === undefined ? {} : { SslPolicy: policy }),
});

/** A port of a load balancer. Named `<load balancer>:<port>`. */
export const listener: ResourceType<ListenerSpec, ListenerLive> = {
  name: "elb:listener",
  matters: ["protocol", "port"],
  immutable: ["loadBalancerArn"],
  coverage: {
    covers: {
      loadBalancerArn: ["LoadBalancerArn"],
      port: ["Port"],
      protocol: ["Protocol"],
      certificateArn: ["Certificates"],
      policy: ["SslPolicy"],
      targetGroupArn: ["DefaultActions"],
      action: ["DefaultActions"],
    },
    unshown: { tags: "another call", "listener attributes": "another call for each listener" },
    dangers: [
      { at: ["protocol"], danger: "not encrypted", when: (text) => text.includes('HTTP"') },
      { at: ["action", "targetGroupArn"], danger: "leads elsewhere" },
      { at: ["policy"], danger: "less protected" },
    ],
  },
  tagsUnread: true,
  same: {
    // While it redirects, its target group is not to be seen, and not in use.
    targetGroupArn: (wanted, found, { action }) => action === "redirect" || wanted === found,
    // Where a redirect was to decide, its removal puts that back.
    action: (wanted, found, _live, _spec, applied) =>
      wanted === found || (found === "redirect" && applied.protocol !== undefined && applied.action === undefined),
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 2 },
  retryable: {
    create: [
      // Said of a certificate that was issued a moment ago (terraform-provider-aws issue 41789).
      "UnsupportedCertificate",
      "CertificateNotFoundException",
      "TargetGroupNotFoundException",
      "LoadBalancerNotFoundException",
    ],
    update: ["UnsupportedCertificate", "CertificateNotFoundException", "TargetGroupNotFoundException"],
  },

  async find(aws, owner, recorded) {
    const found = await listenersFor(aws, owner, recorded);
    if (!found) return undefined;
    const { listener: one } = found;
    const target = forwardTarget(one);
    return {
      id: one.ListenerArn as string,
      loadBalancerArn: one.LoadBalancerArn ?? "",
      port: one.Port ?? 0,
      protocol: one.Protocol ?? "HTTP",
      certificateArn: one.Certificates?.[0]?.CertificateArn,
      policy: one.SslPolicy,
      targetGroupArn: target ?? "",
      described: one,
      action: target ? "forward" : one.DefaultActions?.[0]?.Type === "redirect" ? "redirect" : "other",
    };
  },

  async create(aws, spec, owner) {
    const { Listeners } = await aws.elb.createListener({
      LoadBalancerArn: spec.loadBalancerArn,
      Port: spec.port,
      Protocol: spec.protocol,
      ...tls(spec),
      DefaultActions: forwardTo(spec.targetGroupArn),
      Tags: tagList(owner.tags),
    });
    return Listeners?.[0]?.ListenerArn as string;
  },

  async update(aws, { id: ListenerArn }, spec, changed, owner) {
    await retag(aws, ListenerArn, changed, owner);
    if ([...changed].every((field) => field === "tags")) return;
    const secured = changed.has("protocol") || changed.has("certificateArn") || changed.has("policy");
    await aws.elb.modifyListener({
      ListenerArn,
      ...(secured ? { Protocol: spec.protocol, ...tls(spec) } : {}),
      ...(changed.has("action") || changed.has("targetGroupArn")
        ? { DefaultActions: forwardTo(spec.targetGroupArn) }
        : {}),
    });
  },

  async delete(aws, { id }) {
    await undefinedIf(["ListenerNotFoundException"], () => aws.elb.deleteListener({ ListenerArn: id }));
  },
};
