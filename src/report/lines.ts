import type { Event } from "../engine/events.ts";
import type { Clock } from "../lib/clock.ts";
import { duration, roughly } from "../lib/duration.ts";
import { counted, oneLine } from "../lib/text.ts";
import {
  advance,
  type Direction,
  doing,
  elapsed,
  reasonOf,
  type ShownStep,
  startProgress,
  underWay,
} from "./progress.ts";
import type { Reporter, Sink } from "./reporter.ts";

const HEARTBEAT_MS = 60_000;

export interface LinesOptions {
  readonly stream: Sink;
  readonly steps: readonly ShownStep[];
  readonly direction?: Direction;
  readonly title?: readonly string[];
  /** The run's clock. */
  readonly clock: Pick<Clock, "now">;
  /** Only failures and notes of the run. */
  readonly quiet?: boolean;
}

/** For pipes and CI: a line when something starts, one when it settles, one a minute (of real time) meanwhile. No colours. */
export function linesReporter(options: LinesOptions): Reporter {
  const { stream, steps, direction = "up", title = [], clock, quiet = false } = options;
  const began = clock.now();
  let state = startProgress(steps, direction);
  let unchanged = 0;
  const skipped = new Map<string, number>();
  const notes = new Map<string, string>();

  const print = (text: string) => stream.write(`[${duration(clock.now() - began).padStart(6)}] ${text}\n`);
  const say = (text: string) => {
    if (!quiet) print(text);
  };

  if (!quiet) for (const line of title) stream.write(`${line}\n`);
  const heartbeat = setInterval(() => {
    const now = clock.now();
    const busy = underWay(state, now);
    if (busy.length === 0) return;
    say(
      `still at work: ${busy.map((one) => `${oneLine(one.name)} ${doing(one.action, one.object, direction)} ${elapsed(one, now)}`).join("; ")}`,
    );
  }, HEARTBEAT_MS);
  heartbeat.unref();

  function tell(event: Event): void {
    switch (event.type) {
      case "run.note":
        print(oneLine(event.note));
        break;
      case "run.interrupting":
        say("interrupting: the calls that are under way are finished and recorded");
        break;
      case "resource.started": {
        notes.delete(event.key);
        const usual = event.usual !== undefined && event.usual >= 10 ? ` (usually ${roughly(event.usual)})` : "";
        say(`${thing(event)} ${doing(event.action, event.object, direction)}${usual}`);
        break;
      }
      case "resource.note": {
        const note = oneLine(event.note);
        if (notes.get(event.key) !== note) say(`${thing(event)} waits: ${note}`);
        notes.set(event.key, note);
        break;
      }
      case "resource.prepared": {
        const to = event.id === undefined ? "" : ` to ${event.id}`;
        say(`${thing(event)} ${event.did}${to} in ${duration(event.ms)}`);
        break;
      }
      case "resource.settled":
        tellSettled(event);
    }
  }

  function tellSettled(event: Extract<Event, { readonly type: "resource.settled" }>): void {
    const why = reasonOf({ ...event, reason: event.reason });
    const took = event.ms >= 1_000 ? ` in ${duration(event.ms)}` : "";
    switch (event.outcome) {
      case "failed":
        print(`${thing(event)} FAILED${took}: ${why}`);
        break;
      case "blocked":
        say(`${thing(event)} BLOCKED: ${why}`);
        break;
      case "skipped":
        skipped.set(why, (skipped.get(why) ?? 0) + 1);
        break;
      case "interrupted":
        say(`${thing(event)} interrupted`);
        break;
      case "unchanged":
        if (state.items.get(event.key)?.phase === "working") say(`${thing(event)} ready${took}`);
        else unchanged++;
        break;
      default:
        say(`${thing(event)} ${event.outcome}${event.id === undefined ? "" : ` ${event.id}`}${took}`);
    }
  }

  let stopped = false;
  return {
    emit(event) {
      tell(event);
      state = advance(state, event);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(heartbeat);
      if (unchanged > 0) say(`${counted(unchanged, "resource")} unchanged`);
      for (const [reason, count] of skipped) say(`${counted(count, "resource")} not started: ${reason}`);
    },
  };
}

function thing({
  step,
  object,
  name,
}: {
  readonly step: string | undefined;
  readonly object: string;
  readonly name: string;
}) {
  return `${step ?? "no longer wanted"}: ${object} ${oneLine(name)}`;
}
