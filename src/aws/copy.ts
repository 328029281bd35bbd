import type { Aws } from "./aws.ts";

/** A copy of the stack's data, kept by AWS, of which the data can be restored. */
export interface Copy {
  /** Whose data it has. */
  readonly of: "database" | "files";
  /** What it is, in AWS's words: "final snapshot", "recovery point". */
  readonly what: string;
  readonly id: string;
  /** The object that it was made of. */
  readonly source: string;
  /** That object's key in the stack when it was made, "" when it had none any more; undefined: the copy bears no tags. */
  readonly key?: string | undefined;
  /** Milliseconds since 1970; undefined: it is not complete. */
  readonly madeAt: number | undefined;
  /** How it is, in AWS's word; only one that is `available` can be restored. */
  readonly state: string;
  /** What it takes at most, GiB; undefined: it is not said. */
  readonly gib: number | undefined;
  /** What it is a copy of, where that counts for restoring it: "MySQL 8.4.7". */
  readonly version?: string | undefined;
  /** Its item in the price table, by the GB-month; undefined: it is within what is free, or not known. */
  readonly price: string | undefined;
  /** It costs nothing, as long as that holds: "within the free share". */
  readonly free?: string | undefined;
  /** Options that the command needs besides which restores it. */
  readonly needs?: readonly string[];
  /** Everybody is denied to restore it; this allows it for good, with the AWS CLI. */
  readonly opens?: string | undefined;
  /** What it is of is gone: beside another one that runs it can be restored only so, with the AWS CLI. */
  readonly commands?: readonly string[];
  /** AWS removes it by itself. */
  readonly passing: boolean;
}

/** From when to when data can be restored to any second. */
export interface RestoreWindow {
  readonly of: "database" | "files";
  readonly source: string;
  /** Milliseconds since 1970. */
  readonly earliest: number;
  readonly latest: number;
  /** What it is of is gone: it can be restored only so, with the AWS CLI. Absent: it is there. */
  readonly commands?: readonly string[];
}

export interface Copies {
  readonly copies: readonly Copy[];
  readonly windows: readonly RestoreWindow[];
}

/** Looks for one sort of copies. Only reads. */
export interface CopyReader {
  /** What it looks for, for the notice that it could not: "DB snapshots". */
  readonly what: string;
  /** @param names of the stack's objects, by the state and the config: copies that bear no tags are known by them */
  read(aws: Aws, stack: string, names: ReadonlySet<string>): Promise<Copies>;
}
