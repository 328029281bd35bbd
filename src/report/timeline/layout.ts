import { fitted, textWidth } from "../../lib/drawn-text.ts";
import { measured } from "../../lib/duration.ts";
import { nounOf } from "../names.ts";
import { criticalPath, isLate, type Timeline, type TimelineBar } from "./model.ts";

/** Pixels. */
export interface Span {
  readonly x: number;
  readonly width: number;
}

/** One object, with a place for all that is drawn of it. */
export interface Row {
  readonly bar: TimelineBar;
  readonly critical: boolean;
  readonly late: boolean;
  readonly y: number;
  readonly height: number;
  /** Its name, and how long it took: text, and where that begins. */
  readonly name: { readonly x: number; readonly y: number; readonly text: string; readonly noun: string };
  readonly took: { readonly x: number; readonly y: number; readonly text: string };
  readonly whole: Span;
  readonly barY: number;
  readonly barHeight: number;
  /** When it called. */
  readonly calls: readonly Span[];
  /** When it was usually done; undefined: not known, or off the sheet. */
  readonly usualX: number | undefined;
}

export interface TimelineLayout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly rows: readonly Row[];
  readonly ticks: readonly { readonly x: number; readonly words: string }[];
  /** From the end of one of the critical path to the begin of the next. */
  readonly links: readonly { readonly x: number; readonly from: number; readonly to: number; readonly end: number }[];
}

export const SIZE = 11;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400];
const HEAD = 26;

/** In the order in which they began. @param narrow names above their bars, for a narrow screen */
export function timelineLayout(timeline: Timeline, width: number, narrow: boolean): TimelineLayout {
  const bars = timeline.bars.toSorted((one, other) => one.from - other.from || one.to - other.to);
  const critical = criticalPath(timeline);
  const names = narrow ? 0 : Math.min(330, Math.max(120, ...bars.map((bar) => textWidth(labelOf(bar), SIZE) + 12)));
  const took = Math.max(0, ...bars.map((bar) => textWidth(tookOf(bar), SIZE)));
  const left = narrow ? 4 : names;
  const right = width - (narrow ? 8 : took + 14);
  const whole = Math.max(1, timeline.seconds, ...bars.map(({ to }) => to));
  const x = (seconds: number) => left + (Math.min(seconds, whole) / whole) * (right - left);
  const height = narrow ? 34 : 21;
  const rows = bars.map((bar, index): Row => {
    const y = HEAD + index * height;
    const [barY, barHeight] = narrow ? [y + 18, 10] : [y + 4, 12];
    const text = tookOf(bar);
    const room = narrow ? right - left - textWidth(text, SIZE) - 12 : names - 10;
    const noun = nounOf(bar.object);
    const at = { x: x(bar.from), width: Math.max(2, x(bar.to) - x(bar.from)) };
    return {
      bar,
      critical: critical.includes(bar),
      late: isLate(bar),
      y,
      height,
      name: { x: narrow ? left : 2, y: y + 14, text: fitted(bar.name, room - textWidth(`${noun} `, SIZE), SIZE), noun },
      took: {
        x: narrow ? right - textWidth(text, SIZE) : Math.min(at.x + at.width + 6, width - textWidth(text, SIZE)),
        y: y + 14,
        text,
      },
      whole: at,
      barY,
      barHeight,
      calls: merged(
        bar.calls.map(({ from, to }) => ({ x: x(from), width: Math.max(1, x(to) - x(from)) })),
        at,
      ),
      usualX: bar.usual === undefined || bar.from + bar.usual > whole ? undefined : x(bar.from + bar.usual),
    };
  });
  const bottom = HEAD + rows.length * height + 6;
  const step = STEPS.find((one) => (one / whole) * (right - left) >= 64) ?? 28_800;
  const ticks = Array.from({ length: Math.floor(whole / step) + 1 }, (_, index) => ({
    x: x(index * step),
    words: tickWords(index * step),
  }));
  const rowOf = new Map(rows.map((row) => [row.bar, row]));
  const links = critical.slice(1).flatMap((bar, index) => {
    const [before, row] = [rowOf.get(critical[index] as TimelineBar), rowOf.get(bar)];
    if (!before || !row) return [];
    const down = before.y < row.y;
    const from = down ? before.barY + before.barHeight : before.barY;
    return [
      {
        x: Math.max(before.whole.x, before.whole.x + before.whole.width - 1),
        from,
        to: row.barY + row.barHeight / 2,
        end: row.whole.x,
      },
    ];
  });
  return { width, height: bottom + 4, left, right, top: HEAD - 4, bottom, rows, ticks, links };
}

const labelOf = ({ object, name }: TimelineBar): string => `${nounOf(object)} ${name}`;

/** "6m12s, usually 5m40s". */
function tookOf(bar: TimelineBar): string {
  const words = measured(bar.to - bar.from);
  return isLate(bar) && bar.usual !== undefined ? `${words}, usually ${measured(bar.usual)}` : words;
}

/** Calls that touch on the sheet are one. They are within their bar. */
function merged(calls: readonly Span[], { x, width }: Span): readonly Span[] {
  const spans: Span[] = [];
  for (const call of calls.toSorted((one, other) => one.x - other.x)) {
    const from = Math.max(x, Math.min(call.x, x + width - 1));
    const to = Math.min(x + width, Math.max(from + 1, call.x + call.width));
    const last = spans.at(-1);
    if (last && last.x + last.width >= from - 0.5)
      spans[spans.length - 1] = { x: last.x, width: Math.max(last.width, to - last.x) };
    else spans.push({ x: from, width: to - from });
  }
  return spans;
}

function tickWords(seconds: number): string {
  if (seconds === 0) return "0";
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return seconds % 60 === 0 ? `${minutes} min` : `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}
