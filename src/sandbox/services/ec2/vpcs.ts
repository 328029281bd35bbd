import * as z from "zod";
import { cidr, overlaps, parseCidr } from "../../../lib/cidr.ts";
import { quotaOf } from "../../quotas.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { shownMode } from "./account.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import {
  aclTable,
  defaultOptions,
  groupTable,
  interfaceTable,
  internetGatewayTable,
  otherTable,
  routeTableTable,
  subnetTable,
  type Vpc,
  vpcTable,
} from "./tables.ts";
import { addVpcDefaults, removeVpcDefaults } from "./vpc-defaults.ts";

const notFound = (id: string) => awsError("InvalidVpcID.NotFound", `The vpc ID '${id}' does not exist`);

/** The VPC as another call may refer to it: it must be visible already. */
export function vpcFor(sim: Sim, id: string): Vpc {
  const vpc = vpcTable(sim).visible(id) && vpcTable(sim).get(id);
  if (!vpc) throw notFound(id);
  return vpc;
}

const boolean = z.strictObject({ Value: z.boolean() }).optional();

export const vpcs: SandboxService = {
  operations: {
    CreateVpc: operation({ CidrBlock: z.string(), TagSpecifications: tagSpecifications("vpc") }, (input, sim) => {
      const size = Number(input.CidrBlock.split("/")[1]);
      if (!parseCidr(input.CidrBlock))
        throw awsError(
          "InvalidParameterValue",
          `Value (${input.CidrBlock}) for parameter cidrBlock is invalid. This is not a valid CIDR block.`,
        );
      if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(input.CidrBlock) || size < 16 || size > 28) {
        throw awsError("InvalidVpc.Range", `The CIDR '${input.CidrBlock}' is invalid.`);
      }
      const table = vpcTable(sim);
      if (table.all().length >= quotaOf(sim, "vpc/L-F678F1CE"))
        throw awsError("VpcLimitExceeded", "The maximum number of VPCs has been reached.");
      const id = sim.id("vpc");
      tagOnCreate(sim, id, "vpc", input.TagSpecifications);
      table.put(id, {
        id,
        cidr: input.CidrBlock,
        isDefault: false,
        dnsSupport: true,
        dnsHostnames: false,
        availableAt: sim.now + 1_500,
      });
      addVpcDefaults(sim, id);
      return {
        Vpc: { VpcId: id, CidrBlock: input.CidrBlock, State: "pending", IsDefault: false, Tags: tagsOf(sim, id) },
      };
    }),

    DescribeVpcs: operation(
      {
        VpcIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = vpcTable(sim);
        for (const id of input.VpcIds ?? []) if (!table.visible(id)) throw notFound(id);
        const found = table
          .allVisible()
          .filter((vpc) => !input.VpcIds || input.VpcIds.includes(vpc.id))
          .filter((vpc) =>
            passes(sim, vpc.id, input.Filters, {
              "vpc-id": [vpc.id],
              cidr: [vpc.cidr],
              "is-default": [String(vpc.isDefault)],
              isDefault: [String(vpc.isDefault)],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Vpcs: items.map((vpc) => ({
            VpcId: vpc.id,
            CidrBlock: vpc.cidr,
            State: sim.now < vpc.availableAt ? "pending" : "available",
            IsDefault: vpc.isDefault,
            InstanceTenancy: "default",
            DhcpOptionsId: vpc.dhcpOptionsId ?? defaultOptions(sim),
            CidrBlockAssociationSet: [
              { id: `vpc-cidr-assoc-${vpc.id.slice(4)}`, cidr: vpc.cidr },
              ...(vpc.moreCidrs ?? []),
            ].map(({ id, cidr }) => ({
              AssociationId: id,
              CidrBlock: cidr,
              CidrBlockState: { State: "associated" },
            })),
            BlockPublicAccessStates: { InternetGatewayBlockMode: shownMode(sim, vpc.id) },
            OwnerId: sim.account,
            Tags: tagsOf(sim, vpc.id),
          })),
          NextToken,
        };
      },
    ),

    DescribeVpcAttribute: operation(
      { VpcId: z.string(), Attribute: z.enum(["enableDnsSupport", "enableDnsHostnames"]) },
      (input, sim) => {
        const vpc = vpcTable(sim).visible(input.VpcId);
        if (!vpc) throw notFound(input.VpcId);
        return input.Attribute === "enableDnsSupport"
          ? { VpcId: vpc.id, EnableDnsSupport: { Value: vpc.dnsSupport } }
          : { VpcId: vpc.id, EnableDnsHostnames: { Value: vpc.dnsHostnames } };
      },
    ),

    ModifyVpcAttribute: operation(
      { VpcId: z.string(), EnableDnsSupport: boolean, EnableDnsHostnames: boolean },
      (input, sim) => {
        const vpc = vpcFor(sim, input.VpcId);
        if ((input.EnableDnsSupport === undefined) === (input.EnableDnsHostnames === undefined)) {
          throw awsError(
            "InvalidParameterCombination",
            "Fields for multiple attribute types specified, or none: one attribute per call",
          );
        }
        vpcTable(sim).put(vpc.id, {
          ...vpc,
          dnsSupport: input.EnableDnsSupport?.Value ?? vpc.dnsSupport,
          dnsHostnames: input.EnableDnsHostnames?.Value ?? vpc.dnsHostnames,
        });
        return {};
      },
    ),

    // The sandbox's subnets do not use a further range.
    AssociateVpcCidrBlock: operation({ VpcId: z.string(), CidrBlock: z.string() }, ({ VpcId, CidrBlock }, sim) => {
      const vpc = vpcFor(sim, VpcId);
      const range = parseCidr(CidrBlock);
      const size = Number(CidrBlock.split("/")[1]);
      if (!range || size < 16 || size > 28) throw awsError("InvalidVpc.Range", `The CIDR '${CidrBlock}' is invalid.`);
      const others = [vpc.cidr, ...(vpc.moreCidrs ?? []).map(({ cidr }) => cidr)];
      if (others.some((one) => overlaps(cidr(one), range)))
        throw awsError("CidrConflict", `The CIDR '${CidrBlock}' conflicts with another range of the VPC`);
      const made = { id: sim.id("vpc-cidr-assoc"), cidr: CidrBlock };
      vpcTable(sim).put(vpc.id, { ...vpc, moreCidrs: [...(vpc.moreCidrs ?? []), made] });
      return {
        VpcId,
        CidrBlockAssociation: { AssociationId: made.id, CidrBlock, CidrBlockState: { State: "associating" } },
      };
    }),

    DeleteVpc: operation({ VpcId: z.string() }, ({ VpcId }, sim) => {
      const vpc = vpcFor(sim, VpcId);
      const inside = [
        ...subnetTable(sim).all(),
        ...interfaceTable(sim).all(),
        ...otherTable(sim).all(),
        ...internetGatewayTable(sim).all(),
        ...routeTableTable(sim)
          .all()
          .filter((table) => !table.main),
        ...aclTable(sim)
          .all()
          .filter(({ isDefault }) => !isDefault),
        ...groupTable(sim)
          .all()
          .filter((group) => group.name !== "default"),
      ].some((one) => one.vpcId === vpc.id);
      if (inside) throw awsError("DependencyViolation", `The vpc '${VpcId}' has dependencies and cannot be deleted.`);
      removeVpcDefaults(sim, vpc.id);
      vpcTable(sim).remove(vpc.id);
      return {};
    }),
  },
};
