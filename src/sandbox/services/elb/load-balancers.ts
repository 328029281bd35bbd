import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { cidr } from "../../../lib/cidr.ts";
import { quotaOf } from "../../quotas.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { addInterface } from "../ec2/interfaces.ts";
import { groupTable, interfaceTable, internetGatewayTable, type Subnet, subnetTable } from "../ec2/tables.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
import { bucketTable } from "../s3/tables.ts";
import { ms } from "./durations.ts";
import { removeListener } from "./listeners.ts";
import {
  arn,
  checkName,
  interfacesOf,
  invalid,
  type LoadBalancer,
  listenerTable,
  loadBalancerTable,
  modelled,
  noLoadBalancer,
  ownerOf,
  page,
  paging,
  SERVICE,
  tagsOf,
  tagsSchema,
  trafficTable,
  visible,
} from "./tables.ts";

/** The zone that alias records of application load balancers in Seoul point into. */
const CANONICAL_ZONE = "ZWKZPGTI48KDX";

function checkSubnets(sim: Sim, ids: readonly string[], scheme: string, already: readonly string[]): Subnet[] {
  const subnets = ids.map((id) => {
    const subnet = subnetTable(sim).visible(id) && subnetTable(sim).get(id);
    if (!subnet) throw modelled("SubnetNotFound", `The subnet ID '${id}' does not exist`);
    return subnet;
  });
  const zones = new Set(subnets.map(({ zone }) => zone));
  if (zones.size < subnets.length) {
    throw modelled(
      "InvalidConfigurationRequest",
      "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
    );
  }
  if (zones.size < 2) throw invalid("At least two subnets in two different Availability Zones must be specified");
  const [vpcId, ...more] = new Set(subnets.map((subnet) => subnet.vpcId));
  if (more.length > 0) throw modelled("InvalidConfigurationRequest", "All subnets must belong to the same VPC");
  const connected = internetGatewayTable(sim)
    .allVisible()
    .some((gateway) => gateway.vpcId === vpcId);
  if (scheme === "internet-facing" && !connected)
    throw modelled("InvalidSubnet", `VPC ${vpcId} has no internet gateway`);
  for (const subnet of subnets) {
    if (already.includes(subnet.id)) continue;
    const used = interfaceTable(sim)
      .all()
      .filter(({ subnetId }) => subnetId === subnet.id).length;
    if (2 ** (32 - cidr(subnet.cidr).prefix) - 5 - used < 8) {
      throw modelled(
        "InvalidSubnet",
        `Not enough IP space available in ${subnet.id}. ELB requires at least 8 free IP addresses in each subnet.`,
      );
    }
  }
  return subnets;
}

function checkGroups(sim: Sim, ids: readonly string[], vpcId: string): void {
  for (const id of ids) {
    const group = groupTable(sim).visible(id) && groupTable(sim).get(id);
    if (!group || group.vpcId !== vpcId)
      throw modelled("InvalidSecurityGroup", `One or more security groups are invalid: ${id}`);
  }
}

function addInterfaces(sim: Sim, balancer: LoadBalancer, subnets: readonly Subnet[]): void {
  for (const subnet of subnets) {
    addInterface(sim, subnet, {
      groupIds: balancer.groupIds,
      publicIp:
        balancer.scheme === "internet-facing"
          ? `198.19.${Math.floor(sim.random() * 256)}.${1 + Math.floor(sim.random() * 254)}`
          : null,
      description: ownerOf(balancer),
      type: "interface",
      requester: "amazon-elb",
      instanceId: null,
    });
  }
}

const sameSet = (one: readonly string[], other: readonly string[]) =>
  JSON.stringify([...one].sort()) === JSON.stringify([...other].sort());

const described = (sim: Sim, one: LoadBalancer) => ({
  LoadBalancerArn: one.arn,
  LoadBalancerName: one.name,
  DNSName: one.dnsName,
  CanonicalHostedZoneId: CANONICAL_ZONE,
  CreatedTime: new Date(one.createdAt),
  Scheme: one.scheme,
  Type: "application",
  IpAddressType: "ipv4",
  VpcId: one.vpcId,
  State: { Code: sim.now < one.activeAt ? "provisioning" : "active" },
  SecurityGroups: one.groupIds,
  // In an order of AWS's own.
  AvailabilityZones: [...one.subnetIds].reverse().map((SubnetId) => ({
    SubnetId,
    ZoneName: subnetTable(sim).get(SubnetId)?.zone,
    LoadBalancerAddresses: [],
  })),
});

const DELETION_PROTECTION = "deletion_protection.enabled";
const YES_NO = /^(true|false)$/;
const ANY = /^.*$/;
const between = (least: number, most: number) => ({
  test: (text: string) => /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most,
});
/** Of an Application Load Balancer, with AWS's defaults (API reference, LoadBalancerAttribute). */
const ATTRIBUTES: Readonly<
  Record<string, { readonly value: string; readonly rule: { readonly test: (text: string) => boolean } }>
> = {
  "access_logs.s3.enabled": { value: "false", rule: YES_NO },
  "access_logs.s3.bucket": { value: "", rule: ANY },
  "access_logs.s3.prefix": { value: "", rule: ANY },
  "idle_timeout.timeout_seconds": { value: "60", rule: between(1, 4_000) },
  [DELETION_PROTECTION]: { value: "false", rule: YES_NO },
  "routing.http2.enabled": { value: "true", rule: YES_NO },
  "routing.http.drop_invalid_header_fields.enabled": { value: "false", rule: YES_NO },
  "routing.http.xff_client_port.enabled": { value: "false", rule: YES_NO },
  "routing.http.preserve_host_header.enabled": { value: "false", rule: YES_NO },
  "routing.http.xff_header_processing.mode": { value: "append", rule: /^(append|preserve|remove)$/ },
  // Application Load Balancers are always in all their zones.
  "load_balancing.cross_zone.enabled": { value: "true", rule: /^true$/ },
  "routing.http.desync_mitigation_mode": { value: "defensive", rule: /^(monitor|defensive|strictest)$/ },
  "client_keep_alive.seconds": { value: "3600", rule: between(60, 604_800) },
  "waf.fail_open.enabled": { value: "false", rule: YES_NO },
  "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": { value: "false", rule: YES_NO },
  "zonal_shift.config.enabled": { value: "false", rule: YES_NO },
  "connection_logs.s3.enabled": { value: "false", rule: YES_NO },
  "connection_logs.s3.bucket": { value: "", rule: ANY },
  "connection_logs.s3.prefix": { value: "", rule: ANY },
};
const attributesOf = ({ attributes = {} }: LoadBalancer) =>
  Object.entries(ATTRIBUTES).map(([Key, { value }]) => ({ Key, Value: attributes[Key] ?? value }));

/**
 * Logs need a bucket that lets the load balancer write. One that is not the account's is taken for one that does: the sandbox knows
 * nothing of it.
 */
function checkLogs(sim: Sim, attributes: Readonly<Record<string, string>>): void {
  for (const logs of ["access_logs", "connection_logs"]) {
    if (attributes[`${logs}.s3.enabled`] !== "true") continue;
    const name = attributes[`${logs}.s3.bucket`] ?? "";
    if (name === "")
      throw modelled(
        "InvalidConfigurationRequest",
        `The value of '${logs}.s3.bucket' cannot be empty when logs are enabled`,
      );
    const bucket = bucketTable(sim).get(name);
    // The words: as people have met them.
    if (bucket && !/elasticloadbalancing/.test(bucket.policy ?? ""))
      throw modelled(
        "InvalidConfigurationRequest",
        `Access Denied for bucket: ${name}. Please check S3bucket permission`,
      );
  }
}

export const loadBalancers: SandboxService = {
  operations: {
    CreateLoadBalancer: operation(
      {
        Name: z.string(),
        Type: z.literal("application").optional(),
        Scheme: z.enum(["internet-facing", "internal"]).optional(),
        IpAddressType: z.literal("ipv4").optional(),
        SecurityGroups: z.array(z.string()).min(1).max(5),
        Subnets: z.array(z.string()).min(1),
        Tags: tagsSchema.optional(),
      },
      (input, sim) => {
        checkName("Load balancer", input.Name);
        useLinkedRole(sim, linkedPrincipal("elasticloadbalancing"));
        if (input.Name.startsWith("internal-"))
          throw invalid(`Load balancer name '${input.Name}' cannot begin with 'internal-'`);
        const table = loadBalancerTable(sim);
        const scheme = input.Scheme ?? "internet-facing";
        const existing = table.all().find(({ name }) => name === input.Name);
        if (existing) {
          const same =
            existing.scheme === scheme &&
            sameSet(existing.groupIds, input.SecurityGroups) &&
            sameSet(existing.subnetIds, input.Subnets);
          // Equal settings: the one that is there, whosever it is, and its tags stay as they are.
          if (same) return { LoadBalancers: [described(sim, existing)] };
          throw modelled(
            "DuplicateLoadBalancerName",
            `A load balancer with the same name '${input.Name}' exists, but with different settings`,
          );
        }
        if (table.all().length >= quotaOf(sim, "elasticloadbalancing/L-53DA6B97"))
          throw modelled("TooManyLoadBalancers", "The maximum number of load balancers has been reached");
        const subnets = checkSubnets(sim, input.Subnets, scheme, []);
        const vpcId = subnets[0]?.vpcId ?? "";
        checkGroups(sim, input.SecurityGroups, vpcId);
        const hash = sim.hex(16);
        const made: LoadBalancer = {
          arn: arn(sim, `loadbalancer/app/${input.Name}/${hash}`),
          name: input.Name,
          hash,
          dnsName: `${scheme === "internal" ? "internal-" : ""}${input.Name}-${100_000_000 + Math.floor(sim.random() * 1_900_000_000)}.${sim.region}.elb.${partitionOf(sim.region).dnsSuffix}`,
          scheme,
          vpcId,
          groupIds: input.SecurityGroups,
          subnetIds: input.Subnets,
          createdAt: sim.now,
          activeAt: sim.now + ms("loadBalancerActive"),
          tags: tagsOf(input.Tags),
        };
        table.put(made.arn, made);
        addInterfaces(sim, made, subnets);
        return { LoadBalancers: [described(sim, made)] };
      },
    ),

    DescribeLoadBalancers: operation(
      { Names: z.array(z.string()).optional(), LoadBalancerArns: z.array(z.string()).max(20).optional(), ...paging },
      (input, sim) => {
        if (input.Names && input.LoadBalancerArns)
          throw invalid("Load balancer names and load balancer ARNs cannot be specified at the same time");
        const all = loadBalancerTable(sim).allVisible();
        const wanted = input.Names ?? input.LoadBalancerArns;
        const found = all.filter((one) => !wanted || wanted.includes(one.name) || wanted.includes(one.arn));
        if (wanted && found.length < new Set(wanted).size) throw noLoadBalancer();
        const { items, NextMarker } = page(found, input);
        return { LoadBalancers: items.map((one) => described(sim, one)), NextMarker };
      },
    ),

    DescribeLoadBalancerAttributes: operation({ LoadBalancerArn: z.string() }, ({ LoadBalancerArn }, sim) => {
      const balancer = loadBalancerTable(sim).visible(LoadBalancerArn);
      if (!balancer) throw noLoadBalancer();
      return { Attributes: attributesOf(balancer) };
    }),

    ModifyLoadBalancerAttributes: operation(
      {
        LoadBalancerArn: z.string(),
        Attributes: z
          .array(z.strictObject({ Key: z.string().max(256), Value: z.string().max(1024) }))
          .min(1)
          .max(20),
      },
      ({ LoadBalancerArn, Attributes }, sim) => {
        const balancer = visible(loadBalancerTable(sim), LoadBalancerArn, noLoadBalancer);
        for (const { Key, Value } of Attributes) {
          const known = ATTRIBUTES[Key];
          if (!known) throw invalid(`Load balancer attribute key '${Key}' is not recognized`);
          if (!known.rule.test(Value))
            throw invalid(`'${Value}' is not a valid value for the load balancer attribute '${Key}'`);
        }
        const attributes = {
          ...balancer.attributes,
          ...Object.fromEntries(Attributes.map(({ Key, Value }) => [Key, Value])),
        };
        checkLogs(sim, attributes);
        const changed = { ...balancer, attributes };
        loadBalancerTable(sim).put(LoadBalancerArn, changed);
        return { Attributes: attributesOf(changed) };
      },
    ),

    SetSecurityGroups: operation(
      { LoadBalancerArn: z.string(), SecurityGroups: z.array(z.string()).min(1).max(5) },
      (input, sim) => {
        const balancer = visible(loadBalancerTable(sim), input.LoadBalancerArn, noLoadBalancer);
        checkGroups(sim, input.SecurityGroups, balancer.vpcId);
        loadBalancerTable(sim).put(balancer.arn, { ...balancer, groupIds: input.SecurityGroups });
        for (const eni of interfacesOf(sim, balancer))
          interfaceTable(sim).putNow(eni.id, { ...eni, groupIds: input.SecurityGroups });
        return { SecurityGroupIds: input.SecurityGroups };
      },
    ),

    SetSubnets: operation({ LoadBalancerArn: z.string(), Subnets: z.array(z.string()).min(1) }, (input, sim) => {
      const balancer = visible(loadBalancerTable(sim), input.LoadBalancerArn, noLoadBalancer);
      const subnets = checkSubnets(sim, input.Subnets, balancer.scheme, balancer.subnetIds);
      if (subnets.some(({ vpcId }) => vpcId !== balancer.vpcId))
        throw modelled("InvalidConfigurationRequest", "The subnets must belong to the load balancer's VPC");
      const left = interfacesOf(sim, balancer).filter(({ subnetId }) => !input.Subnets.includes(subnetId));
      forget(sim, left);
      addInterfaces(
        sim,
        balancer,
        subnets.filter(({ id }) => !balancer.subnetIds.includes(id)),
      );
      loadBalancerTable(sim).put(balancer.arn, { ...balancer, subnetIds: input.Subnets });
      return { AvailabilityZones: input.Subnets.map((SubnetId) => ({ SubnetId })) };
    }),

    // Deleting one that is not there succeeds (API reference).
    DeleteLoadBalancer: operation({ LoadBalancerArn: z.string() }, ({ LoadBalancerArn }, sim) => {
      if (!/:loadbalancer\/app\//.test(LoadBalancerArn))
        throw invalid(`'${LoadBalancerArn}' is not a valid load balancer ARN`);
      const balancer = loadBalancerTable(sim).get(LoadBalancerArn);
      if (!balancer) return {};
      if (balancer.attributes?.[DELETION_PROTECTION] === "true")
        throw modelled(
          "OperationNotPermitted",
          `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
        );
      for (const one of listenerTable(sim).all()) if (one.loadBalancerArn === balancer.arn) removeListener(sim, one);
      forget(sim, interfacesOf(sim, balancer));
      loadBalancerTable(sim).remove(balancer.arn);
      trafficTable(sim).removeNow(balancer.arn);
      return {};
    }),
  },

  timers: {
    "interface-gone"(id, sim) {
      interfaceTable(sim).removeNow(id);
    },
  },
};

/** The interfaces of a load balancer stay for a while after it. */
function forget(sim: Sim, interfaces: readonly { readonly id: string }[]): void {
  for (const { id } of interfaces) sim.after(ms("loadBalancerInterfaces"), `${SERVICE}:interface-gone`, id);
}
