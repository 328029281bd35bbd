import type { Health, ResourceType } from "../../engine/resource.ts";
import { sameSet } from "../../lib/compare.ts";
import { tagList } from "../owned.ts";
import { database } from "./database.ts";
import { instanceCharges } from "./prices.ts";
import {
  BUSY,
  CREATE_AGAIN,
  deleteInstance,
  deleteWithSnapshot,
  findInstance,
  HAS_REPLICAS,
  type InstanceLive,
  instanceHealth,
  listInstances,
  modifyInstance,
  protections,
  replicaBlockers,
  setPassword,
} from "./read-instances.ts";
import { idOf } from "./tags.ts";

export interface ReplicaSpec {
  /** The primary's id. */
  readonly source: string;
  readonly instanceClass: string;
  readonly zone: string;
  readonly groupIds: readonly string[];
  readonly publicAccess: boolean;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly deletionProtection: boolean;
  /** True: what the parameter group, which is the primary's, says is in force. */
  readonly parametersApplied: boolean;
}
export interface ReplicaLive extends ReplicaSpec, InstanceLive {}

function health(replica: InstanceLive): Health {
  const own = instanceHealth(replica);
  if (own !== "ready") return own;
  const { source, replicationTrouble } = replica;
  if (replicationTrouble !== "")
    return {
      blocked: `${replica.id} does not follow ${source}, and serves old data: ${replicationTrouble}. Mend what stops it (RDS user guide, "Troubleshooting a MySQL read replica problem"), or delete it and run \`buddyverse up\` again for a new one`,
    };
  if (source !== "") return own;
  // Somebody may write to it by now, so it is not simply recreated.
  return {
    blocked: `${replica.id} was promoted: it is a database of its own now and follows nobody. Save what it holds, delete it, and run \`buddyverse up\` again for a new replica`,
  };
}

/** A copy of the primary that answers reads, in another zone. */
export const replica: ResourceType<ReplicaSpec, ReplicaLive> = {
  name: "rds:replica",
  immutable: ["source", "zone"],
  same: { groupIds: sameSet },
  timing: { createSeconds: 480, timeoutSeconds: 3600, deleteSeconds: 240 },
  retryable: {
    // The primary makes its first backup right after it is made.
    create: [BUSY, "DBInstanceNotFoundFault", ...CREATE_AGAIN],
    update: [BUSY],
    delete: [BUSY, HAS_REPLICAS],
  },

  async list(aws, stack) {
    return (await listInstances(aws, stack)).filter(({ source }) => source !== "");
  },

  find: findInstance,
  health,
  // One that was promoted is a primary.
  setSecret: setPassword,
  protections,
  blockers: replicaBlockers,

  async create(aws, spec, owner) {
    // No subnet group (refused in the primary's region), no parameter group (the primary's is used), no engine, user or
    // retention. The groups are named: AWS's pages do not agree on whether they are inherited.
    await aws.rds.createDBInstanceReadReplica({
      DBInstanceIdentifier: idOf(owner),
      SourceDBInstanceIdentifier: spec.source,
      DBInstanceClass: spec.instanceClass,
      AvailabilityZone: spec.zone,
      VpcSecurityGroupIds: [...spec.groupIds],
      PubliclyAccessible: spec.publicAccess,
      AutoMinorVersionUpgrade: spec.minorUpgrades,
      CopyTagsToSnapshot: spec.copyTagsToSnapshot,
      DeletionProtection: spec.deletionProtection,
      Tags: tagList(owner.tags),
    });
    return idOf(owner);
  },

  update: (aws, live, spec, changed, owner) => modifyInstance(aws, live, spec, changed, owner),

  async delete(aws, live, options) {
    // A replica leaves no snapshot: AWS refuses one, and the primary has the data. A promoted one is no replica.
    if (live.source === "") await deleteWithSnapshot(aws, live, options);
    else await deleteInstance(aws, live);
  },

  // Its version is the primary's, and so is the size of its storage when it is made.
  charges({ instanceClass, source }, costing) {
    const primary = costing.specOf(database, source);
    return instanceCharges(
      {
        instanceClass,
        storageGiB: primary?.storageGiB ?? "unknown",
        engineVersion: primary?.engineVersion,
      },
      costing,
    );
  },
};
