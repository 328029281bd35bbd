import type { Safety } from "../safety.ts";

export {
  AddTagsToResourceCommand,
  CreateDBInstanceCommand,
  CreateDBInstanceReadReplicaCommand,
  CreateDBParameterGroupCommand,
  CreateDBSubnetGroupCommand,
  DeleteDBInstanceCommand,
  DeleteDBParameterGroupCommand,
  DeleteDBSubnetGroupCommand,
  DescribeDBInstanceAutomatedBackupsCommand,
  DescribeDBInstancesCommand,
  DescribeDBParameterGroupsCommand,
  DescribeDBParametersCommand,
  DescribeDBSnapshotsCommand,
  DescribeDBSubnetGroupsCommand,
  DescribeOrderableDBInstanceOptionsCommand,
  ListTagsForResourceCommand,
  ModifyDBInstanceCommand,
  ModifyDBParameterGroupCommand,
  ModifyDBSubnetGroupCommand,
  RDSClient as Client,
  RebootDBInstanceCommand,
} from "@aws-sdk/client-rds";

export const safety: Readonly<Record<string, Safety>> = {
  CreateDBSubnetGroup: "name",
  ModifyDBSubnetGroup: "same",
  DeleteDBSubnetGroup: "same",
  CreateDBParameterGroup: "name",
  ModifyDBParameterGroup: "same",
  DeleteDBParameterGroup: "same",
  CreateDBInstance: "name",
  CreateDBInstanceReadReplica: "name",
  ModifyDBInstance: "same",
  // A repeat would be a second outage.
  RebootDBInstance: "look",
  // A repeat is refused: the instance is being deleted, or the snapshot's name is taken.
  DeleteDBInstance: "name",
  AddTagsToResource: "same",
};
