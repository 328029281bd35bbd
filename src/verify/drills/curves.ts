import { offset, spelled } from "../../lib/duration.ts";
import { escaped } from "../../lib/escape.ts";
import { grouped } from "../../lib/number.ts";
import { counted } from "../../lib/text.ts";
import { answeredRuns, type Bucket, bucketsOf } from "./buckets.ts";
import {
  axis,
  bucketSize,
  type Canvas,
  canvasFor,
  head,
  niceAbove,
  rounded,
  text,
  textWidth,
  ticksAt,
  timeAxis,
  xOf,
} from "./canvas.ts";
import type { DrillResult, TimelineEntry } from "./result.ts";
import { zeroOf } from "./view.ts";

const PILL = 18;

/** One drill's curves over one axis of time, as an SVG element of that many pixels' width. It needs the page's style. */
export function curves(
  result: DrillResult,
  options: { readonly width: number; readonly cpuTarget?: number | undefined; readonly wrapper?: string },
): string {
  const { drill, timeline, probes, began, ended, recoverSeconds } = result;
  const { width, cpuTarget, wrapper = "" } = options;
  const zero = zeroOf(result);
  const recovered = recoverSeconds === undefined ? undefined : zero + recoverSeconds * 1_000;
  const canvas = canvasFor(width, { began, ended, zero, recovered });
  drawSpans(canvas, result);
  const pillsAt = canvas.y + 2;
  canvas.y += timeline.length > 0 ? PILL + 12 : 0;
  drawInstances(canvas, result);
  drawCpu(canvas, result, cpuTarget);
  const size = bucketSize(canvas);
  // From the injected failure on: no column holds answers of before and after it.
  const buckets = bucketsOf(probes, zero, size);
  drawAnswers(canvas, result, buckets, size);
  drawResponseTimes(canvas, buckets, size);
  timeAxis(canvas);
  const height = rounded(canvas.y);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="curves ${wrapper}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(`Curves of ${drill}. ${curvesInWords(result)}`)}">`,
    ...canvas.behind,
    ...timeline.map((entry) => markOf(canvas, entry, pillsAt)),
    ...canvas.front,
    ...pillsOf(canvas, timeline).map((pill) => drawnPill(canvas, pill, pillsAt)),
    "</svg>",
  ].join("\n");
}

/** What the picture shows, in one sentence or three, for those who do not see it. */
function curvesInWords({ samples, cpu, answers, detectSeconds, recoverSeconds }: DrillResult): string {
  const range = (values: readonly number[]) => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? `${most}` : `${least} to ${most}`;
  };
  return [
    ...(samples.length > 0
      ? [
          `Instances desired: ${range(samples.map(({ desired }) => desired))}; in service: ${range(samples.map(({ inService }) => inService))}; healthy: ${range(samples.map(({ healthy }) => healthy))}.`,
        ]
      : []),
    ...(cpu.length > 0 ? [`CPU: ${range(cpu.map(({ percent }) => Math.round(percent)))} percent.`] : []),
    `${grouped(answers.failed)} of ${grouped(answers.asked)} answers failed.`,
    ...(detectSeconds === undefined ? [] : [`Detected after ${detectSeconds} seconds.`]),
    ...(recoverSeconds === undefined ? [] : [`Recovered after ${recoverSeconds} seconds.`]),
  ].join(" ");
}

/** The two times that matter, as lengths. */
function drawSpans(canvas: Canvas, { detectSeconds, recoverSeconds }: DrillResult): void {
  const { width, right, zero, front } = canvas;
  for (const [name, seconds] of [
    ["detected", detectSeconds],
    ["recovered", recoverSeconds],
  ] as const) {
    if (seconds === undefined) continue;
    const [from, to] = [xOf(canvas, zero), xOf(canvas, zero + seconds * 1_000)];
    const words = `${name} after ${spelled(seconds)}`;
    const { y } = canvas;
    // The words go above the line when there is no room beside it.
    const beside = to + 8 + textWidth(words) <= width;
    const line = beside ? y + 8 : y + 17;
    front.push(
      `<path class="span" d="M${rounded(from)} ${line - 4}v8M${rounded(from)} ${line}H${rounded(to)}m0 -4v8"/>`,
      beside
        ? text(words, to + 8, y + 12)
        : text(words, Math.min(right, Math.max(to - 6, textWidth(words))), y + 11, "right"),
    );
    canvas.y += beside ? 20 : 26;
  }
}

function drawInstances(canvas: Canvas, { samples, ended }: DrillResult): void {
  if (samples.length === 0) return;
  head(canvas, "Instances", [
    ["desired", "desired"],
    ["service", "in service"],
    ["healthy", "healthy"],
  ]);
  const most = Math.max(1, ...samples.flatMap(({ desired, inService, healthy }) => [desired, inService, healthy]));
  const step = niceAbove(most / 6);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
  const scale = axis(canvas, Math.round(92 * canvas.tall), most * 1.12, ticksAt(...ticks));
  const end = xOf(canvas, samples.at(-1)?.at ?? ended);
  const x = (at: number) => xOf(canvas, at);
  // Lines of the same value lie beside each other, not on each other.
  const lines = [
    ["healthy", samples.map(({ at, healthy }) => ({ x: x(at), y: scale(healthy) + 3 }))],
    ["service", samples.map(({ at, inService }) => ({ x: x(at), y: scale(inService) }))],
    ["desired", samples.map(({ at, desired }) => ({ x: x(at), y: scale(desired) - 3 }))],
  ] as const;
  for (const [kind, points] of lines) canvas.front.push(`<path class="line ${kind}" d="${steps(points, end)}"/>`);
}

/** A line that keeps each value until the next. Only changes are written. */
function steps(points: readonly { readonly x: number; readonly y: number }[], end: number): string {
  let path = "";
  let last: number | undefined;
  for (const { x, y } of points) {
    if (y === last) continue;
    path += last === undefined ? `M${rounded(x)} ${rounded(y)}` : `H${rounded(x)}V${rounded(y)}`;
    last = y;
  }
  return last === undefined ? "" : `${path}H${rounded(end)}`;
}

function drawCpu(canvas: Canvas, { cpu }: DrillResult, target: number | undefined): void {
  if (cpu.length === 0) return;
  const { left, right, tall, front } = canvas;
  head(canvas, "CPU, %", [
    ["cpu", "average of the group"],
    ...(target === undefined ? [] : ([["target", `target ${target} %`]] as const)),
  ]);
  const scale = axis(canvas, Math.round(72 * tall), 105, ticksAt(0, 50, 100));
  if (target !== undefined) front.push(`<path class="line target" d="M${left} ${rounded(scale(target))}H${right}"/>`);
  // Each minute, or every five with EC2's basic monitoring: what is missing in between is not made up.
  let path = "";
  for (const [index, { at, percent }] of cpu.entries()) {
    const before = cpu[index - 1];
    const joined = before !== undefined && at - before.at <= 6 * 60_000;
    const [x, y] = [rounded(xOf(canvas, at)), rounded(scale(percent))];
    path += `${joined ? "L" : "M"}${x} ${y}`;
    front.push(`<circle class="dot" cx="${x}" cy="${y}" r="2.6"/>`);
  }
  front.push(`<path class="line cpu" d="${path}"/>`);
}

function drawAnswers(canvas: Canvas, { answers }: DrillResult, buckets: readonly Bucket[], size: number): void {
  if (buckets.length === 0) return;
  const { width, right, zero, tall, front } = canvas;
  head(
    canvas,
    "Answers of the site",
    [
      ["ok", "answered"],
      ["bad", "failed"],
    ],
    width > 500 ? `${grouped(answers.failed)} of ${grouped(answers.asked)} failed` : "",
  );
  const height = Math.round(34 * tall);
  const base = canvas.y + height;
  for (const [from, to] of answeredRuns(buckets, size)) {
    const [start, end] = [xOf(canvas, from), xOf(canvas, to)];
    front.push(
      `<rect class="ok" x="${rounded(start)}" y="${base - 5}" width="${rounded(Math.max(1, end - start))}" height="5"/>`,
    );
  }
  for (const { at, failed, asked } of buckets) {
    if (failed === 0) continue;
    const high = Math.max(9, (failed / asked) * height);
    const x = xOf(canvas, at);
    const wide = Math.min(right - x, Math.max(2.5, xOf(canvas, at + size) - x));
    front.push(
      `<rect class="bad" x="${rounded(x)}" y="${rounded(base - high)}" width="${rounded(wide)}" height="${rounded(high)}"><title>${escaped(`${offset(zero, at)}: ${failed} of ${counted(asked, "answer")} failed`)}</title></rect>`,
    );
  }
  axis(canvas, height, 1, [
    [1, "all"],
    [0, "none"],
  ]);
}

function drawResponseTimes(canvas: Canvas, buckets: readonly Bucket[], size: number): void {
  // The sandbox at its highest speed answers in no time.
  if (!buckets.some(({ slow = 0 }) => slow > 0)) return;
  head(canvas, "Response time, ms", [
    ["median", "median"],
    ["slow", "slowest 5 %"],
  ]);
  const most = niceAbove(Math.max(...buckets.map(({ slow }) => slow ?? 0)));
  const scale = axis(canvas, Math.round(60 * canvas.tall), most, ticksAt(0, most / 2, most));
  for (const kind of ["slow", "median"] as const) {
    let path = "";
    let last: Bucket | undefined;
    for (const bucket of buckets) {
      const value = bucket[kind];
      if (value === undefined) continue;
      const joined = last && bucket.at - last.at <= size;
      const middle = rounded(xOf(canvas, Math.min(canvas.ended, bucket.at + size / 2)));
      path += `${joined ? "L" : "M"}${middle} ${rounded(scale(value))}${joined ? "" : "h.1"}`;
      last = bucket;
    }
    canvas.front.push(`<path class="line ${kind}" d="${path}"/>`);
  }
}

/** Where the timeline's entry is in each plot. */
function markOf(canvas: Canvas, { at, who }: TimelineEntry, pillsAt: number): string {
  const x = rounded(xOf(canvas, at));
  const parts = canvas.plots.map(([from, to]) => `M${x} ${from}V${to}`).join("");
  return `<path class="at ${who}" d="M${x} ${pillsAt + PILL}v5${parts}"/>`;
}

/** One or more entries of the timeline, by their numbers. */
interface Pill {
  readonly entries: readonly TimelineEntry[];
  readonly first: number;
  readonly x: number;
  readonly width: number;
}

/** The numbers of the timeline's entries over the curves; what would overlap becomes one, "4–6". */
function pillsOf(canvas: Canvas, timeline: readonly TimelineEntry[]): readonly Pill[] {
  const pill = (some: readonly TimelineEntry[], first: number): Pill => {
    const width = Math.max(PILL, textWidth(labelOf({ entries: some, first }), 11) + 8);
    const middle = some.reduce((sum, { at }) => sum + xOf(canvas, at), 0) / some.length;
    return { entries: some, first, width, x: Math.min(canvas.width - width - 1, Math.max(1, middle - width / 2)) };
  };
  const pills: Pill[] = [];
  for (const [index, entry] of timeline.entries()) {
    let next = pill([entry], index + 1);
    for (let last = pills.at(-1); last && last.x + last.width + 2 > next.x; last = pills.at(-1)) {
      pills.pop();
      next = pill([...last.entries, ...next.entries], last.first);
    }
    pills.push(next);
  }
  return pills;
}

const labelOf = ({ entries, first }: Pick<Pill, "entries" | "first">): string =>
  entries.length === 1 ? `${first}` : `${first}–${first + entries.length - 1}`;

const WEIGHT: Readonly<Record<TimelineEntry["who"], number>> = { seen: 0, aws: 1, drill: 2 };
const heaviest = (entries: readonly TimelineEntry[]): TimelineEntry["who"] =>
  entries.reduce<TimelineEntry["who"]>((most, { who }) => (WEIGHT[who] > WEIGHT[most] ? who : most), "seen");

function drawnPill({ zero }: Canvas, pill: Pill, y: number): string {
  const who = heaviest(pill.entries);
  const title = pill.entries.map(({ at, what }) => `${offset(zero, at)} ${what}`).join("\n");
  return `<g><title>${escaped(title)}</title><rect class="pill ${who}" x="${rounded(pill.x)}" y="${y}" width="${rounded(pill.width)}" height="${PILL}" rx="9"/>${text(labelOf(pill), pill.x + pill.width / 2, y + 13, `no mid ${who}`)}</g>`;
}
