import type { Event } from "../engine/events.ts";
import { clockSecond, dayAt, duration, roughly, zoneAt } from "../lib/duration.ts";
import { counted, oneLine } from "../lib/text.ts";
import { type Annotation, annotation, GROUP_END, groupStart } from "./github.ts";
import { NO_LONGER_WANTED, nounOf } from "./names.ts";
import { leftText, tallyOf } from "./outlook.ts";
import { advance, doing, elapsed, type Progress, reasonOf, startProgress, underWay } from "./progress.ts";
import type { Reporter, RunOptions, Sink } from "./reporter.ts";

/** After so long without a line one says what is waited for, by the run's clock; looked at so often, by the wall's. */
const SILENCE_MS = 60_000;
const TICK_MS = 500;
/** Of what is under way so many are named. */
const MOST_NAMED = 4;

export interface LinesOptions extends RunOptions {
  readonly stream: Sink;
  /** Only failures and notes of the run. */
  readonly quiet?: boolean;
  /** With the ids of what is made. */
  readonly ids?: boolean;
  /** For a step of GitHub Actions: folded, and what fails or waits for a person as annotations. */
  readonly github?: boolean;
}

/**
 * For pipes and CI: a line when something starts, one when it settles, one a minute meanwhile. Each with the time on the wall, what
 * has passed and how far the run is. No colours.
 */
export function linesReporter(options: LinesOptions): Reporter {
  const {
    stream,
    title = [],
    clock,
    speed = 1,
    direction = "up",
    quiet = false,
    ids = false,
    github = false,
  } = options;
  const began = clock.now();
  let state = startProgress(options.steps, direction, { began, forecast: options.forecast });
  let told = began;
  let unchanged = 0;
  const skipped = new Map<string, number>();
  const notes = new Map<string, string>();
  const annotations: Annotation[] = [];

  const print = (text: string) => {
    const now = clock.now();
    told = now;
    stream.write(`${clockSecond(Date.now())} [${duration(now - began).padStart(6)}] ${countText()} ${text}\n`);
  };
  const say = (text: string) => {
    if (!quiet) print(text);
  };
  function countText(): string {
    const { done, total } = tallyOf(state);
    return `${String(done).padStart(String(total).length)}/${total}`;
  }

  if (!quiet) {
    for (const line of title) stream.write(`${line}\n`);
    if (github) stream.write(groupStart(`buddyverse ${direction}: ${counted(tallyOf(state).total, "resource")}`));
    stream.write(`${dayAt(Date.now())}, ${zoneAt(Date.now())}\n`);
  }
  const heartbeat = setInterval(() => {
    const now = clock.now();
    if (quiet || now - told < SILENCE_MS) return;
    const busy = underWay(state, now);
    if (busy.length === 0) return;
    const shown = busy
      .slice(0, MOST_NAMED)
      .map((one) => `${oneLine(one.name)} ${doing(one.action, one.object, direction)} ${elapsed(one, now)}`);
    const more = busy.length > shown.length ? [`${busy.length - shown.length} more`] : [];
    const left = leftText(state, now, { now: Date.now(), speed });
    print(`still at work: ${[...shown, ...more].join("; ")}${left === undefined ? "" : ` · ${left}`}`);
  }, TICK_MS);
  heartbeat.unref();

  /** @param before how far the run was before it happened */
  function tell(event: Event, before: Progress): void {
    switch (event.type) {
      case "run.note":
        print(oneLine(event.note));
        break;
      case "run.interrupting":
        say("interrupting: the calls that are under way are finished and recorded");
        break;
      case "resource.started": {
        notes.delete(event.key);
        const seconds = state.items.get(event.key)?.usual ?? 0;
        const usual = seconds >= 10 ? ` (usually ${roughly(seconds)})` : "";
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
        const named = event.id !== undefined && (ids || !event.id.startsWith("arn:"));
        say(`${thing(event)} ${event.did}${named ? ` to ${event.id}` : ""} in ${duration(event.ms)}`);
        break;
      }
      case "resource.settled":
        tellSettled(event, before);
    }
  }

  function tellSettled(event: Extract<Event, { readonly type: "resource.settled" }>, before: Progress): void {
    const why = reasonOf({ ...event, reason: event.reason });
    const about = `${nounOf(event.object)} ${oneLine(event.name)}`;
    const took = event.ms >= 1_000 ? ` in ${duration(event.ms)}` : "";
    switch (event.outcome) {
      case "failed":
        print(`${thing(event)} FAILED${took}: ${why}`);
        annotations.push({ level: "error", title: `${about} failed`, message: why });
        break;
      case "blocked":
        say(`${thing(event)} BLOCKED: ${why}`);
        annotations.push({ level: "warning", title: `${about} waits for you`, message: why });
        break;
      case "skipped":
        skipped.set(why, (skipped.get(why) ?? 0) + 1);
        break;
      case "interrupted":
        say(`${thing(event)} interrupted`);
        break;
      case "unchanged":
        if (before.items.get(event.key)?.phase === "working") say(`${thing(event)} ready${took}`);
        else unchanged++;
        break;
      default:
        say(`${thing(event)} ${event.outcome}${ids && event.id !== undefined ? ` ${event.id}` : ""}${took}`);
    }
  }

  let stopped = false;
  return {
    emit(event) {
      const before = state;
      state = advance(state, event);
      tell(event, before);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(heartbeat);
      if (unchanged > 0) say(`${counted(unchanged, "resource")} unchanged`);
      for (const [reason, count] of skipped) say(`${counted(count, "resource")} not started: ${reason}`);
      if (!github) return;
      // A folded line is not seen: they come after.
      if (!quiet) stream.write(GROUP_END);
      for (const one of annotations) stream.write(annotation(one));
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
  return `${step ?? NO_LONGER_WANTED}: ${nounOf(object)} ${oneLine(name)}`;
}
