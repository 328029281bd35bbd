import type { Config } from "../../config/schema.ts";
import type { Clock } from "../../lib/clock.ts";
import type { ScalingGroup, Target } from "../aws/scaling.ts";
import type { RunCommand } from "../machines.ts";
import type { CpuPoint } from "./result.ts";

/** Something that the Auto Scaling group did. */
export interface Activity {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** In AWS's words. */
  readonly what: string;
}

/** A NAT instance and the alarm that watches it. */
export interface Nat {
  readonly id: string;
  readonly name: string;
  readonly zone: string;
  readonly alarm: string;
}

/** How one request ended: a status, or why there was none. */
export type Visit = { readonly status: number } | { readonly error: string };

/** What a database that was restored on trial holds. */
export interface Held {
  readonly tables: number;
  readonly rows: number;
}

/** The newest backup of the database, restored beside it. */
export interface Trial {
  /** Why that cannot be done; undefined: it can. */
  refuses(): Promise<string | undefined>;
  /** @param say told what is done meanwhile */
  begin(say: (text: string) => void): Promise<{
    readonly name: string;
    /** The database that runs. */
    readonly primary: string;
    /** The moment that it has the data of, milliseconds since 1970. */
    readonly asOf: number | undefined;
    /** Looks, and does what is next. */
    isReady(): Promise<boolean>;
  }>;
  /** Throws when it cannot be read. `running`: what the one that runs has; undefined: it does not answer. */
  read(): Promise<Held & { readonly version: string; readonly running: Held | undefined }>;
  /** Removes what was restored so, and nothing else. True: it is gone. */
  remove(): Promise<boolean>;
}

/** What is in a directory. */
interface Counted {
  readonly files: number;
  readonly bytes: number;
  /** False: counting took too long, there are more. */
  readonly whole: boolean;
}

/** The newest recovery point of the files, restored into a directory beside them. */
export interface FilesTrial {
  /** Why that cannot be done; undefined: it can. */
  refuses(): Promise<string | undefined>;
  begin(): Promise<{
    /** The recovery point's ARN. */
    readonly name: string;
    readonly fileSystem: string;
    /** The moment that it has the files of, milliseconds since 1970. */
    readonly asOf: number;
    isReady(): Promise<boolean>;
  }>;
  /** Throws when a file cannot be read. */
  read(): Promise<Counted & { readonly directory: string; readonly readBytes: number; readonly running: Counted }>;
  /** Removes what a drill has restored so, this one or one that was killed, and nothing else. True: it is gone. */
  remove(): Promise<boolean>;
}

/** What drills see and do. Everything is read again at each call. */
export interface DrillStack {
  readonly config: Config;
  readonly clock: Clock;
  /** Aborts when the drill shall end early. What is called afterwards to put things back still works. */
  readonly interrupted: AbortSignal;
  readonly machines: RunCommand;
  group(): Promise<ScalingGroup>;
  targets(): Promise<readonly Target[]>;
  /** What the group has begun since then, milliseconds since 1970. */
  activities(since: number): Promise<readonly Activity[]>;
  /** The group's average CPU since then. */
  cpu(since: number): Promise<readonly CpuPoint[]>;
  /** The NAT instances, by zone. */
  nats(): Promise<readonly Nat[]>;
  /** As CloudWatch calls it: "OK", "ALARM", "INSUFFICIENT_DATA"; undefined: there is no such alarm. */
  alarmState(name: string): Promise<string | undefined>;
  /** Asks the site once, as a visitor without a cookie. Never throws. */
  visit(): Promise<Visit>;
  setDesired(desired: number): Promise<void>;
  /** Sets in which of the config's zones the group may launch. */
  setZones(zones: readonly string[]): Promise<void>;
  terminate(instanceId: string): Promise<void>;
  readonly trial: Trial;
  readonly filesTrial: FilesTrial;
  /** Nobody can connect to the primary database any more, and who was connected is not. */
  cutPrimary(): Promise<void>;
  /** Has the read replica take the primary's place, as of a primary that is lost, and makes a new replica. Says what it does. */
  failOver(say: (what: string) => void): Promise<{ readonly primary: string; readonly kept: string | undefined }>;
  /** As `failOver`, where the primary was cut off; else nothing. */
  carryOn(say: (what: string) => void): Promise<void>;
  /** Deletes the old primary, which leaves a final snapshot. Answers what was done, in words. */
  removeOld(id: string): Promise<string>;
  /** What `up` would do, in words; empty: nothing. */
  planned(): Promise<readonly string[]>;
  /** Does what `up` does, and answers what that was, in words. Throws the first failure. */
  heal(): Promise<readonly string[]>;
}
