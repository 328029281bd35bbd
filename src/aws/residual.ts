import type { Snapshot } from "../engine/snapshot.ts";
import type { Aws } from "./aws.ts";

/** Something that costs although the stack is gone. */
export interface Residual {
  /** What it is, in AWS's words: "DB snapshot". */
  readonly what: string;
  readonly id: string;
  /** Why it is still there. */
  readonly why: string;
  /** What is paid for, at most; undefined: how much it is cannot be known from here. */
  readonly gib?: number | undefined;
  /** Its item in the price table, by the GB-month or by the month; undefined: it is not in the table. */
  readonly price: string | undefined;
  /** The commands that remove it, with the AWS CLI. */
  readonly commands: readonly string[];
}

/** Looks for one sort of them. Only reads. */
export interface ResidualReader {
  /** What it looks for, for the notice that it could not: "DB snapshots". */
  readonly what: string;
  /** @param before how the stack stood when `down` began: what it had can no longer be found by its tags. */
  read(aws: Aws, stack: string, before: Snapshot["entries"]): Promise<readonly Residual[]> | readonly Residual[];
}

/** They are found by their names, which the config gives: one that an older config had, and no state names, is not. */
export const FORGOTTEN = "made for the stack by an older config, and named by no state";
