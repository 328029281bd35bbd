import {
  CreateDBParameterGroupCommand,
  CreateDBSubnetGroupCommand,
  DBParameterGroupNotFoundFault,
  DBSubnetGroupNotFoundFault,
  DeleteDBSubnetGroupCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBParametersCommand,
  DescribeDBSubnetGroupsCommand,
  InvalidDBParameterGroupStateFault,
  InvalidDBSubnetGroupStateFault,
  ListTagsForResourceCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSubnetGroupCommand,
  RDSClient,
} from "@aws-sdk/client-rds";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { type ParameterGroupLive, parameterGroup } from "../../../src/aws/rds/parameter-group.ts";
import { type SubnetGroupLive, subnetGroup } from "../../../src/aws/rds/subnet-group.ts";
import { differences } from "../../../src/engine/differences.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };
let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const rds = mocked(RDSClient);
beforeEach(() => rds.reset());

describe("the subnet group", () => {
  const owner = ownerOf("db-subnet-group", "Buddy-DB");
  const spec = { description: "the database subnets", subnetIds: ["subnet-1", "subnet-2"] };
  const shown = (Tags = awsTags(owner.key, owner.name)) => {
    rds.on(DescribeDBSubnetGroupsCommand, { DBSubnetGroupName: "buddy-db" }).resolves({
      DBSubnetGroups: [
        {
          DBSubnetGroupName: "buddy-db",
          DBSubnetGroupArn: "arn:subgrp",
          DBSubnetGroupDescription: spec.description,
          Subnets: [{ SubnetIdentifier: "subnet-2" }, { SubnetIdentifier: "subnet-1" }],
        },
      ],
    });
    rds.on(ListTagsForResourceCommand, { ResourceName: "arn:subgrp" }).resolves({ TagList: Tags });
  };

  test("is found in lower case, in whatever order AWS lists its subnets", async () => {
    shown();
    const live = (await subnetGroup.find(aws, owner)) as SubnetGroupLive;
    expect(live.id).toBe("buddy-db");
    expect(differences(subnetGroup, spec, live, owner.tags)).toEqual([]);
    expect(rds.calls()).toHaveLength(2);
  });

  test("absent is undefined, also between the two reads; somebody else's is not ours", async () => {
    rds.on(DescribeDBSubnetGroupsCommand).rejects(new DBSubnetGroupNotFoundFault(metadata));
    expect(await subnetGroup.find(aws, owner)).toBeUndefined();
    shown();
    rds.on(ListTagsForResourceCommand).rejects(new DBSubnetGroupNotFoundFault(metadata));
    expect(await subnetGroup.find(aws, owner)).toBeUndefined();
    rds.reset();
    shown([]);
    await expect(subnetGroup.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  });

  test("is made with its tags; a change sends all subnets", async () => {
    rds.onAnyCommand().resolves({});
    expect(await subnetGroup.create?.(aws, spec, owner, "token")).toBe("buddy-db");
    expect(rds.commandCalls(CreateDBSubnetGroupCommand)[0]?.args[0].input).toMatchObject({
      DBSubnetGroupName: "buddy-db",
      SubnetIds: spec.subnetIds,
      Tags: expect.arrayContaining([{ Key: "buddyverse:stack", Value: "test" }]),
    });
    const live = { ...spec, id: "buddy-db", tags: owner.tags, arn: "arn:subgrp", vpcId: "vpc-1" };
    await subnetGroup.update?.(aws, live, { ...spec, subnetIds: ["subnet-3"] }, new Set(["subnetIds"]), owner);
    expect(rds.commandCalls(ModifyDBSubnetGroupCommand)[0]?.args[0].input.SubnetIds).toEqual(["subnet-3"]);
  });

  test("goes after the last instance in it", async () => {
    expect(isOneOf(new InvalidDBSubnetGroupStateFault(metadata), subnetGroup.retryable?.delete)).toBe(true);
    rds.on(DeleteDBSubnetGroupCommand).rejects(new DBSubnetGroupNotFoundFault(metadata));
    const live = { ...spec, id: "buddy-db", tags: owner.tags, arn: "arn:subgrp", vpcId: "vpc-1" };
    await subnetGroup.delete?.(aws, live, { discardData: false, label: "1" });
    expect(rds.commandCalls(DeleteDBSubnetGroupCommand)).toHaveLength(1);
  });
});

describe("the parameter group", () => {
  const owner = ownerOf("db-parameter-group", "utf8encoding");
  const spec = {
    family: "mysql8.4",
    description: "utf8mb4 everywhere",
    parameters: { character_set_server: "utf8mb4", collation_server: "utf8mb4_unicode_ci" },
  };
  const shown = () => {
    rds.on(DescribeDBParameterGroupsCommand).resolves({
      DBParameterGroups: [
        {
          DBParameterGroupName: "utf8encoding",
          DBParameterGroupArn: "arn:pg",
          DBParameterGroupFamily: "mysql8.4",
          Description: spec.description,
        },
      ],
    });
    rds.on(ListTagsForResourceCommand).resolves({ TagList: awsTags(owner.key, owner.name) });
    rds.on(DescribeDBParametersCommand).resolvesOnce({
      Parameters: [{ ParameterName: "CHARACTER_SET_SERVER", ParameterValue: "utf8mb4" }, { ParameterName: "sql_mode" }],
      Marker: "2",
    });
    rds.on(DescribeDBParametersCommand, { Marker: "2" }).resolves({
      Parameters: [
        { ParameterName: "collation_server", ParameterValue: "utf8mb4_unicode_ci" },
        { ParameterName: "max_connections", ParameterValue: "50" },
      ],
    });
  };

  test("is found with what users set, over all pages; what others set besides is no difference", async () => {
    shown();
    const live = (await parameterGroup.find(aws, owner)) as ParameterGroupLive;
    expect(live.parameters).toEqual({ ...spec.parameters, max_connections: "50" });
    expect(differences(parameterGroup, spec, live, owner.tags)).toEqual([]);
    expect(rds.commandCalls(DescribeDBParametersCommand)[0]?.args[0].input.Source).toBe("user");
  });

  test("absent is undefined, said by an error or by an empty list", async () => {
    rds.on(DescribeDBParameterGroupsCommand).rejectsOnce(new DBParameterGroupNotFoundFault(metadata));
    expect(await parameterGroup.find(aws, owner)).toBeUndefined();
    rds.on(DescribeDBParameterGroupsCommand).resolves({ DBParameterGroups: [] });
    expect(await parameterGroup.find(aws, owner)).toBeUndefined();
  });

  test("a family cannot be changed; parameters are, only those that differ, at once", async () => {
    rds.onAnyCommand().resolves({});
    await parameterGroup.create?.(aws, spec, owner, "token");
    expect(rds.commandCalls(CreateDBParameterGroupCommand)[0]?.args[0].input.Tags).toContainEqual({
      Key: "buddyverse:key",
      Value: owner.key,
    });
    const live = {
      ...spec,
      id: "utf8encoding",
      tags: owner.tags,
      arn: "arn:pg",
      parameters: { character_set_server: "latin1", collation_server: "utf8mb4_unicode_ci" },
    };
    expect(differences(parameterGroup, { ...spec, family: "mysql8.0" }, live, owner.tags)[0]?.replaces).toBe(true);
    await parameterGroup.update?.(aws, live, spec, new Set(["parameters"]), owner);
    expect(rds.commandCalls(ModifyDBParameterGroupCommand)[0]?.args[0].input.Parameters).toEqual([
      { ParameterName: "character_set_server", ParameterValue: "utf8mb4", ApplyMethod: "immediate" },
    ]);
  });

  test("goes after the last instance that has it", () => {
    expect(isOneOf(new InvalidDBParameterGroupStateFault(metadata), parameterGroup.retryable?.delete)).toBe(true);
  });
});
