import { escaped } from "../../lib/escape.ts";
import { grouped } from "../../lib/number.ts";

const RIGHT = 8;
const HEAD = 24;
const GAP = 14;

/** Plots below each other over one axis of time, as they are drawn: from top to bottom. All sizes are pixels. */
export interface Canvas {
  readonly width: number;
  readonly left: number;
  readonly right: number;
  /** Milliseconds since 1970, from where to where time goes, and from when it is counted. */
  readonly began: number;
  readonly ended: number;
  readonly zero: number;
  /** When everything was whole again. */
  readonly recovered: number | undefined;
  /** How high plots are, of their usual height. */
  readonly tall: number;
  /** Where the next thing is drawn. */
  y: number;
  /** From where to where the plots are: there the timeline's entries are marked. */
  readonly plots: (readonly [top: number, bottom: number])[];
  readonly behind: string[];
  readonly front: string[];
}

/** Wider than any of the usual fonts sets it: text that is placed by it stays inside. */
export const textWidth = (text: string, size = 12): number => text.length * size * 0.64;

export const rounded = (value: number): number => Math.round(value * 10) / 10;

/** A number with one digit that is not less: 1, 2, 3, 4, 6, 8, 10, 20, … */
export function niceAbove(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ten * (([1, 2, 3, 4, 6, 8, 10] as const).find((step) => step * ten >= value) ?? 10);
}

const AXIS_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400] as const;
const BUCKET_STEPS = [1, 2, 5, 10, 15, 20, 30, ...AXIS_STEPS] as const;

/** The first of these numbers of seconds that is not less. */
const niceSeconds = (least: number, steps: readonly number[]): number =>
  steps.find((step) => step >= least) ?? Math.ceil(least / 14_400) * 14_400;

export function canvasFor(width: number, times: Pick<Canvas, "began" | "ended" | "zero" | "recovered">): Canvas {
  const tall = width > 500 ? 1 : 0.8;
  return { width, left: 42, right: width - RIGHT, ...times, tall, y: 4, plots: [], behind: [], front: [] };
}

const spanOf = ({ began, ended }: Canvas): number => Math.max(1_000, ended - began);

/** Where a moment is. */
export function xOf(canvas: Canvas, at: number): number {
  const { left, right, began } = canvas;
  const span = spanOf(canvas);
  return left + (Math.min(span, Math.max(0, at - began)) / span) * (right - left);
}

/** How many milliseconds the columns of probes are wide: five pixels at least. */
export const bucketSize = (canvas: Canvas): number =>
  niceSeconds(spanOf(canvas) / 1_000 / ((canvas.right - canvas.left) / 5), BUCKET_STEPS) * 1_000;

export const text = (words: string, x: number, y: number, kind = ""): string =>
  `<text x="${rounded(x)}" y="${rounded(y)}"${kind === "" ? "" : ` class="${kind}"`}>${escaped(words)}</text>`;

/** Numbers as the ticks of an axis. */
export const ticksAt = (...values: readonly number[]): readonly Tick[] =>
  values.map((value) => [value, grouped(value)]);

type Tick = readonly [value: number, words: string];
type Legend = readonly (readonly [kind: string, words: string])[];

/** Title and legend of the next plot in one row, or two where there is no room. */
export function head(canvas: Canvas, title: string, legend: Legend, note = ""): void {
  const { width, right, front } = canvas;
  front.push(text(title, 0, canvas.y + 13, "head"));
  let x = textWidth(title) + 20;
  const narrow = legend.reduce((sum, [, words]) => sum + 36 + textWidth(words), x) + textWidth(note) > width;
  if (narrow) {
    canvas.y += 18;
    x = 0;
  }
  for (const [kind, words] of legend) {
    front.push(swatch(kind, x, canvas.y), text(words, x + (kind === "bad" ? 11 : 23), canvas.y + 13));
    x += (kind === "bad" ? 12 : 24) + textWidth(words) + 12;
  }
  if (note !== "") front.push(text(note, right, narrow ? canvas.y - 5 : canvas.y + 13, "right"));
  canvas.y += HEAD;
}

/** How something looks in the plot: bars as bars, lines as lines. */
function swatch(kind: string, x: number, y: number): string {
  if (kind === "ok") return `<rect class="ok" x="${rounded(x)}" y="${y + 7}" width="18" height="5"/>`;
  if (kind === "bad") return `<rect class="bad" x="${rounded(x)}" y="${y + 1}" width="6" height="12"/>`;
  return `<path class="line ${kind}" d="M${rounded(x)} ${y + 9}h18"/>`;
}

/** The lines and numbers of a plot's y axis, from 0 to `most`. @returns where a value is */
export function axis(canvas: Canvas, height: number, most: number, ticks: readonly Tick[]): (value: number) => number {
  const { left, right, zero, recovered, behind } = canvas;
  const bottom = canvas.y + height;
  if (recovered !== undefined && recovered > zero) {
    const [from, to] = [xOf(canvas, zero), xOf(canvas, recovered)];
    if (to > from)
      behind.push(
        `<rect class="since" x="${rounded(from)}" y="${canvas.y}" width="${rounded(to - from)}" height="${height}"/>`,
      );
  }
  const scale = (value: number) => bottom - (Math.min(value, most) / most) * height;
  for (const [tick, words] of ticks) {
    const y = rounded(scale(tick));
    behind.push(`<path class="grid" d="M${left} ${y}H${right}"/>`, text(words, left - 6, y + 4, "right"));
  }
  canvas.plots.push([canvas.y, bottom]);
  canvas.y = bottom + GAP;
  return scale;
}

/** The axis of time, below all plots. */
export function timeAxis(canvas: Canvas): void {
  const { width, left, right, began, ended, zero, behind } = canvas;
  const y = canvas.y - GAP + 4;
  behind.push(`<path class="grid" d="M${left} ${y}H${right}"/>`);
  const step = niceSeconds(spanOf(canvas) / 1_000 / ((right - left) / 76), AXIS_STEPS) * 1_000;
  for (let at = zero - Math.floor((zero - began) / step) * step; at <= ended; at += step) {
    const words = axisLabel(at - zero, step);
    const half = textWidth(words) / 2;
    behind.push(
      `<path class="grid" d="M${rounded(xOf(canvas, at))} ${y}v5"/>`,
      text(words, Math.min(width - half, Math.max(half, xOf(canvas, at))), y + 18, "mid"),
    );
  }
  canvas.y = y + 26;
}

/** "0", "+2 min", "−30 s". */
function axisLabel(ms: number, step: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "−" : "+";
  const seconds = Math.abs(ms) / 1_000;
  if (step >= 60_000) return `${sign}${Math.round(seconds / 60)} min`;
  const rest = seconds % 60;
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${sign}${rest} s`;
  return rest === 0 ? `${sign}${minutes} min` : `${sign}${minutes}:${String(rest).padStart(2, "0")}`;
}
