import type { Outcome } from "../engine/events.ts";
import { duration } from "../lib/duration.ts";
import { oneLine, pad, truncate, widthOf } from "../lib/text.ts";
import { NO_LONGER_WANTED, namesIn } from "./names.ts";
import { outlookLine, type Wall } from "./outlook.ts";
import { byRemaining, type Direction, doing, elapsed, type Item, isLate, type Progress, reasonOf } from "./progress.ts";
import { plain, type Style } from "./style.ts";

const SPINNER = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
/** A note is repeated while it holds; an older one is over, milliseconds. */
const NOTE_HOLDS_MS = 30_000;
const WIDEST = 110;

type Mark = "done" | "working" | "waiting" | "failed" | "blocked" | "idle";

interface Line {
  readonly mark: Mark;
  readonly number: string;
  readonly name: string;
  readonly what: (width: number) => string;
  readonly time: string;
  readonly late?: boolean;
}

export interface FrameOptions {
  readonly style?: Style;
  /** Counts up with every redraw; turns the spinner. */
  readonly tick?: number;
  /** How many lines there is room for. */
  readonly rows?: number;
  /** True for the block that stays when the run is over. */
  readonly final?: boolean;
  /** Undefined: nobody is told when it will be done. */
  readonly wall?: Wall | undefined;
}

/**
 * The block: a line per step, and one for the whole run; none wider than `width` less two columns.
 * @param now the run's clock, milliseconds
 */
export function frame(state: Progress, now: number, width: number, options: FrameOptions = {}): string[] {
  const { style = plain, tick = 0, rows = Number.POSITIVE_INFINITY, final = false, wall } = options;
  const all = [...state.items.values()];
  const numbered = state.steps.flatMap((name, index) => {
    const items = all.filter(({ step }) => step === name);
    return items.length === 0 ? [] : [{ name, number: String(index + 1), items }];
  });
  if (state.direction === "down") numbered.reverse();
  const extra = all.filter(({ step }) => step === undefined || !state.steps.includes(step));
  const groups = extra.length === 0 ? numbered : [...numbered, { name: NO_LONGER_WANTED, number: "", items: extra }];
  const lines = groups.map(({ name, number, items }) => lineOf(name, number, items, state, now, final));

  // The line for the whole stands apart where there is room.
  const below = final ? 0 : rows >= lines.length + 2 ? 2 : 1;
  const shown = folded(lines, rows - below);
  const nameWidth = Math.max(16, ...lines.map(({ name }) => name.length));
  const limit = Math.max(20, Math.min(width - 2, WIDEST));
  const drawn = shown.map((line) => draw(line, nameWidth, limit, tick, style));
  if (final) return drawn;
  const last = state.interrupting
    ? style.yellow(truncate(FINISHING, limit))
    : ` ${outlookLine(state, now, limit - 1, wall)}`;
  return [...drawn, ...(below === 2 ? [""] : []), last];
}

const FINISHING = " Finishing the calls that are under way. Ctrl-C again stops at once.";

/** Where there is no room for all lines, those that are done become one, then those to come. */
function folded(lines: readonly Line[], rows: number): readonly Line[] {
  let shown = lines;
  for (const [mark, words] of [
    ["done", "done"],
    ["idle", "to come"],
  ] as const) {
    if (shown.length <= rows) return shown;
    const gone = shown.filter((line) => line.mark === mark);
    if (gone.length < 2) continue;
    const one: Line = { mark, number: "", name: `${gone.length} steps ${words}`, what: () => "", time: "" };
    const rest = shown.filter((line) => line.mark !== mark);
    shown = mark === "done" ? [one, ...rest] : [...rest, one];
  }
  return shown.length <= rows ? shown : shown.slice(0, Math.max(1, rows));
}

function draw(
  { mark, number, name, what, time, late }: Line,
  nameWidth: number,
  limit: number,
  tick: number,
  style: Style,
) {
  const signs: Readonly<Record<Mark, string>> = {
    done: style.green("✔"),
    working: style.cyan(SPINNER[tick % SPINNER.length] as string),
    waiting: style.cyan("·"),
    failed: style.red("✖"),
    blocked: style.yellow("!"),
    idle: " ",
  };
  const head = ` ${signs[mark]} ${number.padStart(2)} ${truncate(pad(name, nameWidth), Math.min(nameWidth, limit - 8))} `;
  const left = limit - widthOf(head);
  // Where there is hardly any room, words tell more than times.
  const clock = time === "" || left - widthOf(time) < 12 ? "" : ` ${time}`;
  const room = Math.max(0, left - widthOf(clock));
  const text = pad(truncate(what(room), room), room);
  const tones: Readonly<Partial<Record<Mark, (text: string) => string>>> = {
    failed: style.red,
    blocked: style.yellow,
    idle: style.dim,
  };
  return `${head}${tones[mark]?.(text) ?? text}${late ? style.yellow(clock) : clock}`.trimEnd();
}

function lineOf(
  name: string,
  number: string,
  items: readonly Item[],
  state: Progress,
  now: number,
  final: boolean,
): Line {
  const line = (mark: Mark, what: (width: number) => string, time = ""): Line => ({ mark, number, name, what, time });
  const that = (text: string) => (width: number) => truncate(text, width);
  const resultOf = (outcome: Outcome) => items.filter((one) => one.phase === "settled" && one.outcome === outcome);

  const working = items.filter(({ phase }) => phase === "working").toSorted(byRemaining(now));
  const [first] = working;
  const time = first === undefined ? tookOf(items) : elapsed(first, now);

  const [failed, ...alsoFailed] = resultOf("failed");
  if (failed) {
    const others = alsoFailed.length === 0 ? "" : ` (and ${alsoFailed.length} more)`;
    return line("failed", that(`${oneLine(failed.name)} failed${others}: ${reasonOf(failed)}`), time);
  }
  if (first && !final) {
    const idle = working.every((one) => one.action === "wait" || noteOf(one, now) !== undefined);
    const shown = line(idle ? "waiting" : "working", (width) => workText(working, state.direction, now, width), time);
    return { ...shown, late: isLate(first, now) };
  }
  const interrupted = [...resultOf("interrupted"), ...(final ? working : [])];
  if (interrupted.length > 0) return line("blocked", (width) => `${namesIn(interrupted, width - 13)} interrupted`);
  const [blocked] = resultOf("blocked");
  if (blocked) return line("blocked", that(`${oneLine(blocked.name)}: ${reasonOf(blocked)}`), time);

  const good = items.filter((one) => one.phase === "settled" && one.outcome !== "skipped");
  const idle = items.filter(({ phase }) => phase === "idle");
  const begun = good.length > 0 ? "waiting" : "idle";
  const [skipped] = resultOf("skipped");
  if (skipped && (idle.length === 0 || final)) return line(begun, that(oneLine(skipped.reason ?? "")));
  if (idle.length > 0 && (!final || good.length === 0)) {
    const causes = final ? [] : waitsFor(idle, items, state);
    return line(begun, (width) => (causes.length === 0 ? "" : waitText(causes, width)));
  }
  const removal = state.direction === "down" || name === NO_LONGER_WANTED;
  const kept = good.filter(({ outcome }) => (outcome === "deleted") === removal);
  if (kept.length === 0) return line("done", that(removal ? "nothing was there" : ""), time);
  return line("done", (width) => namesIn(kept, width), time);
}

const noteOf = ({ note }: Item, now: number): string | undefined =>
  note && now - note.at <= NOTE_HOLDS_MS ? note.text : undefined;

/** How long something of it was at work; empty where nothing was done. */
function tookOf(items: readonly Item[]): string {
  const spans = items.flatMap((one) => one.spans).toSorted((a, b) => a.from - b.from);
  if (spans.length === 0) return "";
  let ms = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of spans) {
    ms += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return duration(Math.max(1_000, ms));
}

function workText(working: readonly Item[], direction: Direction, now: number, width: number): string {
  const [first] = working as [Item];
  const verbOf = (one: Item) => doing(one.action, one.object, direction);
  const note = noteOf(first, now);
  const lead = `${oneLine(first.name)} ${verbOf(first)}`;
  const more = working.length > 1 ? `, ${working.length - 1} more` : "";
  if (note !== undefined) return truncate(`${lead}${more}: ${note}`, width);
  const verbs = [...new Set(working.map(verbOf))];
  const full = verbs
    .map((verb) => {
      const names = working.filter((one) => verbOf(one) === verb).map(({ name }) => oneLine(name));
      return `${names.join(", ")} ${verb}`;
    })
    .join("; ");
  if (widthOf(full) <= width) return full;
  const [verb] = verbs;
  const counts = verbs.length === 1 ? `${namesIn(working, width - 1 - (verb?.length ?? 0))} ${verb}` : undefined;
  if (counts !== undefined && widthOf(counts) <= width && !counts.includes("…")) return counts;
  return truncate(`${lead}${more}`, width);
}

/** The steps that have what these items need and that are not ready yet (when removing: that still use them). */
function waitsFor(idle: readonly Item[], own: readonly Item[], state: Progress): string[] {
  const keys = new Set(idle.map(({ key }) => key));
  const causes = [...state.items.values()].filter(
    (one) =>
      !own.includes(one) &&
      one.phase !== "settled" &&
      (state.direction === "up"
        ? idle.some(({ needs }) => needs.includes(one.key))
        : one.needs.some((key) => keys.has(key))),
  );
  const names = new Set(causes.map(({ step }) => step ?? NO_LONGER_WANTED));
  const ordered = [
    ...state.steps.filter((step) => names.has(step)),
    ...(names.has(NO_LONGER_WANTED) ? [NO_LONGER_WANTED] : []),
  ];
  return state.direction === "up" ? ordered : ordered.toReversed();
}

function waitText(causes: readonly string[], width: number): string {
  const full = `waits for ${causes.join(", ")}`;
  return widthOf(full) <= width ? full : truncate(`waits for ${causes.length} steps: ${causes.join(", ")}`, width);
}
