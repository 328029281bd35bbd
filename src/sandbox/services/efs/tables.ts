import type { Sim } from "../../world.ts";

type State = "creating" | "available" | "updating" | "deleting";

export interface FileSystem {
  readonly id: string;
  readonly token: string;
  readonly state: State;
  readonly encrypted: boolean;
  /** The ARN of its key; absent: AWS's own, where it is encrypted. */
  readonly kmsKey?: string;
  readonly performance: string;
  readonly throughput: string;
  readonly backup: boolean;
  /** TransitionToIA, as given; null: none. */
  readonly toIa: string | null;
  readonly createdAt: number;
  /** Absent: ENABLED. */
  readonly overwriteProtection?: "ENABLED" | "DISABLED";
  readonly tags: Readonly<Record<string, string>>;
  /** The region that it is replicated to, and the file system there; absent: it is not. */
  readonly replicatedTo?: { readonly region: string; readonly id: string };
}
export interface MountTarget {
  readonly id: string;
  readonly fileSystemId: string;
  readonly subnetId: string;
  readonly zone: string;
  readonly vpcId: string;
  readonly interfaceId: string;
  readonly address: string;
  readonly state: State;
}

export const systemTable = (sim: Sim) => sim.table<FileSystem>("efs.systems");
export const targetTable = (sim: Sim) => sim.table<MountTarget>("efs.targets");
