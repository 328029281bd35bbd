import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { cidr } from "../../../lib/cidr.ts";
import { quotaOf } from "../../quotas.ts";
import { operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { addInterface } from "../ec2/interfaces.ts";
import { groupTable, interfaceTable, internetGatewayTable, type Subnet, subnetTable } from "../ec2/tables.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
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
/** With AWS's defaults (API reference, LoadBalancerAttribute). */
const attributesOf = ({ deletionProtection = false }: LoadBalancer) => [
  { Key: "access_logs.s3.enabled", Value: "false" },
  { Key: "idle_timeout.timeout_seconds", Value: "60" },
  { Key: DELETION_PROTECTION, Value: String(deletionProtection) },
  { Key: "routing.http2.enabled", Value: "true" },
  { Key: "routing.http.drop_invalid_header_fields.enabled", Value: "false" },
  { Key: "load_balancing.cross_zone.enabled", Value: "true" },
];

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
          .array(z.strictObject({ Key: z.literal(DELETION_PROTECTION), Value: z.enum(["true", "false"]) }))
          .min(1)
          .max(20),
      },
      ({ LoadBalancerArn, Attributes }, sim) => {
        const balancer = visible(loadBalancerTable(sim), LoadBalancerArn, noLoadBalancer);
        const changed = { ...balancer, deletionProtection: Attributes.at(-1)?.Value === "true" };
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
      if (balancer.deletionProtection)
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
