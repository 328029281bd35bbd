import type { LoadBalancerSchemeEnum } from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Identified, ResourceType, Tags } from "../../engine/resource.ts";
import { both, createOnly, inOtherZones, sameSet } from "../../lib/compare.ts";
import { STATE } from "../coverage.ts";
import { dataOut, publicAddress } from "../ec2/prices.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, tagList } from "../owned.ts";
import { loadBalancerNamed, NO_LOAD_BALANCER, retag } from "./named.ts";
import { balancerHour, capacityUnits, dataOutGB, lcu } from "./prices.ts";

export interface LoadBalancerSpec {
  readonly scheme: LoadBalancerSchemeEnum;
  readonly groupIds: readonly string[];
  /** One per zone, two zones at least. */
  readonly subnetIds: readonly string[];
  /** The zones that these are in, in their order: it has one subnet in each. */
  readonly zones: readonly string[];
}
/** `id` is the ARN. */
export interface LoadBalancerLive extends LoadBalancerSpec, Identified {
  readonly tags: Tags;
  readonly state: string;
  /** AWS's reason for the state, where it gives one. */
  readonly reason: string;
  readonly dnsName: string;
  /** The zone that an alias record points into. */
  readonly canonicalZoneId: string;
  /** `app/<name>/<id>`: the LoadBalancer dimension of its metrics. */
  readonly fullName: string;
}

/** AWS takes no Application Load Balancer in fewer zones. */
const LEAST_ZONES = 2;
const DELETION_PROTECTION = "deletion_protection.enabled";

/** An application load balancer, IPv4. Named as its owner. */
export const loadBalancer: ResourceType<LoadBalancerSpec, LoadBalancerLive> = {
  name: "elb:load-balancer",
  naming: { longest: 32, within: "region" },
  attributes: ["dnsName"],
  matters: ["scheme"],
  immutable: ["scheme"],
  coverage: {
    covers: {
      scheme: ["Scheme"],
      groupIds: ["SecurityGroups"],
      subnetIds: ["AvailabilityZones"],
      zones: "unshown",
    },
    ignores: { State: STATE },
    unshown: { zones: "its subnets say them", "web ACL": "of another service" },
    dangers: [
      { at: ["Scheme"], danger: "made public", when: (text) => text === "internet-facing" },
      { at: ["groupIds"], danger: "opened to the world" },
      { at: [`Attributes[${DELETION_PROTECTION}]`], danger: "less protected", when: (text) => text === "false" },
      {
        at: ["Attributes[routing.http.drop_invalid_header_fields.enabled]"],
        danger: "less protected",
        when: (text) => text === "false",
      },
      // Who visits what is written there, or what to do where the firewall does not answer, and what visitors say of themselves.
      {
        at: ["Attributes[access_logs.s3.bucket]", "Attributes[connection_logs.s3.bucket]"],
        danger: "leads elsewhere",
        when: (text) => text !== "",
      },
      {
        at: ["Attributes[routing.http.desync_mitigation_mode]"],
        danger: "less protected",
        when: (text) => text === "monitor",
      },
      { at: ["Attributes[waf.fail_open.enabled]"], danger: "less protected", when: (text) => text === "true" },
      {
        at: ["Attributes[routing.http.xff_header_processing.mode]"],
        danger: "less protected",
        when: (text) => text === "preserve" || text === "remove",
      },
    ],
  },
  same: { groupIds: sameSet, subnetIds: sameSet, zones: createOnly },
  timing: { createSeconds: 170, timeoutSeconds: 1200, deleteSeconds: 5 },
  retryable: {
    create: [
      // The gateway was attached a moment ago and does not show everywhere.
      { code: "InvalidSubnetException", message: /internet gateway/i },
      "SubnetNotFoundException",
      "InvalidSecurityGroupException",
    ],
    update: ["SubnetNotFoundException", "InvalidSecurityGroupException"],
    delete: ["ResourceInUseException"],
  },

  // Looked for before each create: AWS answers a create with the same settings with the load balancer that is there,
  // whosever it is.
  async find(aws, owner, recorded) {
    const found = await loadBalancerNamed(aws, owner.name);
    if (!found) return undefined;
    const { loadBalancer: one, tags } = found;
    const id = one.LoadBalancerArn as string;
    assertOurs(owner, id, tags, id === recorded && "id");
    const attributes = await undefinedIf(NO_LOAD_BALANCER, () =>
      aws.elb.describeLoadBalancerAttributes({ LoadBalancerArn: id }),
    );
    if (!attributes) return undefined;
    return {
      id,
      tags,
      scheme: one.Scheme ?? "internet-facing",
      groupIds: one.SecurityGroups ?? [],
      subnetIds: (one.AvailabilityZones ?? []).map((zone) => zone.SubnetId ?? ""),
      zones: (one.AvailabilityZones ?? []).map((zone) => zone.ZoneName ?? ""),
      state: one.State?.Code ?? "",
      reason: one.State?.Reason ?? "",
      dnsName: one.DNSName ?? "",
      canonicalZoneId: one.CanonicalHostedZoneId ?? "",
      fullName: id.split(":loadbalancer/")[1] ?? "",
      described: { ...one, Attributes: attributes.Attributes, Tags: tags },
    };
  },

  // `active_impaired` serves, but AWS could not give it all it needs and still tries.
  health: ({ id, state, reason }) =>
    state === "active" ? "ready" : state === "failed" ? { failed: reason || `${id} is in state failed` } : "pending",

  async stillPending(aws, { id }) {
    const answer = await undefinedIf(NO_LOAD_BALANCER, () => aws.elb.describeLoadBalancers({ LoadBalancerArns: [id] }));
    return answer?.LoadBalancers?.[0]?.State?.Code === "provisioning";
  },

  /** Not in the answer that describes it: an attribute, and so a call of its own. */
  async protections(aws, { id: LoadBalancerArn, fullName }) {
    const answer = await undefinedIf(NO_LOAD_BALANCER, () =>
      aws.elb.describeLoadBalancerAttributes({ LoadBalancerArn }),
    );
    const on = answer?.Attributes?.some(({ Key, Value }) => Key === DELETION_PROTECTION && Value === "true");
    if (!on) return [];
    const command = `${aws.cli} elbv2 modify-load-balancer-attributes --load-balancer-arn ${LoadBalancerArn} --attributes Key=${DELETION_PROTECTION},Value=false --region ${aws.region}`;
    const to = `lift the deletion protection of ${fullName.split("/")[1]}`;
    const Attributes = [{ Key: DELETION_PROTECTION, Value: "false" }];
    return [
      {
        what: "deletion protection is on",
        lift: { to, commands: [command] },
        unprotect: () => aws.elb.modifyLoadBalancerAttributes({ LoadBalancerArn, Attributes }),
      },
    ];
  },

  mend({ cli, region }, { id }, { path, before }) {
    const [, key] = /^Attributes\[(.+)\]$/.exec(path) ?? [];
    return key === undefined || before === undefined
      ? undefined
      : {
          command: `${cli} elbv2 modify-load-balancer-attributes --load-balancer-arn ${id} --attributes Key=${key},Value=${before} --region ${region}`,
        };
  },

  async create(aws, { scheme, groupIds, subnetIds }, owner) {
    const { LoadBalancers } = await aws.elb.createLoadBalancer({
      Name: owner.name,
      Type: "application",
      Scheme: scheme,
      IpAddressType: "ipv4",
      SecurityGroups: [...groupIds],
      Subnets: [...subnetIds],
      Tags: tagList(owner.tags),
    });
    return LoadBalancers?.[0]?.LoadBalancerArn as string;
  },

  // In a zone that stays another subnet takes the place of the one that is there.
  widened: (live, { subnetIds, zones }) => ({
    subnetIds: both(subnetIds, inOtherZones(live.subnetIds, live.zones, zones)),
  }),

  async update(aws, { id: LoadBalancerArn }, { groupIds, subnetIds }, changed, owner) {
    if (changed.has("groupIds")) await aws.elb.setSecurityGroups({ LoadBalancerArn, SecurityGroups: [...groupIds] });
    if (changed.has("subnetIds")) await aws.elb.setSubnets({ LoadBalancerArn, Subnets: [...subnetIds] });
    await retag(aws, LoadBalancerArn, changed, owner);
  },

  // Its network interfaces stay for minutes after it is gone; the groups and subnets under them wait on their own.
  async delete(aws, { id }) {
    await undefinedIf(NO_LOAD_BALANCER, () => aws.elb.deleteLoadBalancer({ LoadBalancerArn: id }));
  },

  charges: ({ subnetIds, scheme }, { use }) => [
    { what: "load balancer", price: balancerHour, quantity: 1 },
    ...(scheme === "internet-facing"
      ? [
          {
            what: "public IPv4 addresses",
            price: publicAddress,
            quantity: Math.max(LEAST_ZONES, subnetIds.length),
            note: "one per zone; AWS adds more under load",
          },
        ]
      : []),
    { what: "capacity units", price: capacityUnits, quantity: use(lcu) },
    { what: "data out to the internet", price: dataOut, quantity: use(dataOutGB) },
  ],
};
