import type { ErrorCode } from "../lib/errors.ts";

export type Action = "create" | "update" | "replace" | "unprotect" | "stop" | "copy" | "delete" | "wait";
export type Outcome =
  | "unchanged"
  | "created"
  | "updated"
  | "replaced"
  | "deleted"
  | "failed"
  | "blocked"
  | "skipped"
  | "interrupted";

/** Whom an event is about. `at` is milliseconds on the run's clock. */
interface About {
  readonly at: number;
  readonly key: string;
  readonly name: string;
  /** The type's name, "ec2:vpc". */
  readonly object: string;
  /** Undefined for what the config no longer wants. */
  readonly step: string | undefined;
}

/** What the engine tells. It knows no terminal; reporters own words, colours and timers. */
export type Event =
  /** Something is being done to an object. `usual` is how long that usually takes, seconds. */
  | (About & {
      readonly type: "resource.started";
      readonly action: Action;
      readonly id?: string | undefined;
      readonly usual?: number | undefined;
      /** What is changed in place. */
      readonly fields?: readonly string[] | undefined;
    })
  /** What it waits for, or what is in its way. */
  | (About & { readonly type: "resource.note"; readonly note: string })
  /** Before anything is removed: nothing protects it, it writes no more, or its data is copied to the object `id`. */
  | (About & {
      readonly type: "resource.prepared";
      readonly did: "unprotected" | "stopped" | "copied";
      readonly id?: string | undefined;
      /** Time since it started, milliseconds. */
      readonly ms: number;
    })
  | (About & {
      readonly type: "resource.settled";
      readonly outcome: Outcome;
      readonly id?: string | undefined;
      /** Time since it started, milliseconds. */
      readonly ms: number;
      readonly reason?: string | undefined;
      readonly code?: ErrorCode | undefined;
    })
  | { readonly type: "run.note"; readonly at: number; readonly note: string }
  | { readonly type: "run.interrupting"; readonly at: number };

export type Emit = (event: Event) => void;
