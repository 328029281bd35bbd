import * as z from "zod";
import { cidr, contains, overlaps, parseCidr } from "../../../lib/cidr.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, page, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { interfaceTable, type Subnet, subnetTable } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/** "Subnets per VPC", the default quota (Amazon VPC quotas page). */
const SUBNETS_PER_VPC = 200;

const notFound = (id: string) => awsError("InvalidSubnetID.NotFound", `The subnet ID '${id}' does not exist`);

/** The subnet as another call may refer to it: it must be visible already. */
export function subnetFor(sim: Sim, id: string): Subnet {
  const subnet = subnetTable(sim).visible(id) && subnetTable(sim).get(id);
  if (!subnet) throw notFound(id);
  return subnet;
}

export const subnets: SandboxService = {
  operations: {
    CreateSubnet: operation(
      {
        VpcId: z.string(),
        CidrBlock: z.string(),
        AvailabilityZone: z.string(),
        TagSpecifications: tagSpecifications("subnet"),
      },
      (input, sim) => {
        const vpc = vpcFor(sim, input.VpcId);
        const table = subnetTable(sim);
        if (!new RegExp(`^${sim.region}[a-d]$`).test(input.AvailabilityZone)) {
          throw awsError(
            "InvalidParameterValue",
            `Value (${input.AvailabilityZone}) for parameter availabilityZone is invalid.`,
          );
        }
        const wanted = parseCidr(input.CidrBlock);
        const size = Number(input.CidrBlock.split("/")[1]);
        // /16 to /28 (VPC user guide, subnet sizing).
        if (!wanted || size < 16 || size > 28 || !contains(cidr(vpc.cidr), wanted))
          throw awsError("InvalidSubnet.Range", `The CIDR '${input.CidrBlock}' is invalid.`);
        if (table.all().some((other) => other.vpcId === vpc.id && overlaps(cidr(other.cidr), wanted))) {
          throw awsError("InvalidSubnet.Conflict", `The CIDR '${input.CidrBlock}' conflicts with another subnet`);
        }
        if (table.all().filter((other) => other.vpcId === vpc.id).length >= SUBNETS_PER_VPC)
          throw awsError("SubnetLimitExceeded", "The maximum number of subnets has been reached.");
        const id = sim.id("subnet");
        tagOnCreate(sim, id, "subnet", input.TagSpecifications);
        table.put(id, {
          id,
          vpcId: vpc.id,
          cidr: input.CidrBlock,
          zone: input.AvailabilityZone,
          mapPublicIp: false,
          availableAt: sim.now + 1_000,
        });
        return {
          Subnet: {
            SubnetId: id,
            VpcId: vpc.id,
            CidrBlock: input.CidrBlock,
            AvailabilityZone: input.AvailabilityZone,
            State: "pending",
            Tags: tagsOf(sim, id),
          },
        };
      },
    ),

    DescribeSubnets: operation(
      {
        SubnetIds: z.array(z.string()).optional(),
        Filters: filters,
        MaxResults: z.number().int().min(5).max(1000).optional(),
        NextToken: z.string().optional(),
      },
      (input, sim) => {
        const table = subnetTable(sim);
        for (const id of input.SubnetIds ?? []) if (!table.visible(id)) throw notFound(id);
        const found = table
          .allVisible()
          .filter((subnet) => !input.SubnetIds || input.SubnetIds.includes(subnet.id))
          .filter((subnet) =>
            passes(sim, subnet.id, input.Filters, {
              "subnet-id": [subnet.id],
              "vpc-id": [subnet.vpcId],
              "cidr-block": [subnet.cidr],
              "availability-zone": [subnet.zone],
            }),
          );
        const { items, NextToken } = page(found, input);
        return {
          Subnets: items.map((subnet) => ({
            SubnetId: subnet.id,
            VpcId: subnet.vpcId,
            CidrBlock: subnet.cidr,
            AvailabilityZone: subnet.zone,
            State: sim.now < subnet.availableAt ? "pending" : "available",
            MapPublicIpOnLaunch: subnet.mapPublicIp,
            // AWS keeps five addresses of each subnet for itself.
            AvailableIpAddressCount:
              2 ** (32 - Number(subnet.cidr.split("/")[1])) -
              5 -
              interfaceTable(sim)
                .all()
                .filter((one) => one.subnetId === subnet.id).length,
            Tags: tagsOf(sim, subnet.id),
          })),
          NextToken,
        };
      },
    ),

    ModifySubnetAttribute: operation(
      { SubnetId: z.string(), MapPublicIpOnLaunch: z.strictObject({ Value: z.boolean() }) },
      (input, sim) => {
        const subnet = subnetFor(sim, input.SubnetId);
        subnetTable(sim).put(subnet.id, { ...subnet, mapPublicIp: input.MapPublicIpOnLaunch.Value });
        return {};
      },
    ),

    DeleteSubnet: operation({ SubnetId: z.string() }, ({ SubnetId }, sim) => {
      const subnet = subnetFor(sim, SubnetId);
      if (
        interfaceTable(sim)
          .all()
          .some((one) => one.subnetId === subnet.id)
      ) {
        throw awsError("DependencyViolation", `The subnet '${SubnetId}' has dependencies and cannot be deleted.`);
      }
      sim.tell("subnetDeleted", subnet.id);
      subnetTable(sim).remove(subnet.id);
      return {};
    }),
  },
};
