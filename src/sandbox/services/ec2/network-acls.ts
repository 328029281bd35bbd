import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { aclTable, type AclEntry as Entry, type NetworkAcl, subnetTable } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/*
 * Network ACLs, which this tool never makes: each VPC has its default one, which allows all. What others change in them is kept and
 * shown; traffic here does not go by it.
 */

/** By subnet: where it does not use the VPC's default. */
const associationTable = (sim: Sim) =>
  sim.table<{ readonly subnetId: string; readonly aclId: string }>("ec2.aclAssociations");

/** The last number that an entry can have; AWS's own, which denies the rest, comes after it. */
const LAST = 32_766;
const rest = (egress: boolean): Entry => ({
  number: LAST + 1,
  egress,
  protocol: "-1",
  action: "deny",
  cidr: "0.0.0.0/0",
  from: null,
  to: null,
});
const DEFAULT_ENTRIES: readonly Entry[] = [false, true].flatMap((egress) => [
  { ...rest(egress), number: 100, action: "allow" as const },
  rest(egress),
]);

/** The default one of a VPC: it is there from the first day, and kept only once it was changed. */
const defaultOf = (sim: Sim, vpcId: string): NetworkAcl => {
  const id = `acl-${vpcId.slice("vpc-".length)}`;
  return aclTable(sim).get(id) ?? { id, vpcId, isDefault: true, entries: DEFAULT_ENTRIES };
};
function aclsIn(sim: Sim): NetworkAcl[] {
  const kept = aclTable(sim).allVisible();
  const vpcs = sim.table<{ readonly id: string }>("ec2.vpcs").allVisible();
  const defaults = vpcs.map(({ id }) => defaultOf(sim, id)).filter(({ id }) => !kept.some((one) => one.id === id));
  return [...kept, ...defaults];
}
function aclFor(sim: Sim, id: string): NetworkAcl {
  const found = aclsIn(sim).find((one) => one.id === id);
  if (!found) throw awsError("InvalidNetworkAclID.NotFound", `The networkAcl ID '${id}' does not exist`);
  return found;
}

const associationId = (subnetId: string) => `aclassoc-${subnetId.slice("subnet-".length)}`;
function subnetsOf(sim: Sim, acl: NetworkAcl): string[] {
  return subnetTable(sim)
    .allVisible()
    .filter(({ vpcId }) => vpcId === acl.vpcId)
    .map(({ id }) => id)
    .filter((id) => {
      const other = associationTable(sim).visible(id)?.aclId;
      return acl.isDefault ? other === undefined || other === acl.id : other === acl.id;
    });
}

const put = (replaces: boolean) =>
  operation(
    {
      NetworkAclId: z.string(),
      RuleNumber: z.number().int().min(1).max(LAST),
      Egress: z.boolean(),
      Protocol: z.string(),
      RuleAction: z.enum(["allow", "deny"]),
      CidrBlock: z.string(),
      PortRange: z.strictObject({ From: z.number().int(), To: z.number().int() }).optional(),
    },
    (input, sim) => {
      const acl = aclFor(sim, input.NetworkAclId);
      const isIt = (one: Entry) => one.number === input.RuleNumber && one.egress === input.Egress;
      const there = acl.entries.some(isIt);
      if (there && !replaces)
        throw awsError(
          "NetworkAclEntryAlreadyExists",
          `The network acl entry identified by ${input.RuleNumber} already exists.`,
        );
      if (!there && replaces)
        throw awsError(
          "InvalidNetworkAclEntry.NotFound",
          `The network acl entry identified by ${input.RuleNumber} does not exist.`,
        );
      // "If you specify protocol "-1" …, traffic on all ports is allowed, regardless" (API reference); of TCP and UDP ports are needed.
      if (/^(6|17|tcp|udp)$/.test(input.Protocol) && !input.PortRange)
        throw awsError("MissingParameter", "The request must contain the parameter portRange");
      const entry: Entry = {
        number: input.RuleNumber,
        egress: input.Egress,
        protocol: { tcp: "6", udp: "17", icmp: "1" }[input.Protocol] ?? input.Protocol,
        action: input.RuleAction,
        cidr: input.CidrBlock,
        from: input.PortRange?.From ?? null,
        to: input.PortRange?.To ?? null,
      };
      aclTable(sim).put(acl.id, { ...acl, entries: [...acl.entries.filter((one) => !isIt(one)), entry] });
      return {};
    },
  );

export const networkAcls: SandboxService = {
  operations: {
    CreateNetworkAcl: operation(
      { VpcId: z.string(), TagSpecifications: tagSpecifications("network-acl") },
      ({ VpcId, TagSpecifications }, sim) => {
        const id = sim.id("acl");
        tagOnCreate(sim, id, "network-acl", TagSpecifications);
        aclTable(sim).put(id, {
          id,
          vpcId: vpcFor(sim, VpcId).id,
          isDefault: false,
          entries: [rest(false), rest(true)],
        });
        return { NetworkAcl: { NetworkAclId: id } };
      },
    ),
    DeleteNetworkAcl: operation({ NetworkAclId: z.string() }, ({ NetworkAclId }, sim) => {
      const acl = aclFor(sim, NetworkAclId);
      if (acl.isDefault) throw awsError("InvalidParameterValue", `Cannot delete the default network ACL ${acl.id}`);
      if (subnetsOf(sim, acl).length > 0)
        throw awsError("DependencyViolation", `The networkAcl '${acl.id}' has dependencies and cannot be deleted.`);
      aclTable(sim).remove(acl.id);
      return {};
    }),
    CreateNetworkAclEntry: put(false),
    ReplaceNetworkAclEntry: put(true),
    DeleteNetworkAclEntry: operation(
      { NetworkAclId: z.string(), RuleNumber: z.number().int(), Egress: z.boolean() },
      (input, sim) => {
        const acl = aclFor(sim, input.NetworkAclId);
        const entries = acl.entries.filter((one) => one.number !== input.RuleNumber || one.egress !== input.Egress);
        if (entries.length === acl.entries.length)
          throw awsError(
            "InvalidNetworkAclEntry.NotFound",
            `The network acl entry identified by ${input.RuleNumber} does not exist.`,
          );
        aclTable(sim).put(acl.id, { ...acl, entries });
        return {};
      },
    ),
    ReplaceNetworkAclAssociation: operation({ AssociationId: z.string(), NetworkAclId: z.string() }, (input, sim) => {
      const acl = aclFor(sim, input.NetworkAclId);
      const subnet = subnetTable(sim)
        .allVisible()
        .find(({ id }) => associationId(id) === input.AssociationId);
      if (!subnet)
        throw awsError("InvalidAssociationID.NotFound", `The association ID '${input.AssociationId}' does not exist`);
      associationTable(sim).put(subnet.id, { subnetId: subnet.id, aclId: acl.id });
      return { NewAssociationId: input.AssociationId };
    }),
    DescribeNetworkAcls: operation(
      { Filters: filters, MaxResults: z.number().int().optional(), NextToken: z.string().optional() },
      (input, sim) => {
        const found = aclsIn(sim).filter((one) =>
          passes(sim, one.id, input.Filters, {
            "vpc-id": [one.vpcId],
            default: [String(one.isDefault)],
            "network-acl-id": [one.id],
          }),
        );
        const { items, NextToken } = page(found, input);
        return {
          NetworkAcls: items.map((one) => ({
            NetworkAclId: one.id,
            VpcId: one.vpcId,
            IsDefault: one.isDefault,
            OwnerId: sim.account,
            Entries: one.entries.map(({ number, egress, protocol, action, cidr, from, to }) => ({
              RuleNumber: number,
              Egress: egress,
              Protocol: protocol,
              RuleAction: action,
              CidrBlock: cidr,
              ...(from === null || to === null ? {} : { PortRange: { From: from, To: to } }),
            })),
            Associations: subnetsOf(sim, one).map((SubnetId) => ({
              NetworkAclAssociationId: associationId(SubnetId),
              NetworkAclId: one.id,
              SubnetId,
            })),
            Tags: tagsOf(sim, one.id),
          })),
          NextToken,
        };
      },
    ),
  },
};
