import { linkedPrincipal } from "../partition.ts";
import type { Service } from "../service.ts";
import { databaseCopies } from "./copies.ts";
import { database } from "./database.ts";
import { extras } from "./extras.ts";
import { parameterGroup } from "./parameter-group.ts";
import { preflight } from "./preflight.ts";
import { prices } from "./prices.ts";
import { replica } from "./replica.ts";
import { retainedBackups, snapshots } from "./residuals.ts";
import { subnetGroup } from "./subnet-group.ts";

// RDS reads the network in the caller's name (AWS's own aws-cloudformation-resource-providers-rds, aws-rds-dbinstance.json,
// "handlers"; re:Post knowledge-center/rds-iam-least-privileges).
const NETWORK = [
  "ec2:DescribeAccountAttributes",
  "ec2:DescribeAvailabilityZones",
  "ec2:DescribeInternetGateways",
  "ec2:DescribeSecurityGroups",
  "ec2:DescribeSubnets",
  "ec2:DescribeVpcAttribute",
  "ec2:DescribeVpcs",
  "iam:CreateServiceLinkedRole",
];

// What an instance uses: its groups may be RDS's or, while somebody has changed them, anyone's.
const GROUPS = ["og:*", "pg:*", "secgrp:*", "subgrp:*"];

export const rds: Service<typeof import("./client.ts")> = {
  package: "rds",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "rds",
    tagging: "rds:AddTagsToResource",
    implied: {
      CreateDBInstance: NETWORK,
      CreateDBInstanceReadReplica: NETWORK,
      // "Missing necessary credentials to create service linked role" (terraform-aws-modules/terraform-aws-rds#364).
      CreateDBSubnetGroup: ["iam:CreateServiceLinkedRole"],
      // The final snapshot and its tags: checked since August 2024 (AWS's notice, convox/convox#856).
      DeleteDBInstance: ["rds:AddTagsToResource", "rds:CreateDBSnapshot"],
      ModifyDBInstance: NETWORK,
      RestoreDBInstanceFromDBSnapshot: NETWORK,
      RestoreDBInstanceToPointInTime: NETWORK,
    },
    // "To create an RDS resource using a customer managed key" (user guide, "AWS KMS key management").
    impliedWith: {
      CreateDBInstance: ({ KmsKeyId }) => (KmsKeyId === undefined ? [] : ["kms:CreateGrant", "kms:DescribeKey"]),
    },
    changes: {
      CreateDBInstance: [
        "CreateDBSnapshot",
        "DescribeDBSnapshots",
        "DescribeEvents",
        "ListTagsForResource",
        "ModifyDBInstance",
        "RebootDBInstance",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceToPointInTime",
        "StartDBInstance",
      ],
      CreateDBInstanceReadReplica: ["PromoteReadReplica"],
      CreateDBSubnetGroup: ["ModifyDBSubnetGroup", "RemoveTagsFromResource"],
    },
    linkedRole: linkedPrincipal("rds"),
    byTags: {
      creates: [
        "CreateDBInstance",
        "CreateDBInstanceReadReplica",
        "CreateDBParameterGroup",
        "CreateDBSubnetGroup",
        "RestoreDBInstanceFromDBSnapshot",
        "RestoreDBInstanceToPointInTime",
      ],
      changes: [
        // The replica is made of its source.
        "CreateDBInstanceReadReplica",
        "CreateDBSnapshot",
        "DeleteDBInstance",
        "DeleteDBParameterGroup",
        "DeleteDBSubnetGroup",
        "ModifyDBInstance",
        "ModifyDBParameterGroup",
        "ModifyDBSubnetGroup",
        "PromoteReadReplica",
        "RebootDBInstance",
        "RemoveTagsFromResource",
        // Of its source.
        "RestoreDBInstanceToPointInTime",
        "StartDBInstance",
      ],
      besides: {
        // The final snapshot, and its tags, which are those of its instance: what is in the request is not documented. The
        // policy lets nobody delete one.
        AddTagsToResource: ["snapshot:*"],
        CreateDBInstance: GROUPS,
        CreateDBInstanceReadReplica: GROUPS,
        CreateDBSnapshot: ["snapshot:*"],
        ModifyDBInstance: GROUPS,
        // The snapshot is named by a person, and may have been made by one.
        RestoreDBInstanceFromDBSnapshot: ["og:*", "pg:*", "snapshot:*", "subgrp:*"],
        RestoreDBInstanceToPointInTime: ["og:*", "pg:*", "subgrp:*"],
      },
      named: ({ values }) => [
        // What takes the place of one has a name that begins with the first one's.
        ...values("DBInstanceIdentifier")
          .filter((name, _index, all) => !all.some((other) => name !== other && name.startsWith(other)))
          .map((name) => `db:${name}*`),
        ...values("DBParameterGroupName").map((name) => `pg:${name}`),
        ...values("DBSubnetGroupName").map((name) => `subgrp:${name}`),
      ],
    },
  },
  errors: {
    // The free plan has only some classes.
    quota: ["FreeTierRestrictionError"],
    capacity: ["InsufficientDBInstanceCapacity", "InsufficientDBInstanceCapacityFault"],
  },
  extras,
  types: [subnetGroup, parameterGroup, database, replica],
  colour: "#3b6fd8",
  prices,
  preflight,
  copies: [databaseCopies],
  residuals: [snapshots, retainedBackups],
  safety: {
    CreateDBSubnetGroup: "name",
    ModifyDBSubnetGroup: "same",
    DeleteDBSubnetGroup: "same",
    CreateDBParameterGroup: "name",
    ModifyDBParameterGroup: "same",
    DeleteDBParameterGroup: "same",
    CreateDBInstance: "name",
    CreateDBInstanceReadReplica: "name",
    CreateDBSnapshot: "name",
    RestoreDBInstanceFromDBSnapshot: "name",
    RestoreDBInstanceToPointInTime: "name",
    ModifyDBInstance: "same",
    // A repeat is refused: it is no read replica any more.
    PromoteReadReplica: "name",
    // A repeat is refused: it is starting.
    StartDBInstance: "name",
    // A repeat would be a second outage.
    RebootDBInstance: "look",
    // A repeat is refused: the instance is being deleted, or the snapshot's name is taken.
    DeleteDBInstance: "name",
    AddTagsToResource: "same",
    RemoveTagsFromResource: "same",
  },
};
