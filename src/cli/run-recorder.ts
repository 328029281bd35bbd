import type { TracedCall } from "../aws/connect.ts";
import { isRead } from "../aws/safety.ts";
import type { Event } from "../engine/events.ts";
import type { Plan } from "../engine/plan.ts";
import type { StatusItem } from "../engine/status.ts";
import type { Measured } from "../engine/usual.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { oneLine } from "../lib/text.ts";
import type { Text } from "../state/file.ts";
import {
  type History,
  measuredIn,
  nextNumber,
  type PastChange,
  type PastRun,
  readHistory,
  writeRun,
} from "../state/history.ts";

/** Keeps one run in the history beside the state. What hinders that never hinders the run. */
export interface RunRecorder {
  /** How long changes took in earlier runs. */
  readonly measured: Measured;
  /** For `connect`: each call. */
  call(call: Pick<TracedCall, "service" | "operation" | "error">): void;
  event(event: Event): void;
  /** What is to be done, once it is certain that it will be, or that there is nothing to do. */
  planned(plan: Plan, found: readonly StatusItem[]): void;
  /** How it ended: the exit code, or what was thrown. */
  ended(how: { readonly code: number } | { readonly error: unknown }): void;
}

const LONGEST_REASON = 500;
const short = (text: string): string => oneLine(text).slice(0, LONGEST_REASON);

/** @param notice told once when the run cannot be kept */
export function recordRun(
  file: Text,
  {
    command,
    version,
    by,
    clock,
    notice,
  }: {
    readonly command: string;
    readonly version: string;
    readonly by: () => string;
    readonly clock: Clock;
    readonly notice: (text: string) => void;
  },
): RunRecorder {
  const began = clock.now();
  const past = readOrNone(file);
  const number = nextNumber(past);
  const calls: Record<string, number> = {};
  const begun = new Map<string, { action: string; at: number; fields: readonly string[] | undefined }>();
  const changes: PastChange[] = [];
  let plan: PastRun["plan"];
  let drift: PastRun["drift"];
  let failure: PastRun["error"];
  let written = false;
  let given = false;

  function write(ended: Pick<PastRun, "result"> & Partial<PastRun>): void {
    if (given) return;
    written = true;
    try {
      writeRun(file, {
        number,
        command,
        by: by(),
        at: new Date(began).toISOString(),
        version,
        ...(plan ? { plan } : {}),
        ...(drift && drift.length > 0 ? { drift } : {}),
        changes,
        calls,
        ...ended,
      });
    } catch (error) {
      given = true;
      notice(`This run is not kept in the history: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  /** Before the first change: whoever is killed leaves a trace. */
  const begin = () => {
    if (!written) write({ result: "unfinished" });
  };

  return {
    measured: measuredIn(past.runs),
    call({ service, operation, error }) {
      if (isRead(operation)) return;
      const name = `${service}:${operation}`;
      if (error === undefined) calls[name] = (calls[name] ?? 0) + 1;
      begin();
    },
    event(event) {
      if (event.type === "resource.started" && event.action !== "wait") {
        begun.set(event.key, { action: event.action, at: event.at, fields: event.fields });
        begin();
      }
      if (event.type !== "resource.settled") return;
      const { key, name, object, id, outcome, reason, code } = event;
      if (outcome === "unchanged" || outcome === "skipped" || outcome === "blocked") return;
      const own = begun.get(key);
      if (outcome === "failed" && code !== undefined) failure ??= { code, message: short(reason ?? "") };
      changes.push({
        key,
        name,
        object,
        ...(id === undefined ? {} : { id }),
        outcome,
        seconds: Math.round((own ? event.at - own.at : event.ms) / 100) / 10,
        ...(own ? { action: own.action } : {}),
        ...(own?.fields ? { fields: [...own.fields] } : {}),
        ...(reason === undefined ? {} : { reason: short(reason) }),
      });
    },
    planned({ items, seconds }, found) {
      const actions: Record<string, number> = {};
      for (const { action } of items) actions[action] = (actions[action] ?? 0) + 1;
      plan = { actions, seconds: Math.round(seconds) };
      drift = found
        .filter(({ standing, id }) => standing === "drift" || (standing === "missing" && id !== undefined))
        .map((item) => ({
          key: item.key,
          name: item.name,
          object: item.object,
          fields: [...item.drift, ...item.pending].map(({ field }) => field),
        }));
    },
    ended(how) {
      const error = "error" in how ? how.error : undefined;
      const refused = error instanceof BuddyError && error.code === "refused";
      if (!written && plan === undefined && !refused) return;
      if (error !== undefined)
        failure = {
          code: error instanceof BuddyError ? error.code : "internal",
          message: short(error instanceof Error ? error.message : String(error)),
        };
      write({
        seconds: Math.round((clock.now() - began) / 1_000),
        result: resultOf(how, refused),
        ...(failure ? { error: failure } : {}),
      });
    },
  };
}

function resultOf(how: { readonly code: number } | { readonly error: unknown }, refused: boolean): PastRun["result"] {
  if (refused) return "refused";
  if ("code" in how) return how.code === 0 ? "done" : how.code === 5 ? "interrupted" : "failed";
  return how.error instanceof BuddyError && how.error.code === "interrupted" ? "interrupted" : "failed";
}

/** How long changes took in earlier runs, for a command that only looks. */
export const measuredBefore = (file: Text): Measured => measuredIn(readOrNone(file).runs);

/** What cannot be read is as good as none. */
function readOrNone(file: Text): History {
  try {
    return readHistory(file);
  } catch {
    return { runs: [], damaged: 0 };
  }
}
