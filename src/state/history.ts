import * as z from "zod";
import type { Text } from "./file.ts";

const change = z.object({
  key: z.string(),
  name: z.string(),
  /** The type's name, "ec2:vpc". */
  object: z.string(),
  id: z.string().optional(),
  outcome: z.enum(["created", "updated", "replaced", "deleted", "failed", "interrupted"]),
  /** From its first call to when it was as wanted. */
  seconds: z.number(),
  /** What was begun with it: only then `seconds` say how long that takes. */
  action: z.string().optional(),
  /** What the plan said would be changed in place. */
  fields: z.array(z.string()).optional(),
  reason: z.string().optional(),
  /** Seconds after the run began. Absent: an older version wrote this. */
  from: z.number().optional(),
  /** How long that usually took, seconds. */
  usual: z.number().optional(),
  /** Keys of those with which something was done and that it waited for. */
  after: z.array(z.string()).optional(),
});

const found = z.object({ key: z.string(), name: z.string(), object: z.string(), fields: z.array(z.string()) });

/** One run of a command that changes things. No secrets. */
const run = z.object({
  /** Counts up over all runs of this file. */
  number: z.number().int().positive(),
  /** As it was typed. */
  command: z.string(),
  /** The caller's ARN. */
  by: z.string(),
  /** When it began, ISO 8601. */
  at: z.string(),
  /** Undefined: it did not come to its end (it was killed), or is under way. */
  seconds: z.number().optional(),
  /** Of the program. */
  version: z.string(),
  result: z.enum(["done", "failed", "refused", "interrupted", "unfinished"]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  /** How many objects the plan named for each action, and how long it was to take. */
  plan: z.object({ actions: z.record(z.string(), z.number()), seconds: z.number() }).optional(),
  /** What had been changed by others since the run before. */
  drift: z.array(found).optional(),
  changes: z.array(change),
  /** How often each call was sent that changes something: "ec2:CreateVpc". */
  calls: z.record(z.string(), z.number()),
});

/** One run, as the history keeps it. */
export type PastRun = z.infer<typeof run>;
/** What a run did to one object. */
export type PastChange = z.infer<typeof change>;

/** All that can be read of a history. */
export interface History {
  /** The oldest first. */
  readonly runs: readonly PastRun[];
  /** How many lines cannot be read, or are of a newer version. */
  readonly damaged: number;
}

/** So many runs are kept, and no more bytes than these. */
export const KEPT_RUNS = 50;
export const KEPT_BYTES = 512 * 1024;

/** Beside the state: a file's name, or an object's key. */
export const historyFile = (state: string): string => `${state}.history.jsonl`;

/** A run reads it when it begins, and when it is added. */
let last: { readonly content: string; readonly history: History } | undefined;

/** Reads a history, a run a line; a damaged line does not hide the others. Throws `state` when it cannot be read. */
export function readHistory(text: Pick<Text, "read">): History {
  const content = text.read() ?? "";
  if (content === last?.content) return last.history;
  const lines = content.split("\n").filter((line) => line.trim() !== "");
  const runs = lines.flatMap((line) => {
    try {
      const parsed = run.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
  last = { content, history: { runs, damaged: lines.length - runs.length } };
  return last.history;
}

/** Writes a run into the history, in place of what was there of the same one. Throws `state`; the old text is there then. */
export function writeRun(text: Text, one: PastRun): void {
  const others = readHistory(text).runs.filter(({ number }) => number !== one.number);
  text.write(textOf([...others, one]));
}

/** The number that the next run gets. */
export const nextNumber = ({ runs }: History): number => Math.max(0, ...runs.map(({ number }) => number)) + 1;

const didNothing = ({ changes, calls, result }: PastRun): boolean =>
  result === "done" && changes.length === 0 && Object.keys(calls).length === 0;

/** What is kept, as text. Of too many, runs that found nothing to do go first, then the oldest; the last one stays. */
function textOf(runs: readonly PastRun[]): string {
  const kept = runs.map((one) => ({ one, line: `${JSON.stringify(one)}\n` }));
  let bytes = kept.reduce((sum, { line }) => sum + Buffer.byteLength(line), 0);
  while (kept.length > 1 && (kept.length > KEPT_RUNS || bytes > KEPT_BYTES)) {
    const idle = kept.slice(0, -1).findIndex(({ one }) => didNothing(one));
    const [gone] = kept.splice(Math.max(0, idle), 1);
    bytes -= Buffer.byteLength(gone?.line ?? "");
  }
  return kept.map(({ line }) => line).join("");
}

/** Of each sort of change the last times count, so many. */
const COUNTED = 9;

/**
 * How long changes of a sort took here, the median of the last ones, seconds. Of changes in place only those of the same
 * fields are alike.
 */
export function measuredIn(
  runs: readonly PastRun[],
): (object: string, verb: "create" | "update" | "delete", fields?: readonly string[]) => number | undefined {
  const OUTCOME = { create: "created", update: "updated", delete: "deleted" } as const;
  const keyOf = (object: string, verb: string, fields: readonly string[] | undefined) =>
    JSON.stringify([object, verb, verb === "update" ? [...(fields ?? [])].sort() : []]);
  const times = new Map<string, number[]>();
  for (const { changes } of runs.toReversed()) {
    for (const { object, action, outcome, seconds, fields } of changes) {
      if (!action || !(action in OUTCOME) || OUTCOME[action as keyof typeof OUTCOME] !== outcome) continue;
      if (action === "update" && !fields) continue;
      const key = keyOf(object, action, fields);
      const own = times.get(key) ?? [];
      times.set(key, own);
      if (own.length < COUNTED) own.push(seconds);
    }
  }
  return (object, verb, fields) => {
    const own = times.get(keyOf(object, verb, fields))?.toSorted((a, b) => a - b);
    return own?.[Math.floor((own.length - 1) / 2)];
  };
}
