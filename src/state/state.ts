import * as z from "zod";

/** The version of the state file that this program writes. */
export const STATE_VERSION = 1;

const record = z.strictObject({
  /** The type's name, "ec2:vpc". */
  type: z.string(),
  name: z.string(),
  /** AWS's id; absent between the intent to create and AWS's answer. */
  id: z.string().optional(),
  /** creating: intended, perhaps made. created: made, not seen ready yet. ready: seen ready. deleting: its delete call may have been sent. */
  status: z.enum(["creating", "created", "ready", "deleting"]),
  /** When `status` was set, milliseconds since 1970. */
  since: z.number(),
  /** When its delete call was last sent, milliseconds since 1970. Files of older versions lack it. */
  sent: z.number().optional(),
  /** When AWS's answer to its creation was first recorded, milliseconds since 1970: since then it costs. Files of older versions lack it. */
  madeAt: z.number().optional(),
  /** The idempotency token of this attempt to create it. */
  token: z.string(),
  /** From our own create call until it is first seen ready: it cannot hold data yet. Absent: it may, or an older version wrote this. */
  neverReady: z.literal(true).optional(),
  /** Of a value that cannot be made up again: AWS's mark of it as it was last known. Files of older versions lack it. */
  revision: z.string().optional(),
  /**
   * The copy of its data that an unfinished `down` has made, or begun: when (milliseconds since 1970), and what it is called once
   * AWS has said so. Absent: none, or rows may have been written since.
   */
  copy: z.strictObject({ since: z.number(), id: z.string().optional() }).optional(),
  /** What was last applied; no secrets. */
  spec: z.record(z.string(), z.unknown()),
  /** What AWS gave it and users ask for (its address), when a run last saw it. Files of older versions lack it. */
  attributes: z.record(z.string(), z.unknown()).optional(),
  /** The config's tags as they were last set on it; absent: none. */
  tags: z.record(z.string(), z.string()).optional(),
  /** Of a former one, beside which another was made: the how-manieth of its key it is. */
  generation: z.number().int().positive().optional(),
  /**
   * What AWS said of what the config leaves open, when it was last made, changed or accepted, and the version of this program that
   * read it. Absent: not known. Files of older versions lack it.
   */
  baseline: z.strictObject({ by: z.string(), properties: z.record(z.string(), z.string()) }).optional(),
  /** Keys of the resources that it needs: `down` orders by them, even without the config. */
  needs: z.array(z.string()),
});

/** The application as it was found when an `up` last began; no secrets. */
const application = z.strictObject({
  /** What of the config it was looked at by. */
  of: z.string(),
  /** What was found; null: nobody could look. */
  project: z.record(z.string(), z.unknown()).nullable(),
  /** Of its folder's archive. */
  sha256: z.string().optional(),
});

/** A past drill, as `verify` writes and reads it: the state keeps it, and knows no drill. */
const drill = z.looseObject({ drill: z.string() });

export const stateSchema = z.strictObject({
  version: z.literal(STATE_VERSION),
  /** The version of the program that wrote it last. Files of older versions lack it. */
  writtenBy: z.string().optional(),
  stack: z.string(),
  account: z.string(),
  region: z.string(),
  /** Random, given once: two files with different lineages are not versions of each other. */
  lineage: z.string(),
  /** Which run wrote it last, where several machines share it; absent: in a file, which one machine has. */
  run: z.string().optional(),
  /** Goes up with every write. */
  serial: z.number().int().nonnegative(),
  /** The config that the last whole `up` brought about; it holds no secrets. Files of older versions lack it. */
  config: z.record(z.string(), z.unknown()).optional(),
  /** When a new web image of the same content was asked for last, ISO 8601, and whether it is in use. Files of older versions lack it. */
  imageRefresh: z.strictObject({ edition: z.string(), done: z.boolean() }).optional(),
  /** Stands in for a folder that is gone, and for a repository, which is looked at once. Files of older versions lack it. */
  application: application.optional(),
  /** The last drills, the newest at the end; `down` leaves them, for the next stack of that name. Files of older versions lack it. */
  drills: z.array(drill).optional(),
  resources: z.record(z.string(), record),
});

export type StackState = z.infer<typeof stateSchema>;
/** A new web image of the same content, asked for. */
export type ImageRefresh = NonNullable<StackState["imageRefresh"]>;
/** What is kept of the application. */
export type RecordedApplication = z.infer<typeof application>;
/** What is kept of a drill. */
export type KeptDrill = z.infer<typeof drill>;
/** What is recorded of one resource. */
export type Recorded = z.infer<typeof record>;
