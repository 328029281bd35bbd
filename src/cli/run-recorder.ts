import type { TracedCall } from "../aws/connect.ts";
import { isRead } from "../aws/safety.ts";
import type { Event } from "../engine/events.ts";
import type { Plan } from "../engine/plan.ts";
import type { StatusItem } from "../engine/status.ts";
import type { Measured } from "../engine/usual.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { oneLine } from "../lib/text.ts";
import { followWork } from "../lib/working.ts";
import type { Timeline } from "../report/timeline/model.ts";
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
import { recordTimeline, type TimelineRecorder } from "./run-timeline.ts";

/** Keeps one run in the history beside the state. What hinders that never hinders the run. */
export interface RunRecorder {
  /** How long changes took in earlier runs. */
  readonly measured: Measured;
  /** For `connect`: each call. */
  call(call: Pick<TracedCall, "service" | "operation" | "error" | "ms"> & Partial<Pick<TracedCall, "input">>): void;
  event(event: Event): void;
  /** What must be done before a key. */
  follows(order: (key: string) => readonly string[]): void;
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
    drawTimeline,
  }: {
    readonly command: string;
    readonly version: string;
    readonly by: () => string;
    readonly clock: Clock;
    readonly notice: (text: string) => void;
    /** Gets what was done when, however the run ends. */
    readonly drawTimeline?: ((timeline: Timeline) => void) | undefined;
  },
): RunRecorder {
  const began = clock.now();
  const timeline = recordTimeline(() => clock.now());
  if (drawTimeline) followWork();
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

  function draw(result: PastRun["result"], error: unknown): void {
    const message =
      error === undefined ? failure?.message : short(error instanceof Error ? error.message : String(error));
    try {
      drawTimeline?.(timeline.timeline({ command, at: new Date(began).toISOString(), result, error: message }));
    } catch (thrown) {
      notice(`The timeline could not be written: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }

  return {
    measured: measuredIn(past.runs),
    follows: timeline.follows,
    call(call) {
      if (drawTimeline) timeline.call(call);
      const { service, operation, input, error } = call;
      if (isRead(operation, input)) return;
      const name = `${service}:${operation}`;
      if (error === undefined) calls[name] = (calls[name] ?? 0) + 1;
      begin();
    },
    event(event) {
      timeline.event(event);
      if (event.type === "resource.started" && event.action !== "wait") {
        begun.set(event.key, { action: event.action, at: event.at, fields: event.fields });
        begin();
      }
      if (event.type !== "resource.settled") return;
      const { key, name, object, id, outcome, reason, code } = event;
      if (outcome === "unchanged" || outcome === "skipped" || outcome === "blocked") return;
      const own = begun.get(key);
      if (outcome === "failed" && code !== undefined) failure ??= { code, message: short(reason ?? "") };
      const seconds = Math.round((own ? event.at - own.at : event.ms) / 100) / 10;
      changes.push({
        key,
        name,
        object,
        ...(id === undefined ? {} : { id }),
        outcome,
        seconds,
        ...(own ? { action: own.action } : {}),
        ...(own?.fields ? { fields: [...own.fields] } : {}),
        ...(reason === undefined ? {} : { reason: short(reason) }),
        ...timesOf(timeline, key, seconds),
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
      draw(resultOf(how, refused), error);
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

/** When it was begun, and the one that it waited for last: of the others nothing follows. */
function timesOf(
  { bar, endOf }: TimelineRecorder,
  key: string,
  seconds: number,
): Pick<PastChange, "from" | "usual" | "after"> {
  const own = bar(key);
  if (!own) return {};
  const last = own.after.reduce<string | undefined>(
    (one, id) => (one && endOf(one) >= endOf(id) ? one : id),
    undefined,
  );
  return {
    from: Math.max(0, Math.round((own.to - seconds) * 10) / 10),
    ...(own.usual === undefined ? {} : { usual: own.usual }),
    after: last === undefined ? [] : [last.replace(/#\d+$/, "")],
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
