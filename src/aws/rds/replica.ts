import type { Health, ResourceType } from "../../engine/resource.ts";
import { tagList } from "../owned.ts";
import {
  copyRights,
  deleteInstance,
  deleteWithSnapshot,
  finalSnapshot,
  HAS_REPLICAS,
  replicaBlockers,
} from "./delete.ts";
import { mendInstance } from "./mend.ts";
import {
  afterModify,
  coming,
  type InstanceSpec,
  impossible,
  instanceCoverage,
  interruptionOf,
  knownByName,
  modifyInstance,
  notesOf,
  rolloutOf,
  sameInstance,
  undone,
  whyUndone,
} from "./modify.ts";
import { instanceCharges } from "./prices.ts";
import { protections } from "./protections.ts";
import {
  BUSY,
  byHand,
  CREATE_AGAIN,
  findInstance,
  type InstanceLive,
  instanceHealth,
  listInstances,
  removeReplica,
  setPassword,
  uses,
} from "./read-instances.ts";
import { idOf } from "./tags.ts";

/** Its engine version, storage and parameter group are the primary's when it is made, and its own from then on. */
export interface ReplicaSpec extends InstanceSpec {
  /** The primary's id. */
  readonly source: string;
}
export interface ReplicaLive extends InstanceLive {}

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
    blocked: `${replica.id} was promoted: it is a database of its own now and follows nobody. To have it as the primary: \`buddyverse failover\`. Or save what it holds, delete it, and run \`buddyverse up\` for a new replica`,
  };
}

/** A copy of the primary that answers reads, in another zone. */
export const replica: ResourceType<ReplicaSpec, ReplicaLive> = {
  name: "rds:replica",
  naming: { longest: 63, within: "region", lowerCase: true },
  attributes: ["endpoint"],
  matters: ["instanceClass", "zone"],
  immutable: ["source"],
  coverage: {
    ...instanceCoverage,
    covers: { ...instanceCoverage.covers, source: ["ReadReplicaSourceDBInstanceIdentifier"] },
  },
  same: sameInstance,
  coming,
  timing: { createSeconds: 480, timeoutSeconds: 3600, deleteSeconds: 240, copySeconds: 120 },
  retryable: {
    // The primary makes its first backup right after it is made.
    create: [BUSY, "DBInstanceNotFoundFault", ...CREATE_AGAIN],
    update: [BUSY],
    copy: [BUSY],
    delete: [BUSY, HAS_REPLICAS],
  },

  async list(aws, stack) {
    return (await listInstances(aws, stack)).filter(({ source }) => source !== "");
  },

  find: findInstance,
  afterWait: ({ accepted }) => accepted,
  knownBefore: (_aws, owner, live) => knownByName(owner, live),
  afterUpdate: afterModify,
  health,
  // A blue/green deployment copies the tags to what it makes, and keeps them on what it leaves; the stack names its own.
  mayBeOthers: ({ id, tags, source }) => source === "" || tags.Name?.toLowerCase() !== id,
  // Promoted.
  hasBecomeData: ({ source }) => source === "",
  // Without its source it would be a primary of its own.
  uses: (live) => [...uses(live), live.source],
  // It has nothing that its source has not, and AWS makes no final snapshot of a replica (API reference, DeleteDBInstance).
  byHand: {
    ...byHand,
    remove: (aws, live) => (live.source === "" ? byHand.remove : removeReplica)(aws, live),
  },
  // One that was promoted is a primary.
  setSecret: setPassword,
  // Of one that was promoted: a replica has its primary's data.
  finalCopy: ({ id, source }) => (source === "" ? `a final snapshot of ${id}` : undefined),
  copyRights,
  copy: finalSnapshot,
  protections,
  blockers: replicaBlockers,
  rollout: rolloutOf,
  interruption: interruptionOf,
  impossible,
  notes: notesOf,
  undone,
  whyUndone,
  mend: mendInstance,

  async create(aws, spec, owner) {
    // Its storage is the primary's, though it could have its own: it is seldom larger, and grows by an update.
    // Its key is the primary's, too, and is not to be named (API reference, KmsKeyId).
    // No subnet group (refused in the primary's region), no parameter group (the primary's is used), no engine, user or
    // retention. The groups are named: AWS's pages do not agree on whether they are inherited.
    await aws.rds.createDBInstanceReadReplica({
      DBInstanceIdentifier: idOf(owner),
      SourceDBInstanceIdentifier: spec.source,
      DBInstanceClass: spec.instanceClass,
      ...(spec.zone === undefined ? {} : { AvailabilityZone: spec.zone }),
      ...(spec.maxStorageGiB > 0 ? { MaxAllocatedStorage: spec.maxStorageGiB } : {}),
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

  charges: instanceCharges,
};
