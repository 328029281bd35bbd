import type { ResourceType } from "../../engine/resource.ts";
import { createOnly, sameSet } from "../../lib/compare.ts";
import { dataBetweenZones } from "../ec2/prices.ts";
import { tagList } from "../owned.ts";
import { backupStorage, crossZoneGB, databaseBackupGB, instanceCharges } from "./prices.ts";
import {
  BUSY,
  byHand,
  CREATE_AGAIN,
  deleteWithSnapshot,
  failedBeforeReady,
  findInstance,
  HAS_REPLICAS,
  type InstanceLive,
  instanceHealth,
  listInstances,
  modifyInstance,
  protections,
  replicaBlockers,
  setPassword,
  uses,
} from "./read-instances.ts";
import { subnetGroup } from "./subnet-group.ts";
import { idOf } from "./tags.ts";

export interface DatabaseSpec {
  /** "8.4", or a full version. AWS upgrades the minor version by itself, so only the major one (8.4) counts afterwards. */
  readonly engineVersion: string;
  readonly instanceClass: string;
  /** gp3; can only grow. */
  readonly storageGiB: number;
  readonly zone: string;
  readonly databaseName: string;
  readonly user: string;
  /** The SSM parameter that holds the user's password. It is read when the database is made, and not kept. */
  readonly passwordParameter: string;
  readonly subnetGroup: string;
  readonly parameterGroup: string;
  /** True: what the parameter group says is in force. */
  readonly parametersApplied: boolean;
  readonly groupIds: readonly string[];
  readonly backupRetentionDays: number;
  readonly deletionProtection: boolean;
  readonly encrypted: boolean;
  readonly publicAccess: boolean;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
}
export interface DatabaseLive extends DatabaseSpec, InstanceLive {}

const major = (version: string) => version.split(".").slice(0, 2).join(".");

// AWS does not know where the password came from.
const asDatabase = (found: InstanceLive): DatabaseLive => ({ ...found, passwordParameter: "" });

/** The primary: an RDS for MySQL instance in one zone. */
export const database: ResourceType<DatabaseSpec, DatabaseLive> = {
  name: "rds:database",
  immutable: ["engineVersion", "zone", "databaseName", "user", "encrypted", "subnetGroup"],
  same: {
    engineVersion: (wanted, found) => major(wanted) === major(found),
    // It cannot shrink; AWS rounds growth up to a tenth.
    storageGiB: (wanted, found) => found >= wanted,
    groupIds: sameSet,
    passwordParameter: createOnly,
  },
  timing: { createSeconds: 480, timeoutSeconds: 3600, deleteSeconds: 360 },
  retryable: {
    create: ["ParameterNotFound", ...CREATE_AGAIN],
    update: [BUSY],
    delete: [BUSY, HAS_REPLICAS],
  },
  holdsData: true,
  finalCopy: "a final snapshot",
  failedBeforeReady,
  setSecret: setPassword,
  uses,
  byHand,
  protections,
  blockers: replicaBlockers,

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
      // No Iops and StorageThroughput: below 400 GiB AWS refuses them for gp3, though its model asks for them.
      StorageType: "gp3",
      AllocatedStorage: spec.storageGiB,
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

  update: (aws, live, spec, changed, owner) =>
    modifyInstance(aws, live, spec, changed, owner, {
      ...(changed.has("storageGiB") ? { AllocatedStorage: spec.storageGiB } : {}),
      ...(changed.has("parameterGroup") ? { DBParameterGroupName: spec.parameterGroup } : {}),
      ...(changed.has("backupRetentionDays") ? { BackupRetentionPeriod: spec.backupRetentionDays } : {}),
    }),

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
