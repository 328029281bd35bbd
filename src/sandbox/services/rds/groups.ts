import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { operation, type SandboxService, untagged } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { subnetTable } from "../ec2/tables.ts";
import { useLinkedRole } from "../iam/linked-roles.ts";
import {
  arn,
  checkName,
  databaseTable,
  fault,
  invalidCombination,
  invalidValue,
  name,
  noSnapshot,
  type ParameterGroup,
  page,
  paging,
  parameterGroupTable,
  type SubnetGroup,
  shownTags,
  snapshotTable,
  subnetGroupTable,
  type Tags,
  tagList,
  tagsFrom,
} from "./tables.ts";

const subnetGroupNotFound = (id: string) =>
  fault("DBSubnetGroupNotFoundFault", "DBSubnetGroupNotFoundFault", `DB subnet group '${id}' does not exist.`, 404);
const parameterGroupNotFound = (id: string) =>
  fault("DBParameterGroupNotFoundFault", "DBParameterGroupNotFound", `DBParameterGroup ${id} not found.`, 404);

/** The groups as another call may refer to them: they must be visible already. */
export function subnetGroupFor(sim: Sim, id: string): SubnetGroup {
  const group = subnetGroupTable(sim).visible(id) && subnetGroupTable(sim).get(id);
  if (!group) throw subnetGroupNotFound(id);
  return group;
}
export function parameterGroupFor(sim: Sim, id: string): ParameterGroup {
  const group = parameterGroupTable(sim).visible(id) && parameterGroupTable(sim).get(id);
  if (!group) throw parameterGroupNotFound(id);
  return group;
}

/** The subnets' VPC. Throws when they are not in one VPC and two zones at least. */
function checkSubnets(sim: Sim, ids: readonly string[]): string {
  const found = ids.map((id) => subnetTable(sim).visible(id));
  const unknown = ids.filter((_, index) => !found[index]);
  if (unknown.length > 0) throw invalidValue(`Some input subnets in :[${unknown.join(", ")}] are invalid.`);
  if (new Set(found.map((subnet) => subnet?.vpcId)).size > 1)
    throw fault("InvalidSubnet", "InvalidSubnet", "Subnets are not all in the same VPC.");
  const zones = new Set(found.map((subnet) => subnet?.zone));
  if (zones.size < 2)
    throw fault(
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      "DBSubnetGroupDoesNotCoverEnoughAZs",
      `The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: ${[...zones].join(", ")}. Add subnets to cover at least 2 AZs.`,
    );
  return found[0]?.vpcId ?? "";
}

/** For so long after RDS's role was made, calls may fail, milliseconds. */
const ROLE_SPREADS_MS = 3_000;

/** In an account without it the first call makes RDS's role, and fails (the text: aws-samples/eks-workshop-v2#1609). */
function checkLinkedRole(sim: Sim): void {
  if (useLinkedRole(sim, linkedPrincipal("rds")) < ROLE_SPREADS_MS)
    throw invalidValue(
      "Unable to create the resource. Verify that you have permission to create service linked role. Otherwise wait and try again later",
    );
}

const describeSubnetGroup = (sim: Sim, group: SubnetGroup) => ({
  DBSubnetGroupName: group.name,
  DBSubnetGroupDescription: group.description,
  VpcId: group.vpcId,
  SubnetGroupStatus: "Complete",
  DBSubnetGroupArn: arn(sim, "subgrp", group.name),
  Subnets: [...group.subnetIds].sort().map((id) => ({
    SubnetIdentifier: id,
    SubnetAvailabilityZone: { Name: subnetTable(sim).get(id)?.zone },
    SubnetStatus: "Active",
  })),
});

const describeParameterGroup = (sim: Sim, group: ParameterGroup) => ({
  DBParameterGroupName: group.name,
  DBParameterGroupFamily: group.family,
  Description: group.description,
  DBParameterGroupArn: arn(sim, "pg", group.name),
});

const FAMILIES = ["mysql8.0", "mysql8.4"] as const;

interface Parameter {
  readonly dynamic: boolean;
  readonly allowed: RegExp;
}
const CHARSET: Parameter = { dynamic: true, allowed: /^(utf8mb4|utf8mb3|latin1|ascii|binary)$/ };
const COLLATION: Parameter = { dynamic: true, allowed: /^(utf8mb4|utf8mb3|latin1|ascii)_\w+$/ };
/** Of AWS's some 500 parameters those that a web application's database is likely to set. */
const PARAMETERS: Readonly<Record<string, Parameter>> = {
  character_set_client: CHARSET,
  character_set_connection: CHARSET,
  character_set_database: CHARSET,
  character_set_results: CHARSET,
  character_set_server: CHARSET,
  collation_connection: COLLATION,
  collation_server: COLLATION,
  innodb_buffer_pool_instances: { dynamic: false, allowed: /^\d+$/ },
  long_query_time: { dynamic: true, allowed: /^\d+(\.\d+)?$/ },
  max_connections: { dynamic: true, allowed: /^\d+$/ },
  require_secure_transport: { dynamic: true, allowed: /^[01]$/ },
  slow_query_log: { dynamic: true, allowed: /^[01]$/ },
  time_zone: { dynamic: true, allowed: /^[\w/]+$/ },
};

/** The row that an ARN of the stack's objects names, and how its tags are put. */
function tagged(sim: Sim, resource: string): { readonly tags: Tags; put(tags: Tags): void } {
  const [kind = "", id = ""] = resource.split(":").slice(5);
  if (!resource.startsWith(`arn:${partitionOf(sim.region).name}:rds:${sim.region}:${sim.account}:`))
    throw invalidValue(`The specified resource name does not match an RDS resource in this region: ${resource}`);
  if (kind === "subgrp") {
    const group = subnetGroupFor(sim, id);
    return { tags: group.tags, put: (tags) => subnetGroupTable(sim).put(id, { ...group, tags }) };
  }
  if (kind === "pg") {
    const group = parameterGroupFor(sim, id);
    return { tags: group.tags, put: (tags) => parameterGroupTable(sim).put(id, { ...group, tags }) };
  }
  if (kind === "snapshot") {
    const snapshot = snapshotTable(sim).get(id);
    if (!snapshot) throw noSnapshot(id);
    return { tags: snapshot.tags, put: (tags) => snapshotTable(sim).put(id, { ...snapshot, tags }) };
  }
  const row = kind === "db" ? databaseTable(sim).get(id) : undefined;
  if (!row) throw fault("DBInstanceNotFoundFault", "DBInstanceNotFound", `DBInstance ${id} not found.`, 404);
  return { tags: row.tags, put: (tags) => databaseTable(sim).put(id, { ...row, tags }) };
}

export const groups: SandboxService = {
  operations: {
    CreateDBSubnetGroup: operation(
      {
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: z.string().min(1),
        SubnetIds: z.array(z.string()).min(1).max(20),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const id = input.DBSubnetGroupName;
        if (id === "default" || id.length > 255 || !/^[a-z0-9 ._-]+$/.test(id))
          throw invalidValue(`The parameter DBSubnetGroupName is not valid: ${id}`);
        if (subnetGroupTable(sim).get(id))
          throw fault(
            "DBSubnetGroupAlreadyExistsFault",
            "DBSubnetGroupAlreadyExists",
            "The DB subnet group already exists.",
          );
        const vpcId = checkSubnets(sim, input.SubnetIds);
        checkLinkedRole(sim);
        const group: SubnetGroup = {
          name: id,
          description: input.DBSubnetGroupDescription,
          vpcId,
          subnetIds: input.SubnetIds,
          tags: tagsFrom(input.Tags),
        };
        subnetGroupTable(sim).put(id, group);
        return { DBSubnetGroup: describeSubnetGroup(sim, group) };
      },
    ),

    DescribeDBSubnetGroups: operation(
      { DBSubnetGroupName: name.optional(), ...paging },
      ({ DBSubnetGroupName: id, ...rest }, sim) => {
        if (id && !subnetGroupTable(sim).visible(id)) throw subnetGroupNotFound(id);
        const found = subnetGroupTable(sim)
          .allVisible()
          .filter((one) => !id || one.name === id);
        const { items, ...next } = page(found, rest);
        return { DBSubnetGroups: items.map((one) => describeSubnetGroup(sim, one)), ...next };
      },
    ),

    ModifyDBSubnetGroup: operation(
      {
        DBSubnetGroupName: name,
        DBSubnetGroupDescription: z.string().optional(),
        SubnetIds: z.array(z.string()).min(1).max(20),
      },
      ({ DBSubnetGroupName: id, DBSubnetGroupDescription, SubnetIds }, sim) => {
        const before = subnetGroupFor(sim, id);
        const vpcId = checkSubnets(sim, SubnetIds);
        const zones = new Set(SubnetIds.map((subnet) => subnetTable(sim).get(subnet)?.zone));
        const users = databaseTable(sim)
          .all()
          .filter((one) => one.subnetGroup === id);
        if (users.some((one) => !zones.has(one.zone)) || (users.length > 0 && vpcId !== before.vpcId))
          throw fault(
            "SubnetAlreadyInUse",
            "SubnetAlreadyInUse",
            `A subnet of ${id} that is in use cannot be removed.`,
          );
        const group = {
          ...before,
          vpcId,
          subnetIds: SubnetIds,
          description: DBSubnetGroupDescription ?? before.description,
        };
        subnetGroupTable(sim).put(id, group);
        return { DBSubnetGroup: describeSubnetGroup(sim, group) };
      },
    ),

    DeleteDBSubnetGroup: operation({ DBSubnetGroupName: name }, ({ DBSubnetGroupName: id }, sim) => {
      if (!subnetGroupTable(sim).get(id)) throw subnetGroupNotFound(id);
      const user = databaseTable(sim)
        .all()
        .find((one) => one.subnetGroup === id);
      if (user)
        throw fault(
          "InvalidDBSubnetGroupStateFault",
          "InvalidDBSubnetGroupStateFault",
          `Cannot delete the subnet group '${id}' because at least one database instance: ${user.id} is still using it.`,
        );
      subnetGroupTable(sim).remove(id);
      return {};
    }),

    CreateDBParameterGroup: operation(
      {
        DBParameterGroupName: name,
        DBParameterGroupFamily: z.string(),
        Description: z.string().min(1),
        Tags: tagList.optional(),
      },
      (input, sim) => {
        const id = input.DBParameterGroupName;
        checkName("DBParameterGroupName", id, 255);
        if (!(FAMILIES as readonly string[]).includes(input.DBParameterGroupFamily))
          throw invalidValue(
            `ParameterGroupFamily ${input.DBParameterGroupFamily} is not a valid parameter group family`,
          );
        if (parameterGroupTable(sim).get(id))
          throw fault(
            "DBParameterGroupAlreadyExistsFault",
            "DBParameterGroupAlreadyExists",
            `Parameter group ${id} already exists`,
          );
        const group: ParameterGroup = {
          name: id,
          family: input.DBParameterGroupFamily,
          description: input.Description,
          values: {},
          tags: tagsFrom(input.Tags),
        };
        parameterGroupTable(sim).put(id, group);
        return { DBParameterGroup: describeParameterGroup(sim, group) };
      },
    ),

    DescribeDBParameterGroups: operation(
      { DBParameterGroupName: name.optional(), ...paging },
      ({ DBParameterGroupName: id, ...rest }, sim) => {
        if (id && !parameterGroupTable(sim).visible(id)) throw parameterGroupNotFound(id);
        const found = parameterGroupTable(sim)
          .allVisible()
          .filter((one) => !id || one.name === id);
        const { items, ...next } = page(found, rest);
        return { DBParameterGroups: items.map((one) => describeParameterGroup(sim, one)), ...next };
      },
    ),

    DescribeDBParameters: operation(
      { DBParameterGroupName: name, Source: z.enum(["user", "system", "engine-default"]).optional(), ...paging },
      ({ DBParameterGroupName: id, Source, ...rest }, sim) => {
        const group = parameterGroupTable(sim).visible(id);
        if (!group) throw parameterGroupNotFound(id);
        const rows = Object.entries(PARAMETERS)
          .map(([parameter, { dynamic }]) => ({
            ParameterName: parameter,
            ...(group.values[parameter] === undefined ? {} : { ParameterValue: group.values[parameter] }),
            Source: group.values[parameter] === undefined ? "engine-default" : "user",
            ApplyType: dynamic ? "dynamic" : "static",
            IsModifiable: true,
            ApplyMethod: "pending-reboot",
          }))
          .filter((row) => !Source || row.Source === Source);
        const { items, ...next } = page(rows, rest);
        return { Parameters: items, ...next };
      },
    ),

    ModifyDBParameterGroup: operation(
      {
        DBParameterGroupName: name,
        Parameters: z
          .array(
            z.strictObject({
              ParameterName: z.string(),
              ParameterValue: z.string(),
              ApplyMethod: z.enum(["immediate", "pending-reboot"]),
            }),
          )
          .min(1),
      },
      ({ DBParameterGroupName: id, Parameters }, sim) => {
        const group = parameterGroupFor(sim, id);
        if (Parameters.length > 20)
          throw invalidValue("A maximum of 20 parameters can be modified in a single request.");
        for (const { ParameterName, ParameterValue, ApplyMethod } of Parameters) {
          const parameter = PARAMETERS[ParameterName.toLowerCase()];
          if (!parameter) throw invalidValue(`Could not find parameter with name: ${ParameterName}`);
          if (!parameter.allowed.test(ParameterValue))
            throw invalidValue(`Invalid parameter value: ${ParameterValue} for: ${ParameterName}`);
          if (!parameter.dynamic && ApplyMethod === "immediate")
            throw invalidCombination(`cannot use immediate apply method for static parameter: ${ParameterName}`);
        }
        const given = Parameters.map(({ ParameterName, ParameterValue }) => [
          ParameterName.toLowerCase(),
          ParameterValue,
        ]);
        parameterGroupTable(sim).put(id, { ...group, values: { ...group.values, ...Object.fromEntries(given) } });
        for (const user of databaseTable(sim).all())
          if (user.parameterGroup === id && Parameters.some(({ ApplyMethod }) => ApplyMethod === "pending-reboot"))
            databaseTable(sim).put(user.id, { ...user, applyStatus: "pending-reboot" });
        return { DBParameterGroupName: id };
      },
    ),

    DeleteDBParameterGroup: operation({ DBParameterGroupName: name }, ({ DBParameterGroupName: id }, sim) => {
      if (!parameterGroupTable(sim).get(id)) throw parameterGroupNotFound(id);
      if (
        databaseTable(sim)
          .all()
          .some((one) => one.parameterGroup === id)
      )
        throw fault(
          "InvalidDBParameterGroupStateFault",
          "InvalidDBParameterGroupState",
          "One or more database instances are still members of this parameter group, so the group cannot be deleted",
        );
      parameterGroupTable(sim).remove(id);
      return {};
    }),

    ListTagsForResource: operation({ ResourceName: z.string() }, ({ ResourceName }, sim) => ({
      TagList: shownTags(tagged(sim, ResourceName).tags),
    })),

    AddTagsToResource: operation({ ResourceName: z.string(), Tags: tagList }, ({ ResourceName, Tags }, sim) => {
      const { tags, put } = tagged(sim, ResourceName);
      put({ ...tags, ...tagsFrom(Tags) });
      return {};
    }),

    RemoveTagsFromResource: operation(
      { ResourceName: z.string(), TagKeys: z.array(z.string()) },
      ({ ResourceName, TagKeys }, sim) => {
        const { tags, put } = tagged(sim, ResourceName);
        put(untagged(tags, TagKeys));
        return {};
      },
    ),
  },
};
