import * as z from "zod";
import { partitionOf } from "../../../aws/partition.ts";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";

export type Tags = Readonly<Record<string, string>>;

export interface SubnetGroup {
  readonly name: string;
  readonly description: string;
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  readonly tags: Tags;
}
export interface ParameterGroup {
  readonly name: string;
  readonly family: string;
  readonly description: string;
  /** What a user set, by name. */
  readonly values: Readonly<Record<string, string>>;
  readonly tags: Tags;
}
/** What a modification changes, when it is not done at once. */
export interface Pending {
  /** Its new name. */
  readonly id?: string;
  readonly engineVersion?: string;
  readonly instanceClass?: string;
  readonly storageGiB?: number;
  readonly backupRetentionDays?: number;
  readonly multiAz?: boolean;
  readonly storageType?: StorageType;
  readonly iops?: number;
  readonly throughput?: number;
  readonly caCertificate?: string;
  readonly iamAuthentication?: boolean;
  /** It comes with another major version, and AWS does not show it. */
  readonly parameterGroup?: string;
  readonly password?: string;
}
export type StorageType = "gp2" | "gp3";

/** How a database keeps the text of new tables: as the parameters of its first moment say, else as MySQL 8 does. */
export interface Text {
  readonly characterSet: string;
  readonly collation: string;
}
export const textOf = (values: ParameterGroup["values"]): Text => ({
  characterSet: values.character_set_server ?? "utf8mb4",
  collation: values.collation_server ?? "utf8mb4_0900_ai_ci",
});

/** The master user's, as they were until then. */
interface FormerPasswords {
  readonly password: string;
  readonly secondPassword?: string;
  readonly until: number;
}

/** What a snapshot keeps of its instance, and a restored one gets. */
export interface Restorable {
  readonly engineVersion: string;
  readonly instanceClass: string;
  readonly storageGiB: number;
  readonly databaseName: string | null;
  readonly user: string;
  /** The master user's; a replica has its source's. Absent in worlds of older versions. */
  readonly password?: string;
  /** MySQL's second one, which is valid too; absent: there is none. */
  readonly secondPassword?: string;
  /** Of its database, if it has one. Absent in worlds of older versions. */
  readonly text?: Text;
  readonly encrypted: boolean;
  /** The ARN of its key; absent: AWS's own, where it is encrypted. */
  readonly kmsKey?: string;
  readonly backupRetentionDays: number;
  readonly tags: Tags;
}
export interface Database extends Restorable {
  readonly id: string;
  readonly status: string;
  readonly zone: string;
  readonly subnetGroup: string;
  readonly vpcId: string;
  readonly parameterGroup: string;
  readonly applyStatus: "in-sync" | "pending-reboot";
  readonly groupIds: readonly string[];
  readonly interfaceId: string;
  readonly address: string;
  readonly publicAccess: boolean;
  readonly minorUpgrades: boolean;
  readonly copyTagsToSnapshot: boolean;
  readonly deletionProtection: boolean;
  /** It has a standby in another zone (the sandbox lets none take over); absent: it has none. */
  readonly multiAz?: boolean;
  /** Absent: gp3. */
  readonly storageType?: StorageType;
  /** Absent: what its size gives. */
  readonly iops?: number;
  readonly throughput?: number;
  /** Absent: AWS's default one. */
  readonly caCertificate?: string;
  readonly iamAuthentication?: boolean;
  /** Absent: MySQL's. */
  readonly port?: number;
  /** What it sends to CloudWatch Logs. */
  readonly logExports?: readonly string[];
  /** "sun:17:00-sun:17:30" and "18:00-18:30"; absent: as AWS chose them. */
  readonly maintenanceWindow?: string;
  readonly backupWindow?: string;
  readonly pending: Pending;
  /** It gets another class or version, and answers nobody meanwhile. */
  readonly away?: boolean;
  /** Up to this it may grow by itself (the sandbox lets none grow); absent or 0: it does not. */
  readonly maxStorageGiB?: number;
  /** The primary that it follows; null: it is no replica. */
  readonly source: string | null;
  /** It is becoming a database of its own: up to when it has what its source had, and how long backups will be kept. */
  readonly promotion?: { readonly follows: number; readonly backupRetentionDays: number };
  /** Groups that others take the place of, and until when they still count. */
  readonly leaving?: { readonly groupIds: readonly string[]; readonly until: number };
  readonly createdAt: number;
  /** Endpoint and user can be used from then on; null: not yet. */
  readonly servesFrom: number | null;
  /** Until when its storage may not grow again; absent: it never has. */
  readonly storageHeldUntil?: number;
  /** When its first automated backup was done; absent: there is none. */
  readonly backedUpAt?: number;
  /** Before its present ones. */
  readonly formerPasswords?: readonly FormerPasswords[];
}

export const portOf = ({ port = 3306 }: Database): number => port;
/** As who connects names it. */
export const endpointOf = (database: Database): string => `${database.address}:${portOf(database)}`;

/** A manual or final snapshot: it stays after its instance, and costs. */
export interface Snapshot {
  readonly id: string;
  readonly databaseId: string;
  readonly storageGiB: number;
  readonly status: "creating" | "available" | "failed";
  readonly createdAt: number;
  readonly tags: Tags;
  /** AWS Backup made it. */
  readonly byBackup?: true;
  /** Its instance as it was. */
  readonly source: Restorable;
}

/** The automated backups of an instance that is gone, which its deletion was told to keep. */
export interface Retained {
  readonly id: string;
  readonly databaseId: string;
  readonly storageGiB: number;
  readonly retentionDays: number;
  readonly zone: string;
  readonly createdAt: number;
  /** To when it can be restored, and what it was; absent in worlds of older versions. */
  readonly window?: { readonly earliest: number; readonly latest: number };
  readonly source?: Restorable;
}

export const retainedTable = (sim: Sim) => sim.table<Retained>("rds.retainedBackups");
export const subnetGroupTable = (sim: Sim) => sim.table<SubnetGroup>("rds.subnetGroups");
export const parameterGroupTable = (sim: Sim) => sim.table<ParameterGroup>("rds.parameterGroups");
export const databaseTable = (sim: Sim) => sim.table<Database>("rds.databases");
export const snapshotTable = (sim: Sim) => sim.table<Snapshot>("rds.snapshots");

/** It stays when the instance is renamed. */
export const resourceId = ({ interfaceId }: Database): string => `db-${interfaceId.slice(4).toUpperCase()}`;

/** An error of RDS: the SDK's name and, where it differs, the wire's. */
export const fault = (name: string, code: string, message: string, status = 400) =>
  awsError(name, message, { code, status });
export const invalidValue = (message: string) => awsError("InvalidParameterValue", message);
export const invalidCombination = (message: string) => awsError("InvalidParameterCombination", message);

/** RDS keeps its names in lower case, whatever is given. */
export const name = z
  .string()
  .min(1)
  .transform((given) => given.toLowerCase());

/** 1 to `longest` letters, digits and hyphens, a letter first, no hyphen at the end and no two together. */
export function checkName(what: string, given: string, longest: number): void {
  if (given.length > longest || !/^[a-z]([a-z0-9]|-(?!-|$))*$/.test(given))
    throw invalidValue(
      `The parameter ${what} is not a valid identifier. Identifiers must begin with a letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens.`,
    );
}

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
export const tagList = z
  .array(
    z.strictObject({ Key: z.string().min(1).max(128).regex(TAG_TEXT), Value: z.string().max(256).regex(TAG_TEXT) }),
  )
  .max(50);
export const tagsFrom = (list: z.infer<typeof tagList> = []): Tags =>
  Object.fromEntries(list.map(({ Key, Value }) => [Key, Value]));
export const shownTags = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

export const arn = (sim: Sim, kind: "db" | "subgrp" | "pg" | "snapshot", id: string) =>
  `arn:${partitionOf(sim.region).name}:rds:${sim.region}:${sim.account}:${kind}:${id}`;

export const paging = { MaxRecords: z.number().int().min(20).max(100).optional(), Marker: z.string().optional() };

export function page<T>(
  items: readonly T[],
  { MaxRecords = 100, Marker }: { MaxRecords?: number | undefined; Marker?: string | undefined },
) {
  const from = Number(Marker ?? 0);
  const to = from + MaxRecords;
  return { items: items.slice(from, to), ...(to < items.length ? { Marker: String(to) } : {}) };
}

export const noSnapshot = (id: string): Error =>
  fault("DBSnapshotNotFoundFault", "DBSnapshotNotFound", `DBSnapshot not found: ${id}`, 404);
