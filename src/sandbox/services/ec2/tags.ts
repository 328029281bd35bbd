import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim, Table } from "../../world.ts";
import { filters, page, passes, tagsOf } from "./shared.ts";
import {
  groupTable,
  imageTable,
  instanceTable,
  interfaceTable,
  internetGatewayTable,
  keyPairTable,
  launchTemplateTable,
  natGatewayTable,
  routeTableTable,
  snapshotTable,
  subnetTable,
  tagTable,
  vpcTable,
} from "./tables.ts";

const tag = z.strictObject({ Key: z.string().min(1).max(127), Value: z.string().max(255) });

/** What EC2 says of an id that there is not, by the id's prefix. */
const NOT_FOUND: Readonly<Record<string, readonly [code: string, message: (id: string) => string]>> = {
  ami: ["InvalidAMIID.NotFound", (id) => `The image id '[${id}]' does not exist`],
  acl: ["InvalidNetworkAclID.NotFound", (id) => `The networkAcl ID '${id}' does not exist`],
  eipalloc: ["InvalidAllocationID.NotFound", (id) => `The allocation ID '${id}' does not exist`],
  eni: ["InvalidNetworkInterfaceID.NotFound", (id) => `The networkInterface ID '${id}' does not exist`],
  i: ["InvalidInstanceID.NotFound", (id) => `The instance ID '${id}' does not exist`],
  igw: ["InvalidInternetGatewayID.NotFound", (id) => `The internetGateway ID '${id}' does not exist`],
  key: ["InvalidKeyPair.NotFound", (id) => `The key pair '${id}' does not exist`],
  lt: [
    "InvalidLaunchTemplateId.NotFound",
    (id) => `The specified launch template, with template ID ${id}, does not exist.`,
  ],
  nat: ["NatGatewayNotFound", (id) => `NAT gateway ${id} was not found`],
  rtb: ["InvalidRouteTableID.NotFound", (id) => `The routeTable ID '${id}' does not exist`],
  sg: ["InvalidGroup.NotFound", (id) => `The security group '${id}' does not exist`],
  snap: ["InvalidSnapshot.NotFound", (id) => `The snapshot '${id}' does not exist.`],
  subnet: ["InvalidSubnetID.NotFound", (id) => `The subnet ID '${id}' does not exist`],
  vol: ["InvalidVolume.NotFound", (id) => `The volume '${id}' does not exist.`],
  vpc: ["InvalidVpcID.NotFound", (id) => `The vpc ID '${id}' does not exist`],
};

/** The kind's own error (coreos/coreos-assembler#2566, boto/boto3#620); `InvalidID` for what is no id (pulumi/pulumi-aws#502). */
function checkTaggable(sim: Sim, id: string): void {
  if (tagTable(sim).get(id)) return;
  const [code, message] = NOT_FOUND[/^([a-z]+)-[0-9a-f]{8,17}$/.exec(id)?.[1] ?? ""] ?? [
    "InvalidID",
    () => `The ID '${id}' is not valid`,
  ];
  throw awsError(code, message(id));
}

/** All that may carry tags and is there to be seen. */
const tagged = (sim: Sim): readonly { readonly id: string; readonly kind: string }[] => {
  const rows = <Row extends { readonly id: string }>(kind: string, table: Table<Row>) =>
    table.allVisible().map(({ id }) => ({ id, kind }));
  return [
    rows("vpc", vpcTable(sim)),
    rows("subnet", subnetTable(sim)),
    rows("security-group", groupTable(sim)),
    rows("route-table", routeTableTable(sim)),
    rows("internet-gateway", internetGatewayTable(sim)),
    rows("network-interface", interfaceTable(sim)),
    rows("natgateway", natGatewayTable(sim)),
    rows("instance", instanceTable(sim)),
    rows("image", imageTable(sim)),
    rows("snapshot", snapshotTable(sim)),
    rows("launch-template", launchTemplateTable(sim)),
    rows("key-pair", keyPairTable(sim)),
  ].flat();
};

export const tagging: SandboxService = {
  operations: {
    DescribeTags: operation(
      { Filters: filters, MaxResults: z.number().int().min(5).max(1000).optional(), NextToken: z.string().optional() },
      (input, sim) => {
        const found = tagged(sim).flatMap(({ id, kind }) =>
          tagsOf(sim, id)
            .filter(({ Key, Value }) =>
              passes(sim, id, input.Filters, {
                key: [Key],
                value: [Value],
                "resource-id": [id],
                "resource-type": [kind],
              }),
            )
            .map(({ Key, Value }) => ({ Key, Value, ResourceId: id, ResourceType: kind })),
        );
        const { items, NextToken } = page(found, input);
        return { Tags: items, NextToken };
      },
    ),
    CreateTags: operation(
      { Resources: z.array(z.string()).min(1), Tags: z.array(tag).min(1).max(50) },
      ({ Resources, Tags }, sim) => {
        const tags = tagTable(sim);
        for (const id of Resources) checkTaggable(sim, id);
        for (const id of Resources) {
          const merged = { ...tags.get(id)?.tags, ...Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])) };
          if (Object.keys(merged).length > 50)
            throw awsError("TagLimitExceeded", `The maximum number of tags for ${id} has been reached`);
          tags.put(id, { tags: merged });
        }
        return {};
      },
    ),
    // A value deletes the tag only where it has that value; no tags, all but AWS's own (EC2 API reference).
    DeleteTags: operation(
      {
        Resources: z.array(z.string()).min(1).max(1000),
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string().optional() })).optional(),
      },
      ({ Resources, Tags }, sim) => {
        const goes = (key: string, value: string) =>
          Tags
            ? Tags.some((one) => one.Key === key && (one.Value === undefined || one.Value === value))
            : !key.startsWith("aws:");
        for (const id of Resources) checkTaggable(sim, id);
        for (const id of Resources) {
          const tags = Object.entries(tagTable(sim).get(id)?.tags ?? {}).filter(([key, value]) => !goes(key, value));
          tagTable(sim).put(id, { tags: Object.fromEntries(tags) });
        }
        return {};
      },
    ),
  },
};
