import type { ByHand, Health, ResourceType } from "../../engine/resource.ts";
import { createOnly } from "../../lib/compare.ts";
import { AT_BIRTH } from "../coverage.ts";
import { dataBetweenZones } from "../ec2/prices.ts";
import { type KeyChoice, keyNotes, otherKey, sameKey } from "../kms/choice.ts";
import { tagList } from "../owned.ts";
import { copyRights, deleteWithSnapshot, finalSince, finalSnapshot, HAS_REPLICAS, replicaBlockers } from "./delete.ts";
import { mendInstance } from "./mend.ts";
import {
  AFTER_REPLICA,
  afterModify,
  backupNotes,
  coming,
  type InstanceSpec,
  impossible,
  instanceCoverage,
  isMajorUpgrade,
  knownByName,
  modifyInstance,
  notesOf,
  primaryInterruption,
  rolloutOf,
  sameInstance,
  undone,
  whyUndone,
} from "./modify.ts";
import { backupStorage, crossZoneGB, databaseBackupGB, instanceCharges } from "./prices.ts";
import { protections } from "./protections.ts";
import {
  BUSY,
  byHand as byHandOf,
  CREATE_AGAIN,
  failedBeforeReady,
  findInstance,
  type InstanceLive,
  instanceHealth,
  listInstances,
  setPassword,
  uses,
} from "./read-instances.ts";
import { foreseeRestore, passwordFrom, restoreFromSnapshot, settingsOf, takePassword } from "./restore.ts";
import { snapshotOf } from "./snapshot.ts";
import { isPromoted, promotedBeside } from "./standing.ts";
import { performanceOf } from "./storage.ts";
import { subnetGroup } from "./subnet-group.ts";
import { FENCED_TAG, idOf, isFenced } from "./tags.ts";
import { major } from "./version.ts";

export interface DatabaseSpec extends InstanceSpec, KeyChoice {
  readonly databaseName: string;
  readonly user: string;
  /** The SSM parameter that holds the user's password. It is read when the database is made, and not kept. */
  readonly passwordParameter: string;
  readonly subnetGroup: string;
  readonly backupRetentionDays: number;
  readonly encrypted: boolean;
  /** The snapshot that it is made of; undefined: it is made empty. Read when it is made. */
  readonly snapshot?: string | undefined;
  /** Whose master password it has: until it is changed, that of its snapshot. */
  readonly passwordFrom: "parameter" | "snapshot";
}
export interface DatabaseLive extends InstanceLive {
  /** AWS does not know where the password came from. */
  readonly passwordParameter: "";
  readonly passwordFrom: "parameter" | "snapshot";
  /** Former replicas of it that are databases of their own now. Only where it was looked for by its name. */
  readonly promoted: readonly string[];
  /** AWS does not know by which name its key was chosen. */
  readonly kmsKeyName: "";
}

const asDatabase = (found: InstanceLive, promoted: readonly string[] = []): DatabaseLive => ({
  ...found,
  passwordParameter: "",
  kmsKeyName: "",
  passwordFrom: passwordFrom(found),
  promoted,
});

/** Which of two is the primary is nothing to guess: the site would write to both in turn. */
function health(primary: DatabaseLive): Health {
  const { id, promoted } = primary;
  const own = instanceHealth(primary);
  if (own === "deleting") return own;
  if (isFenced(primary))
    return {
      blocked: `${id} is being replaced as the primary, and nobody may write to it: \`buddyverse failover\`, or the \`buddyverse restore database\` that began it, goes on with that. To keep it instead (aws rds remove-tags-from-resource --resource-name ${primary.arn} --tag-keys ${FENCED_TAG}), then \`buddyverse up\``,
    };
  const [other] = promoted;
  if (other === undefined) return own;
  return {
    blocked: `${other} was promoted and is a database of its own beside ${id}, so neither is touched, and the site writes where it does now. To have ${other} as the primary for good: \`buddyverse failover\`. To keep ${id}, save what ${other} holds and remove it (aws rds delete-db-instance --db-instance-identifier ${other} --final-db-snapshot-identifier ${other}-final), then \`buddyverse up\``,
  };
}

const byHand: ByHand<InstanceLive> = {
  ...byHandOf,
  adopt: (aws, live, owner) =>
    isPromoted(owner, live)
      ? { to: `have ${live.id} as the primary`, commands: ["buddyverse failover"] }
      : (byHandOf.adopt as NonNullable<typeof byHandOf.adopt>)(aws, live, owner),
};

/** User guide, "Encrypting Amazon RDS resources": a copy of a snapshot may have another key, and what is restored from it has that. */
const OTHER_KEY = {
  place: "database.kmsKey",
  way: "To have the data under another key, copy a snapshot with it (aws rds copy-db-snapshot --kms-key-id) and restore the copy.",
};

/** The primary: an RDS for MySQL instance in one zone. */
export const database: ResourceType<DatabaseSpec, DatabaseLive> = {
  name: "rds:database",
  naming: { longest: 63, within: "region", lowerCase: true },
  attributes: ["endpoint"],
  matters: ["engineVersion", "instanceClass", "storageGiB", "zone"],
  immutable: ["databaseName", "user", "encrypted", "subnetGroup"],
  coverage: {
    ...instanceCoverage,
    covers: {
      ...instanceCoverage.covers,
      databaseName: ["DBName"],
      user: ["MasterUsername"],
      passwordParameter: "unshown",
      subnetGroup: ["DBSubnetGroup.DBSubnetGroupName"],
      backupRetentionDays: ["BackupRetentionPeriod", "PendingModifiedValues.BackupRetentionPeriod"],
      encrypted: ["StorageEncrypted"],
      kmsKey: ["KmsKeyId"],
      kmsKeyName: "watched",
      snapshot: "unshown",
      passwordFrom: "unshown",
    },
    unshown: {
      ...instanceCoverage.unshown,
      passwordParameter: "AWS never shows a password, nor where it came from",
      passwordFrom: "AWS never shows a password, nor where it came from",
      snapshot: AT_BIRTH,
    },
    dangers: [
      ...instanceCoverage.dangers,
      { at: ["backupRetentionDays"], danger: "less protected" },
      { at: ["encrypted"], danger: "not encrypted" },
    ],
  },
  same: { ...sameInstance, ...sameKey, passwordParameter: createOnly, snapshot: createOnly },
  coming,
  // AWS upgrades no primary before its replicas (DBUpgradeDependencyFailure), a full replica stops, and both should not be away at
  // once; the source of a replica cannot be without backups (API reference, BackupRetentionPeriod).
  // RDS makes no replica of one whose storage it is optimizing, which takes minutes to more than a day (re:Post, "low free storage").
  changesAfter: {
    fields: [...AFTER_REPLICA, "backupRetentionDays"],
    afterNew: ["storageGiB"],
    types: ["rds:replica"],
  },
  timing: { createSeconds: 480, timeoutSeconds: 3600, deleteSeconds: 240, copySeconds: 120 },
  retryable: {
    create: ["ParameterNotFound", ...CREATE_AGAIN],
    update: [BUSY],
    copy: [BUSY],
    delete: [BUSY, HAS_REPLICAS],
  },
  holdsData: true,
  finalCopy: ({ id }) => `a final snapshot of ${id}`,
  copyRights,
  failedBeforeReady,
  setSecret: setPassword,
  uses,
  byHand,
  protections,
  blockers: replicaBlockers,
  // Nobody uses what does not have the stack's password yet.
  rollout: rolloutOf,
  interruption: (changed, live, spec) =>
    live.passwordFrom === "snapshot" ? undefined : primaryInterruption(changed, live, spec),
  impossible: (live, spec, applied) => impossible(live, spec, applied) ?? otherKey(live, spec, applied, OTHER_KEY),
  notes: (live, spec) => [...backupNotes(live, spec), ...notesOf(live, spec), ...keyNotes(live, spec)],
  undone,
  whyUndone,
  mend: mendInstance,

  async list(aws, stack) {
    return (await listInstances(aws, stack)).filter(({ source }) => source === "").map((one) => asDatabase(one));
  },

  afterWait: ({ accepted }) => accepted,
  knownBefore: (_aws, owner, live) => knownByName(owner, live),
  afterUpdate: afterModify,

  async find(aws, owner, recorded) {
    const [found, promoted] = await Promise.all([
      findInstance(aws, owner, recorded),
      promotedBeside(aws, owner, idOf(owner)),
    ]);
    return found && asDatabase(found, promoted);
  },

  health,

  foresee: async (aws, { snapshot, ...spec }, owner, live) =>
    snapshot === undefined || live ? undefined : foreseeRestore(aws, snapshot, spec, owner),

  async create(aws, spec, owner) {
    if (spec.snapshot !== undefined) {
      await restoreFromSnapshot(aws, spec.snapshot, spec, owner);
      return idOf(owner);
    }
    const { Parameter } = await aws.ssm.getParameter({ Name: spec.passwordParameter, WithDecryption: true });
    await aws.rds.createDBInstance({
      DBInstanceIdentifier: idOf(owner),
      ...settingsOf(spec),
      Engine: "mysql",
      // With a major version alone AWS takes a recent minor one (User Guide, "MySQL on Amazon RDS versions"; seen on AWS by
      // terraform-provider-aws, pull request 20207, test OnlyMajorVersion).
      EngineVersion: spec.engineVersion,
      StorageType: "gp3",
      AllocatedStorage: spec.storageGiB,
      ...performanceOf(spec.storageGiB),
      ...(spec.maxStorageGiB > 0 ? { MaxAllocatedStorage: spec.maxStorageGiB } : {}),
      StorageEncrypted: spec.encrypted,
      ...(spec.kmsKeyName === undefined ? {} : { KmsKeyId: spec.kmsKeyName }),
      DBName: spec.databaseName,
      MasterUsername: spec.user,
      // Not ManageMasterUserPassword: AWS makes no read replica of an instance that has it.
      MasterUserPassword: Parameter?.Value,
      Tags: tagList(owner.tags),
    });
    return idOf(owner);
  },

  prepare: (aws, live, spec, changed, owner, label) =>
    isMajorUpgrade(changed, live, spec)
      ? snapshotOf(
          aws,
          live.id,
          `${live.id}-before-${major(spec.engineVersion).replace(".", "-")}-${label}`,
          owner,
        ).then(({ complete }) => complete)
      : Promise.resolve(true),

  // The password first and alone: nothing else can be changed while it is set.
  update: (aws, live, spec, changed, owner) =>
    changed.has("passwordFrom")
      ? takePassword(aws, live, spec.passwordParameter)
      : modifyInstance(aws, live, spec, changed, owner),

  copy: finalSnapshot,
  copiedSince: finalSince,
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
