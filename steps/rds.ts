import { chosen } from "../src/aws/kms/choice.ts";
import { encryptionKey } from "../src/aws/kms/key.ts";
import { nameFor, ownPath } from "../src/aws/names.ts";
import { database } from "../src/aws/rds/database.ts";
import { type ParameterGroupLive, parameterGroup as parameterGroupType } from "../src/aws/rds/parameter-group.ts";
import { replica as replicaType } from "../src/aws/rds/replica.ts";
import { subnetGroup as subnetGroupType } from "../src/aws/rds/subnet-group.ts";
import { generatedSecret } from "../src/aws/ssm/generated-secret.ts";
import { parameter } from "../src/aws/ssm/parameter.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import { DATABASE_NAME, DATABASE_USER, firstDatabases, PRIMARY, passwordParameter, REPLICA } from "./databases.ts";
import type { Inputs } from "./inputs.ts";
import type { SecurityGroupsStep } from "./security-groups.ts";
import type { SubnetsStep } from "./subnets.ts";
import { byAge } from "./zones.ts";

const UTF8 = "utf8mb4";
/** How the database is to keep the text of new tables. */
export const TEXT = { characterSet: UTF8, collation: "utf8mb4_unicode_ci" } as const;
const PARAMETERS: Readonly<Record<string, string>> = {
  character_set_client: UTF8,
  character_set_connection: UTF8,
  character_set_database: UTF8,
  character_set_results: UTF8,
  character_set_server: UTF8,
  collation_connection: "utf8mb4_general_ci",
  collation_server: TEXT.collation,
  require_secure_transport: "1",
};

/** The family whose parameter group has the stack's own name for it. While another major version comes, both groups are there. */
const FAMILY = "mysql8.4";

/** The primary in the first zone, its read replica in another one, and what the web instances must know of them. */
export function rdsStep(
  config: Config,
  { db }: Pick<SubnetsStep, "db">,
  { db: group }: Pick<SecurityGroupsStep, "db">,
  inputs: Pick<Inputs, "databases" | "from"> = {},
) {
  const { stack, database: wanted } = config;
  // A zone that comes takes no database with it.
  const zones = byAge(config);
  const names = inputs.databases ?? firstDatabases(config);
  const path = `${ownPath(stack)}database`;
  const family = `mysql${wanted.engineVersion.split(".").slice(0, 2).join(".")}`;
  const [groupKey, groupName]: readonly [string, string] =
    family === FAMILY
      ? ["db-parameter-group", "utf8encoding"]
      : [`db-parameter-group-${family}`, `utf8encoding-${family.replace(".", "-")}`];
  const common = (parameters: ParameterGroupLive) => ({
    engineVersion: wanted.engineVersion,
    instanceClass: wanted.instanceClass,
    storageGiB: wanted.storageGiB,
    maxStorageGiB: wanted.maxStorageGiB ?? 0,
    parameterGroup: parameters.id,
    // The tool's own are in force at once: only another parameter group waits for a reboot. What others set there may wait for
    // one that they have planned, and no maintenance window brings it.
    parametersApplied:
      wanted.apply === "now" && Object.keys(parameters.parameters).every((name) => name in PARAMETERS)
        ? true
        : undefined,
    publicAccess: false,
    minorUpgrades: true,
    copyTagsToSnapshot: true,
    apply: wanted.apply,
  });

  const subnetGroup = resource(
    subnetGroupType,
    "db-subnet-group",
    nameFor(config, subnetGroupType, "buddy-db"),
    { db },
    ({ db }) => ({
      description: "The database subnets of BUDDYVERSE",
      subnetIds: db.map((subnet) => subnet.id),
    }),
    { narrowsAfter: [PRIMARY, REPLICA] },
  );
  const parameterGroup = resource(
    parameterGroupType,
    groupKey,
    nameFor(config, parameterGroupType, groupName),
    {},
    () => ({
      family,
      description: "utf8mb4 everywhere",
      parameters: PARAMETERS,
    }),
  );
  const password = resource(generatedSecret, "database-password", passwordParameter(config), {}, () => ({}));
  const secretKey = resource(generatedSecret, "secret-key", `${path}/secret-key`, {}, () => ({
    madeAnew: "applications that sign their sessions with the secret key log everybody out, once",
  }));

  const keys = wanted.kmsKey === null ? [] : [resource(encryptionKey, "database-key", wanted.kmsKey, {}, () => ({}))];

  const primary = resource(
    database,
    PRIMARY,
    names.primary,
    { subnetGroup, parameterGroup, password, group, keys },
    ({ subnetGroup, parameterGroup, password, group, keys: [key] }) => ({
      ...common(parameterGroup),
      ...chosen(key, wanted.kmsKey),
      // One that took the place of another is where it is.
      zone: names.primary === firstDatabases(config).primary ? zones[0] : undefined,
      databaseName: DATABASE_NAME,
      user: DATABASE_USER,
      passwordParameter: password.id,
      passwordFrom: "parameter" as const,
      snapshot: inputs.from?.snapshot,
      subnetGroup: subnetGroup.id,
      groupIds: [group.id],
      backupRetentionDays: wanted.backupRetentionDays,
      deletionProtection: wanted.deletionProtection,
      encrypted: true,
    }),
    {
      configured: {
        instanceClass: "database.instanceClass",
        kmsKey: "database.kmsKey",
        storageGiB: "database.storageGiB",
        backupRetentionDays: "database.backupRetentionDays",
        deletionProtection: "database.deletionProtection",
      },
    },
  );
  const primaryParameter = resource(parameter, "database-endpoint", `${path}/primary`, { primary }, ({ primary }) => ({
    value: primary.endpoint,
  }));
  const always = { subnetGroup, parameterGroup, password, secretKey, keys, primary, primaryParameter };
  if (!wanted.replica) return step("rds", always);

  const replica = resource(
    replicaType,
    REPLICA,
    names.replica,
    // Its users and their passwords are the primary's.
    { primary, parameterGroup, password, group },
    ({ primary, parameterGroup, group }) => ({
      ...common(parameterGroup),
      source: primary.id,
      zone: zones[primary.zone === zones[1] ? 0 : 1],
      groupIds: [group.id],
      deletionProtection: false,
    }),
    { configured: { instanceClass: "database.instanceClass" } },
  );
  const replicaParameter = resource(parameter, "replica-endpoint", `${path}/replica`, { replica }, ({ replica }) => ({
    value: replica.endpoint,
  }));
  return step("rds", { ...always, replica, replicaParameter });
}
export type RdsStep = ReturnType<typeof rdsStep>["resources"];
