import type { Sim } from "../../world.ts";

type Tags = Readonly<Record<string, string>>;

export interface Vault {
  readonly name: string;
  readonly requestId: string | null;
  /** The access policy, as given. */
  readonly policy: string | null;
  readonly tags: Tags;
  readonly createdAt: number;
}

/** A copy of a file system: what was in it when its job ran. */
export interface RecoveryPoint {
  readonly id: string;
  readonly vault: string;
  readonly fileSystemId: string;
  readonly source: {
    readonly name: string | undefined;
    readonly encrypted: boolean;
    readonly performance: string;
  };
  readonly files: readonly { readonly path: string; readonly text: string }[];
  readonly bytes: number;
  readonly status: "CREATING" | "COMPLETED" | "DELETING" | "EXPIRED";
  readonly roleArn: string;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly completedAt: number | null;
  readonly deleteAfterDays: number | null;
}

export interface BackupJob {
  readonly id: string;
  readonly token: string | null;
  readonly vault: string;
  readonly fileSystemId: string;
  readonly recoveryPointId: string;
  readonly roleArn: string;
  readonly state: "CREATED" | "RUNNING" | "COMPLETED" | "ABORTED" | "EXPIRED" | "FAILED";
  readonly message: string | null;
  readonly deleteAfterDays: number | null;
  readonly tags: Tags;
  readonly createdAt: number;
  readonly startBy: number;
  readonly completedAt: number | null;
}

export interface RestoreJob {
  readonly id: string;
  readonly token: string | null;
  readonly recoveryPointId: string;
  readonly roleArn: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly copyTags: boolean;
  readonly state: "PENDING" | "RUNNING" | "COMPLETED" | "FAILED";
  readonly message: string | null;
  /** The file system that it restores into, once that is known. */
  readonly fileSystemId: string | null;
  readonly createdAt: number;
  readonly completedAt: number | null;
}

export const vaultTable = (sim: Sim) => sim.table<Vault>("backup.vaults");
export const pointTable = (sim: Sim) => sim.table<RecoveryPoint>("backup.points");
export const backupJobTable = (sim: Sim) => sim.table<BackupJob>("backup.jobs");
export const restoreJobTable = (sim: Sim) => sim.table<RestoreJob>("backup.restores");
