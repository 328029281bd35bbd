import * as z from "zod";
import type { ErrorCode } from "../../lib/errors.ts";
import { SCHEMA_VERSION } from "../json.ts";

/** Parts that several documents have. The published schemas are made of these (docs/json.md); the command itself does not load them. */

/** What begins each document. */
export const document = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.object({ schemaVersion: z.literal(SCHEMA_VERSION), ...shape });

export const moment = z.string().meta({ format: "date-time", description: "ISO 8601, UTC" });
export const seconds = z.number().nonnegative();
export const milliseconds = z.number().nonnegative();
export const usd = z.number().describe("US dollars, rounded to cents");
export const usdOrUnknown = z.union([usd, z.literal("unknown")]);
export const strings = z.array(z.string());
export const count = z.number().int().nonnegative();

const ERROR_CODES = {
  usage: true,
  config: true,
  state: true,
  locked: true,
  "wrong-account": true,
  credentials: true,
  denied: true,
  account: true,
  quota: true,
  capacity: true,
  "not-ours": true,
  ambiguous: true,
  failed: true,
  timeout: true,
  interrupted: true,
  blocked: true,
  refused: true,
  network: true,
  sandbox: true,
  internal: true,
} as const satisfies Record<ErrorCode, true>;

export const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

export const problem = z.object({
  path: z.string().describe('the place in the config, as "network.web[1]"; "" for the file as a whole'),
  message: z.string(),
  hint: z.string().optional(),
});

export const error = z.object({
  code: errorCode,
  message: z.string(),
  about: z
    .object({
      key: z.string(),
      step: z.string(),
      id: z.string(),
      operation: z.string(),
      requestId: z.string(),
      file: z.string(),
      path: z.string(),
    })
    .partial()
    .optional()
    .describe("where it happened"),
  hint: z.string().optional().describe("what to do now"),
  problems: z.array(problem).optional(),
  stack: z.string().optional().describe("with --verbose"),
});

/** What an error leaves of a command: nothing else is printed. */
export const failure = document({ error });

/** Whom something is about. */
export const named = {
  key: z.string(),
  name: z.string(),
  object: z.string().describe("its type"),
  step: z.string().optional().describe("absent for what the config no longer wants"),
};

export const action = z.enum([
  "create",
  "accept",
  "update",
  "replace",
  "delete",
  "retain",
  "wait",
  "none",
  "blocked",
  "failed",
]);

export const outcome = z.enum([
  "unchanged",
  "created",
  "updated",
  "replaced",
  "deleted",
  "failed",
  "blocked",
  "skipped",
  "interrupted",
]);

/** How an object stands, as `status` says. */
export const standing = z.enum([
  "in-sync",
  "drift",
  "watched",
  "pending-change",
  "missing",
  "unhealthy",
  "under-way",
  "blocked",
  "retained",
  "extra",
]);

export const difference = z.object({
  field: z.string(),
  wanted: z.unknown().optional(),
  found: z.unknown().optional(),
  replaces: z.boolean().describe("AWS cannot change it in place"),
});

export const remedy = z.object({ to: z.string(), commands: strings.describe("AWS CLI commands, in order") });

export const requirement = z.enum(["R1", "R2", "R3", "R4", "R5", "R6"]);

export const finding = z.object({
  about: z.string(),
  verdict: z.enum(["ok", "problem", "warning", "unseen"]),
  message: z.string(),
  path: z.string().optional(),
  hint: z.string().optional(),
});

export const warning = z.object({ path: z.string(), message: z.string(), hint: z.string().optional() });

const machine = z.object({
  number: count,
  id: z.string(),
  zone: z.string(),
  address: z.string(),
  user: z.string(),
  ssh: z.string(),
});

/** What `outputs` names; all of it is there, what is not known is null. */
export const outputs = {
  site: z.string().nullable(),
  loadBalancer: z.string().nullable(),
  database: z.object({
    writer: z.string().nullable(),
    reader: z.string().nullable(),
    port: count.nullable(),
    name: z.string().nullable(),
    user: z.string().nullable(),
    passwordParameter: z.string().nullable(),
  }),
  bastions: z.array(machine),
  webInstances: z.array(machine).nullable(),
  keyFile: z.string().nullable(),
  vpcId: z.string().nullable(),
  dashboardUrl: z.string().nullable(),
};

const brief = z.object({
  fixed: usd,
  typical: usd,
  complete: z.boolean().describe("false: something has no price, so these are at least"),
});

export const cost = z.object({
  currency: z.literal("USD"),
  monthly: brief,
  soFar: brief,
  prices: z.object({ collected: z.string(), asked: z.string().optional() }),
});

export const holder = z.object({
  token: z.string(),
  pid: z.number(),
  host: z.string(),
  machine: z.string().optional(),
  user: z.string(),
  command: z.string(),
  since: moment,
  started: z.string().optional(),
});

/** Who holds a stack's lock. */
export const held = holder.extend({ seen: moment.nullable().describe("when it was last heard of; null: never") });
