import type { Service } from "../service.ts";
import { database } from "./database.ts";
import { parameterGroup } from "./parameter-group.ts";
import { replica } from "./replica.ts";
import { retainedBackups, snapshots } from "./residuals.ts";
import { subnetGroup } from "./subnet-group.ts";

export const rds: Service<typeof import("./client.ts")> = {
  package: "rds",
  load: () => import("./client.ts"),
  types: [subnetGroup, parameterGroup, database, replica],
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
    ModifyDBInstance: "same",
    // A repeat would be a second outage.
    RebootDBInstance: "look",
    // A repeat is refused: the instance is being deleted, or the snapshot's name is taken.
    DeleteDBInstance: "name",
    AddTagsToResource: "same",
  },
};
