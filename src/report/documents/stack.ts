import * as z from "zod";
import { DANGERS } from "../../engine/resource.ts";
import {
  action,
  cost,
  count,
  difference,
  document,
  error,
  errorCode,
  finding,
  held,
  milliseconds,
  moment,
  named,
  outcome,
  outputs,
  problem,
  remedy,
  requirement,
  seconds,
  standing,
  strings,
  usd,
  usdOrUnknown,
  warning,
} from "./parts.ts";

/** Documents of the commands that work on the stack as a whole. */

const item = z.object({
  ...named,
  id: z.string().optional(),
  action,
  differences: z.array(difference),
  reason: z.string().optional(),
  note: z.string().optional(),
  refused: z.string().optional().describe("`up` refuses it, and so does nothing at all: what to do about that"),
  option: z.string().optional().describe('with it `up` does what it refuses: "--replace"'),
  asks: z.string().optional().describe('what `up --yes` wants for it: "--allow-outage"'),
  interruption: z
    .object({ kind: z.enum(["none", "brief", "outage"]), what: z.string(), seconds })
    .describe("what its users notice"),
  rollout: z.string().optional(),
  seconds,
  matters: strings.describe("what of `values` says what it is"),
  values: z.record(z.string(), z.unknown()).optional().describe("what it will be, where it is created or replaced"),
  notes: strings,
  remedies: z.array(remedy),
  adopted: z.boolean(),
  holdsData: z.boolean(),
  monthlyChange: usd.nullable().describe("null: not known"),
});

const application = z.string().optional().describe("what was found of the application, in a sentence");

export const plan = document({
  items: z.array(item),
  seconds: seconds.describe("how long `up` takes, by what overlaps"),
  unrecordedTags: strings,
  warnings: z.array(warning).optional(),
  application,
  findings: z.array(finding).optional(),
  monthly: z.object({ after: usd, change: usd.nullable().optional(), complete: z.boolean() }).optional(),
  costChange: z
    .object({
      fixed: usd,
      typical: usd,
      objects: z.array(z.object({ step: z.string(), object: z.string(), difference: usdOrUnknown, unknown: strings })),
      unknown: strings,
      complete: z.boolean(),
    })
    .optional(),
  pricesAsked: z.string().optional(),
});

/** The same, of what nothing was looked at or counted for. */
const leftAloneInUp = z.array(item.omit({ monthlyChange: true }));

const settled = z.object({
  ...named,
  outcome,
  id: z.string().optional(),
  reason: z.string().optional(),
  leaves: z.string().optional().describe("what its removal left behind on purpose"),
  temporary: z.literal(true).optional().describe("it was made in the same run that deleted it: a helper"),
  error: error.optional(),
});

export const up = document({
  changed: count,
  outputs: z.object(outputs),
  leftAlone: leftAloneInUp,
  pending: z.array(z.object({ key: z.string(), name: z.string(), reason: z.string().optional() })).optional(),
  notes: z.array(z.object({ key: z.string(), notes: strings })).optional(),
  settled: z.array(settled).optional(),
  cost: cost.optional(),
  seconds: seconds.optional(),
  error: error.optional(),
});

const nameAndId = { name: z.string(), object: z.string(), id: z.string() };

export const down = document({
  removed: z.array(z.object({ key: z.string(), name: z.string(), object: z.string(), id: z.string().optional() })),
  left: z.array(z.object(nameAndId)).optional().describe("absent: it was interrupted, and nobody has looked"),
  leftAlone: z.array(
    z.object({
      ...nameAndId,
      monthly: usd,
      remedies: z.array(remedy),
      holds: z.array(z.object({ name: z.string(), object: z.string() })),
    }),
  ),
  kept: strings,
  notes: strings,
  copies: z.array(z.object({ what: z.string(), id: z.string() })),
  lost: strings.describe("what was deleted with all that it held"),
  billsOn: z
    .array(
      z.object({
        what: z.string(),
        id: z.string(),
        why: z.string(),
        commands: strings.optional(),
        gib: z.number().optional(),
        eachGB: z.boolean(),
        monthly: usd.optional(),
      }),
    )
    .optional(),
  notLookedAt: strings.optional(),
  seconds,
  error: error.optional(),
});

const counts = { managed: count, watched: count, ignored: count, unshown: count };
const danger = z.enum(DANGERS).optional().describe("what it means for safety");

const watchedChange = z.object({ path: z.string(), before: z.string().optional(), now: z.string().optional(), danger });

export const status = document({
  inSync: z.boolean().optional(),
  lock: held.optional().describe("the run that is at work on the stack"),
  resources: z
    .array(
      z.object({
        ...named,
        id: z.string().optional(),
        standing,
        drift: z.array(difference.extend({ danger })),
        watched: z.array(watchedChange),
        pending: z.array(difference),
        reason: z.string().optional(),
        notes: strings,
        remedies: z.array(remedy),
      }),
    )
    .optional(),
  properties: z.object(counts).optional(),
  accepted: z
    .array(
      z.object({
        name: z.string(),
        changes: z.array(watchedChange),
        managed: z.array(
          z.object({ field: z.string(), found: z.unknown().optional(), configured: z.string().optional() }),
        ),
      }),
    )
    .optional()
    .describe("with --accept"),
  extras: z
    .array(
      z.object({
        what: z.string(),
        id: z.string(),
        on: z.string().optional(),
        effect: z.string(),
        whose: z.string(),
        danger,
        commands: strings,
      }),
    )
    .optional(),
  notLookedAt: strings.optional(),
  notes: strings.optional(),
  cost: cost.optional(),
  types: z
    .array(
      z.object({
        object: z.string(),
        objects: count,
        ...counts,
        managedBy: z.record(z.string(), strings),
        watches: strings,
        ignores: z.record(z.string(), z.string()),
        notShown: z.record(z.string(), z.string()),
      }),
    )
    .optional()
    .describe("with --coverage, which has no `resources`"),
});

export const why = document({
  well: z.boolean(),
  what: z.string().optional(),
  why: z.string().optional(),
  toDo: z.string().optional(),
  lines: z
    .array(z.object({ at: moment, log: z.string(), instance: z.string(), message: z.string() }))
    .optional()
    .describe("what its machine wrote last"),
  console: z.string().optional(),
  others: z.array(z.object({ what: z.string(), why: z.string(), toDo: z.string() })).optional(),
});

const pastRun = {
  number: count,
  command: z.string(),
  by: z.string(),
  at: moment,
  seconds: seconds.optional(),
  version: z.string(),
  result: z.enum(["done", "failed", "refused", "interrupted", "unfinished"]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  plan: z.object({ actions: z.record(z.string(), count), seconds }).optional(),
  drift: z.array(z.object({ key: z.string(), name: z.string(), object: z.string(), fields: strings })).optional(),
  changes: z.array(
    z.object({
      key: z.string(),
      name: z.string(),
      object: z.string(),
      id: z.string().optional(),
      outcome: z.enum(["created", "updated", "replaced", "deleted", "failed", "interrupted"]),
      seconds,
      action: z.string().optional(),
      fields: strings.optional(),
      from: seconds.optional().describe("after the run began"),
      usual: seconds.optional().describe("how long that usually took"),
      after: strings.optional().describe("keys of those that it waited for"),
      reason: z.string().optional(),
    }),
  ),
  calls: z.record(z.string(), count).describe("how often each call was sent that changes something"),
};

/** All runs, the newest first; or one, with its number. */
export const history = z.union([document({ runs: z.array(z.object(pastRun)), damaged: count }), document(pastRun)]);

export const doctor = document({
  ok: z.boolean(),
  findings: z.array(finding),
  warnings: z.array(warning).optional(),
});

const probeAnswers = { asked: count, failed: count, longestGapSeconds: seconds };
const ending = z.enum(["passed", "failed", "interrupted"]);

const sample = { at: moment, desired: count, inService: count, healthy: count };
const cpu = { at: moment, percent: z.number() };
const timeline = { at: moment, who: z.enum(["drill", "aws", "seen"]), what: z.string() };
const probe = { at: moment, ms: milliseconds, status: count.optional(), error: z.string().optional() };

const drill = z.object({
  drill: z.string(),
  requirement,
  title: z.string(),
  ending,
  problem: z.string().optional(),
  detectSeconds: seconds.optional(),
  recoverSeconds: seconds.optional(),
  detected: z.string(),
  recovered: z.string(),
  answers: z.object({ ...probeAnswers, failedPercent: z.number() }),
  notAsBefore: strings,
  began: moment,
  ended: moment,
  compared: z.object({ same: z.boolean(), words: z.string() }),
  last: z
    .object({
      drill: z.string(),
      at: moment,
      ending,
      detectSeconds: seconds.optional(),
      recoverSeconds: seconds.optional(),
      ...probeAnswers,
    })
    .optional(),
  moments: z.array(z.object(timeline)),
  samples: z.array(z.object(sample)),
  cpu: z.array(z.object(cpu)),
  answersByMinute: z.array(z.object({ at: moment, statuses: z.record(z.string(), count) })),
  failedProbes: z.array(z.object(probe)),
});

export const verify = document({
  passed: z.boolean(),
  checks: z.array(
    z.object({
      id: z.string(),
      requirement,
      title: z.string(),
      result: z.enum(["passed", "failed", "unknown"]),
      saw: z.string(),
      ms: milliseconds,
    }),
  ),
  notAsked: z.array(z.object({ id: z.string(), requirement, why: z.string() })),
  drills: z.array(drill).optional(),
});

/** A line of --json-lines before the last one. */
const event = <Type extends string, Shape extends z.core.$ZodLooseShape>(type: Type, shape: Shape) =>
  document({ type: z.literal(type), ...shape });
const about = { at: moment, ...named };
const id = z.string().optional();

export const events = {
  "resource.started": event("resource.started", {
    ...about,
    action: z.enum(["create", "update", "replace", "unprotect", "stop", "copy", "delete", "wait"]),
    id,
    usual: seconds.optional().describe("how long that usually takes"),
    fields: strings.optional(),
  }),
  "resource.note": event("resource.note", { ...about, note: z.string() }),
  "resource.prepared": event("resource.prepared", {
    ...about,
    did: z.enum(["unprotected", "stopped", "copied"]),
    id,
    ms: milliseconds,
  }),
  "resource.settled": event("resource.settled", {
    ...about,
    outcome,
    id,
    ms: milliseconds,
    reason: z.string().optional(),
    code: errorCode.optional(),
  }),
  "run.note": event("run.note", { at: moment, note: z.string() }),
  "run.interrupting": event("run.interrupting", { at: moment }),
  "drill.sample": event("drill.sample", { drill: z.string(), ...sample }),
  "drill.cpu": event("drill.cpu", { drill: z.string(), ...cpu }),
  "drill.moment": event("drill.moment", { drill: z.string(), ...timeline }),
  "drill.failed-answer": event("drill.failed-answer", { drill: z.string(), ...probe }),
  line: event("line", { at: moment, log: z.string(), instance: z.string(), message: z.string() }),
  error: event("error", { error }),
};

export const init = document({ written: z.string(), application, problems: z.array(problem).optional() });
