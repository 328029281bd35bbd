import type { ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import { dataBetweenZones } from "../ec2/prices.ts";
import { tagList } from "../owned.ts";
import {
  AFTER_REPLICA,
  type InstanceSpec,
  impossible,
  modifyInstance,
  notesOf,
  performanceOf,
  primaryInterruption,
  sameInstance,
  undone,
  whyUndone,
} from "./modify.ts";
import { backupStorage, crossZoneGB, databaseBackupGB, instanceCharges } from "./prices.ts";
import {
  BUSY,
  byHand,
  CREATE_AGAIN,
  deleteWithSnapshot,
  failedBeforeReady,
  finalSnapshot,
  findInstance,
  HAS_REPLICAS,
  type InstanceLive,
  instanceHealth,
  listInstances,
  protections,
  replicaBlockers,
  setPassword,
  uses,
} from "./read-instances.ts";
import { snapshotOf } from "./snapshot.ts";
import { subnetGroup } from "./subnet-group.ts";
import { idOf } from "./tags.ts";
import { major } from "./version.ts";

export interface DatabaseSpec extends InstanceSpec {
  readonly databaseName: string;
  readonly user: string;
  /** The SSM parameter that holds the user's password. It is read when the database is made, and not kept. */
  readonly passwordParameter: string;
  readonly subnetGroup: string;
  readonly backupRetentionDays: number;
  readonly encrypted: boolean;
}
export interface DatabaseLive extends InstanceLive {
  /** AWS does not know where the password came from. */
  readonly passwordParameter: "";
}

const asDatabase = (found: InstanceLive): DatabaseLive => ({ ...found, passwordParameter: "" });

/** The primary: an RDS for MySQL instance in one zone. */
export const database: ResourceType<DatabaseSpec, DatabaseLive> = {
  name: "rds:database",
  immutable: ["databaseName", "user", "encrypted", "subnetGroup"],
  same: { ...sameInstance, passwordParameter: createOnly },
  // AWS upgrades no primary before its replicas (DBUpgradeDependencyFailure), a full replica stops, and both should not be away at
  // once; the source of a replica cannot be without backups (API reference, BackupRetentionPeriod).
  changesAfter: { fields: [...AFTER_REPLICA, "backupRetentionDays"], types: ["rds:replica"] },
  timing: { createSeconds: 480, timeoutSeconds: 3600, deleteSeconds: 240, copySeconds: 120 },
  retryable: {
    create: ["ParameterNotFound", ...CREATE_AGAIN],
    update: [BUSY],
    copy: [BUSY],
    delete: [BUSY, HAS_REPLICAS],
  },
  holdsData: true,
  finalCopy: () => "a final snapshot",
  failedBeforeReady,
  setSecret: setPassword,
  uses,
  byHand,
  protections,
  blockers: replicaBlockers,
  interruption: primaryInterruption,
  impossible,
  notes: notesOf,
  undone,
  whyUndone,

  async list(aws, stack) {
    return (await listInstances(aws, stack)).filter(({ source }) => source === "").map(asDatabase);
  },

  async find(aws, owner) {
    const found = await findInstance(aws, owner);
    return found && asDatabase(found);
  },

  health: instanceHealth,

  async create(aws, spec, owner) {
    const { Parameter } = await aws.ssm.getParameter({ Name: spec.passwordParameter, WithDecryption: true });
    await aws.rds.createDBInstance({
      DBInstanceIdentifier: idOf(owner),
      Engine: "mysql",
      // With a major version alone AWS takes a recent minor one (User Guide, "MySQL on Amazon RDS versions"; seen on AWS by
      // terraform-provider-aws, pull request 20207, test OnlyMajorVersion).
      EngineVersion: spec.engineVersion,
      DBInstanceClass: spec.instanceClass,
      StorageType: "gp3",
      AllocatedStorage: spec.storageGiB,
      ...performanceOf(spec.storageGiB),
      ...(spec.maxStorageGiB > 0 ? { MaxAllocatedStorage: spec.maxStorageGiB } : {}),
      StorageEncrypted: spec.encrypted,
      AvailabilityZone: spec.zone,
      MultiAZ: false,
      DBName: spec.databaseName,
      MasterUsername: spec.user,
      // Not ManageMasterUserPassword: AWS makes no read replica of an instance that has it.
      MasterUserPassword: Parameter?.Value,
      DBSubnetGroupName: spec.subnetGroup,
      DBParameterGroupName: spec.parameterGroup,
      VpcSecurityGroupIds: [...spec.groupIds],
      PubliclyAccessible: spec.publicAccess,
      BackupRetentionPeriod: spec.backupRetentionDays,
      DeletionProtection: spec.deletionProtection,
      AutoMinorVersionUpgrade: spec.minorUpgrades,
      CopyTagsToSnapshot: spec.copyTagsToSnapshot,
      Tags: tagList(owner.tags),
    });
    return idOf(owner);
  },

  prepare: (aws, live, spec, changed, owner, label) =>
    changed.has("engineVersion") && major(live.engineVersion) !== major(spec.engineVersion)
      ? snapshotOf(
          aws,
          live.id,
          `${live.id}-before-${major(spec.engineVersion).replace(".", "-")}-${label}`,
          owner,
        ).then(({ complete }) => complete)
      : Promise.resolve(true),

  update: (aws, live, spec, changed, owner) =>
    modifyInstance(aws, live, spec, changed, owner, spec.backupRetentionDays),

  copy: finalSnapshot,
  delete: deleteWithSnapshot,

  charges(spec, costing) {
    const { use, specOf } = costing;
    const zones = specOf(subnetGroup, spec.subnetGroup)?.subnetIds.length ?? 1;
    return [
      ...instanceCharges(spec, costing),
      ...(spec.backupRetentionDays > 0
        ? [{ what: "backups beyond the free share", price: backupStorage, quantity: use(databaseBackupGB) }]
        : []),
      ...(zones > 1 ? [{ what: "data between zones", price: dataBetweenZones, quantity: use(crossZoneGB) }] : []),
    ];
  },

  // The free share ends with the database.
  residual: ({ storageGiB }, _costing, { discardData }) =>
    discardData
      ? []
      : [
          {
            what: "final snapshot",
            price: backupStorage,
            quantity: storageGiB,
            note: "at most: a snapshot holds the used part of the storage",
          },
        ],
};
