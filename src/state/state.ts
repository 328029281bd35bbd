import * as z from "zod";
import { DRILLS, type PastDrill } from "../verify/drills/result.ts";

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
  /** When AWS's answer to its creation was first recorded, milliseconds since 1970: since then it costs. Files of older versions lack it. */
  madeAt: z.number().optional(),
  /** The idempotency token of this attempt to create it. */
  token: z.string(),
  /** From our own create call until it is first seen ready: it cannot hold data yet. Absent: it may, or an older version wrote this. */
  neverReady: z.literal(true).optional(),
  /** What was last applied; no secrets. */
  spec: z.record(z.string(), z.unknown()),
  /** Keys of the resources that it needs: `down` orders by them, even without the config. */
  needs: z.array(z.string()),
});

const count = z.number().int().nonnegative();

/** How a drill ended. A time that was never reached is not written. */
const pastDrill = z
  .strictObject({
    drill: z.enum(DRILLS),
    at: z.iso.datetime(),
    ending: z.enum(["passed", "failed", "interrupted"]),
    detectSeconds: z.number().optional(),
    recoverSeconds: z.number().optional(),
    asked: count,
    failed: count,
    longestGapSeconds: z.number().nonnegative(),
  })
  .transform(
    (past): PastDrill => ({ ...past, detectSeconds: past.detectSeconds, recoverSeconds: past.recoverSeconds }),
  );

export const stateSchema = z.strictObject({
  version: z.literal(STATE_VERSION),
  stack: z.string(),
  account: z.string(),
  region: z.string(),
  /** Random, given once: two files with different lineages are not versions of each other. */
  lineage: z.string(),
  /** Goes up with every write. */
  serial: z.number().int().nonnegative(),
  /** The config that the last whole `up` brought about; it holds no secrets. Files of older versions lack it. */
  config: z.record(z.string(), z.unknown()).optional(),
  /** The last drills, the newest at the end; `down` leaves them, for the next stack of that name. Files of older versions lack it. */
  drills: z.array(pastDrill).optional(),
  resources: z.record(z.string(), record),
});

export type StackState = z.infer<typeof stateSchema>;
/** What is recorded of one resource. */
export type Recorded = z.infer<typeof record>;
