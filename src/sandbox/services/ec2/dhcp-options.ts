import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { filters, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { defaultOptions, vpcTable } from "./tables.ts";
import { vpcFor } from "./vpcs.ts";

/*
 * What instances are told of names and times: DNS servers, domain, NTP servers. The sandbox's instances do not ask them.
 */

interface DhcpOptions {
  readonly id: string;
  readonly values: Readonly<Record<string, readonly string[]>>;
}
const optionsTable = (sim: Sim) => sim.table<DhcpOptions>("ec2.dhcpOptions");
const notFound = (id: string) => awsError("InvalidDhcpOptionID.NotFound", `The dhcpOption ID '${id}' does not exist`);

const described = (sim: Sim, { id, values }: DhcpOptions) => ({
  DhcpOptionsId: id,
  OwnerId: sim.account,
  DhcpConfigurations: Object.entries(values).map(([Key, all]) => ({ Key, Values: all.map((Value) => ({ Value })) })),
  Tags: tagsOf(sim, id),
});

export const dhcpOptions: SandboxService = {
  operations: {
    CreateDhcpOptions: operation(
      {
        DhcpConfigurations: z
          .array(
            z.strictObject({
              Key: z.enum([
                "domain-name-servers",
                "domain-name",
                "ntp-servers",
                "netbios-name-servers",
                "netbios-node-type",
              ]),
              Values: z.array(z.string()).min(1).max(4),
            }),
          )
          .min(1),
        TagSpecifications: tagSpecifications("dhcp-options"),
      },
      (input, sim) => {
        const id = sim.id("dopt");
        tagOnCreate(sim, id, "dhcp-options", input.TagSpecifications);
        const values = Object.fromEntries(input.DhcpConfigurations.map(({ Key, Values }) => [Key, Values]));
        const made = { id, values };
        optionsTable(sim).put(id, made);
        return { DhcpOptions: described(sim, made) };
      },
    ),
    DescribeDhcpOptions: operation(
      { DhcpOptionsIds: z.array(z.string()).optional(), Filters: filters },
      (input, sim) => {
        const own = { id: defaultOptions(sim), values: { "domain-name-servers": ["AmazonProvidedDNS"] } };
        const all = [own, ...optionsTable(sim).allVisible()];
        for (const id of input.DhcpOptionsIds ?? []) if (!all.some((one) => one.id === id)) throw notFound(id);
        return {
          DhcpOptions: all
            .filter(({ id }) => !input.DhcpOptionsIds || input.DhcpOptionsIds.includes(id))
            .filter(({ id }) => passes(sim, id, input.Filters, { "dhcp-options-id": [id] }))
            .map((one) => described(sim, one)),
        };
      },
    ),
    // "default": none (API reference), which is told as the id "default".
    AssociateDhcpOptions: operation({ DhcpOptionsId: z.string(), VpcId: z.string() }, (input, sim) => {
      const vpc = vpcFor(sim, input.VpcId);
      const known = ["default", defaultOptions(sim)].includes(input.DhcpOptionsId);
      if (!known && !optionsTable(sim).visible(input.DhcpOptionsId)) throw notFound(input.DhcpOptionsId);
      vpcTable(sim).put(vpc.id, { ...vpc, dhcpOptionsId: input.DhcpOptionsId });
      return {};
    }),
    DeleteDhcpOptions: operation({ DhcpOptionsId: z.string() }, ({ DhcpOptionsId }, sim) => {
      if (!optionsTable(sim).get(DhcpOptionsId)) throw notFound(DhcpOptionsId);
      const used = vpcTable(sim)
        .all()
        .some(({ dhcpOptionsId }) => dhcpOptionsId === DhcpOptionsId);
      if (used)
        throw awsError(
          "DependencyViolation",
          `The dhcpOptions '${DhcpOptionsId}' has dependencies and cannot be deleted.`,
        );
      optionsTable(sim).remove(DhcpOptionsId);
      return {};
    }),
  },
};
