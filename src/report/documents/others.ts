import * as z from "zod";
import {
  count,
  document,
  error,
  held,
  holder,
  moment,
  outputs as outputParts,
  seconds,
  strings,
  usd,
  usdOrUnknown,
} from "./parts.ts";

/** Documents of the commands for the site, its data, its money, and this machine. */

const copyOf = { of: z.enum(["database", "files"]), source: z.string(), command: z.string().optional() };

export const snapshots = document({
  copies: z.array(
    z.object({
      ...copyOf,
      what: z.string(),
      id: z.string(),
      key: z.string().optional(),
      state: z.string(),
      gib: z.number().optional(),
      version: z.string().optional(),
      free: z.string().optional(),
      passing: z.boolean().describe("AWS removes it by itself"),
      needs: strings.optional(),
      monthly: usd.optional(),
      madeAt: moment.optional().describe("absent: it is not complete"),
    }),
  ),
  windows: z.array(z.object({ ...copyOf, earliest: moment, latest: moment })),
  unseen: strings,
});

export const stacks = document({
  account: z.string(),
  region: z.string().describe("of the config, or of --region"),
  regions: strings.describe("those that were looked at"),
  stacks: z.array(
    z.object({
      stack: z.string(),
      region: z.string(),
      vpc: z.string().nullable().describe("null: it is not up, and something is left"),
      objects: count.describe("those of EC2 that bear its tag"),
      monthly: z.object({ usd, complete: z.boolean() }).nullable().describe("its fixed cost; null: not known"),
      lastRun: z.object({ at: moment, command: z.string(), result: z.string() }).nullable(),
      state: z
        .string()
        .nullable()
        .describe("the name of its state beside the config, or its place in S3; null: none was found"),
      lock: held.nullable().describe("the run that is at work on it; null: none, or it could not be read"),
      unknown: z
        .string()
        .nullable()
        .describe("why `monthly` or `lastRun` is null, or the lock unread; null: all is known"),
    }),
  ),
  unseen: z.array(z.object({ region: z.string(), reason: z.string() })).describe("regions that could not be looked at"),
});

const contents = z.union([
  z.object({ version: z.string(), tables: count, rows: z.record(z.string(), count) }),
  z.object({ error: z.number() }).describe("MySQL's error number: it did not answer"),
]);

const kept = z.object({ id: z.string(), monthly: usd.optional(), remove: z.string() }).nullable();

const recovered = z.object({ directory: z.string(), files: count, bytes: count, whole: z.boolean() });

export const restore = z.union([
  document({
    restored: z.string(),
    switched: z.boolean(),
    endpoint: z.string().optional(),
    contents: z.object({ running: contents, restored: contents }).partial().optional(),
    monthly: usd.optional(),
    remove: z.string().optional(),
    kept: kept.optional(),
    seconds: seconds.optional(),
    error: error.optional(),
  }),
  document({ recovered: recovered.optional(), switched: z.boolean(), aside: z.string().optional() }),
  document({ discarded: strings }),
]);

export const failover = document({
  primary: z.string(),
  planned: z.boolean(),
  awaySeconds: seconds,
  kept,
  seconds,
  error: error.optional(),
});

export const rotate = document({ rotated: z.literal("password"), instances: strings, seconds });

export const secret = z.union([
  document({
    secrets: z.array(
      z.object({ name: z.string(), set: z.boolean(), named: z.boolean(), changedAt: moment.optional() }),
    ),
  }),
  document({
    secret: z.string(),
    outcome: z.enum(["created", "changed", "removed", "absent"]),
    named: z.boolean().optional().describe("app.secrets names it"),
  }),
]);

export const releases = document({
  releases: z.array(
    z.object({
      number: count,
      current: z.boolean(),
      at: moment,
      by: z.string(),
      brings: z.string(),
      back: z.object({ to: count, from: count }).optional(),
      image: z.string(),
      imageThere: z.boolean(),
      result: z.string(),
      reason: z.string().optional(),
      seconds: seconds.nullable(),
    }),
  ),
});

export const rollback = document({
  release: count,
  to: count,
  from: count,
  seconds,
  outcome: z.string().optional(),
  reason: z.string().optional(),
  error: error.optional(),
});

export const logs = document({
  since: moment,
  lines: z.array(z.object({ at: moment, log: z.string(), instance: z.string(), message: z.string() })),
  silent: strings,
  missing: strings,
});

export const run = document({
  exitCode: z.number().int(),
  instances: z.array(
    z.object({
      instance: z.string(),
      exitCode: z.number().int(),
      output: z.string(),
      errors: z.string(),
      outputCut: z.boolean(),
      errorsCut: z.boolean(),
    }),
  ),
});

export const ssh = document({ command: strings, config: z.string(), host: z.string(), instance: z.string() });

export const tunnel = document({
  command: strings,
  host: z.string(),
  port: count,
  endpoint: z.string(),
  database: z.string(),
  user: z.string(),
  ca: z.string(),
  mysql: z.string(),
  mariadb: z.string(),
  password: z.string().describe("the command that prints it"),
  version: z.string().optional().describe("of MySQL, once the tunnel is open"),
  protocol: z.string().optional(),
});

export const outputs = z.union([
  document({
    stack: z.string(),
    account: z.string(),
    region: z.string(),
    ...outputParts,
    source: z.enum(["state", "aws"]),
    recordedAt: moment.nullable(),
    commands: strings,
  }),
  document({ name: z.string(), value: z.unknown() }),
]);

const band = z.object({ low: usd, typical: usd, high: usd });
const totals = {
  fixed: usd,
  usage: band,
  total: band,
  unknown: strings.describe("what has no price: then the sums are at least"),
  complete: z.boolean(),
  fixedComplete: z.boolean(),
  usageComplete: z.boolean(),
};
const numberOrUnknown = z.union([z.number(), z.literal("unknown")]);
const priceFrom = z.object({
  asOf: z.string(),
  source: z.string(),
  sure: z.enum(["A", "B", "C"]),
  asked: z.literal(true).optional(),
});
const line = z.object({
  step: z.string(),
  object: z.string(),
  keys: strings,
  item: z.string(),
  price: z.string().describe("the item in the price table"),
  quantity: numberOrUnknown,
  unit: z.string(),
  unitPrice: numberOrUnknown.describe("US dollars for one unit, not rounded"),
  monthly: usdOrUnknown,
  kind: z.enum(["fixed", "usage"]),
  band: band.optional(),
  note: z.string().optional(),
  from: priceFrom.optional(),
});
const by = z.enum(["config", "contract", "comparison"]);

export const cost = document({
  currency: z.literal("USD"),
  tax: z.string(),
  hoursPerMonth: z.number(),
  stack: z.string(),
  region: z.string(),
  totals: z.object(totals),
  steps: z.array(z.object({ step: z.string(), ...totals })),
  lines: z.array(line),
  beside: z.array(line).describe("goes with the stack, but neither `up` nor `down` starts or stops it; in no total"),
  notCounted: strings,
  prices: z.object({
    collected: z.string(),
    asked: z.string().optional(),
    sources: z.record(z.string(), z.string()),
    oldest: z.string().optional(),
    newest: z.string().optional(),
    undated: z.boolean(),
  }),
  alternatives: z
    .array(
      z.object({
        title: z.string(),
        rows: z.array(
          z.object({
            name: z.string(),
            configured: z.boolean(),
            monthly: usdOrUnknown,
            difference: usdOrUnknown,
            unknown: strings,
            by,
            breaks: strings.describe("requirements that it gives up"),
            note: z.string().optional(),
          }),
        ),
      }),
    )
    .optional(),
  savings: z.array(z.object({ name: z.string(), saves: usd, monthly: usdOrUnknown, by, breaks: strings })).optional(),
  live: z
    .object({
      region: z.string(),
      asked: moment,
      file: z.string().nullable(),
      found: count,
      changes: z.array(
        z.object({
          item: z.string(),
          unit: z.string(),
          from: z.number(),
          old: z.number().nullable(),
          new: z.number().nullable(),
          oldAsOf: z.string().optional(),
          asOf: z.string(),
          source: z.string(),
        }),
      ),
      notFound: z.array(z.object({ item: z.string(), why: z.string(), keptFrom: z.string().optional() })),
    })
    .optional()
    .describe("with --live"),
});

/** With --output-dir; with --json-lines the policies themselves. Without, it prints IAM's own documents. */
export const policy = z.union([
  document({ files: strings, commands: strings }),
  document({ policies: z.array(z.looseObject({ Version: z.string() })) }),
]);

export const unlock = document({ unlocked: holder });

const bucket = z.object({
  name: z.string(),
  region: z.string(),
  versioning: z.boolean(),
  publicAccessBlocked: z.boolean(),
  encryption: z.string(),
  tlsOnly: z.boolean(),
});

export const state = z.union([
  document({
    place: z.string(),
    found: z.boolean(),
    stack: z.string().optional(),
    account: z.string().optional(),
    region: z.string().optional(),
    lineage: z.string().optional(),
    serial: count.optional(),
    writtenBy: z.string().nullable().optional(),
    objects: count.optional(),
    bucket: bucket.optional(),
    lock: held.nullable(),
  }),
  document({ made: z.boolean(), place: z.string(), bucket }),
  document({ from: z.string(), to: z.string(), serial: count }),
  document({ state: z.looseObject({ version: z.number() }) }),
]);

const failures = z.array(z.object({ kind: z.string(), about: z.string() }));

export const sandbox = z.union([
  document({
    time: moment.optional(),
    objects: z.array(z.object({ kind: z.string(), ids: strings, over: count })),
    failures: failures.optional(),
  }),
  document({ reset: z.boolean() }),
  document({ failures }),
  document({ errand: z.enum(["delegate", "confirm"]), about: z.string() }),
  document({ url: z.string(), environment: z.record(z.string(), z.string()) }),
]);

export const completion = document({ shell: z.enum(["bash", "zsh", "fish"]), script: z.string() });

export const version = document({ version: z.string(), node: z.string(), platform: z.string() });
