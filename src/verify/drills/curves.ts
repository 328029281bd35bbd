import { offset, spelled } from "../../lib/duration.ts";
import { escaped } from "../../lib/escape.ts";
import { grouped } from "../../lib/number.ts";
import { counted } from "../../lib/text.ts";
import { isFailed } from "./answers.ts";
import type { DrillResult, Moment, Probe } from "./result.ts";
import { zeroOf } from "./view.ts";

const RIGHT = 8;
const HEAD = 24;
const GAP = 14;
const PILL = 18;

/** Wider than any of the usual fonts sets it: text that is placed by it stays inside. */
const textWidth = (text: string, size = 12): number => text.length * size * 0.64;

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** A number with one digit that is not less: 1, 2, 3, 4, 6, 8, 10, 20, … */
function niceAbove(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return ten * (([1, 2, 3, 4, 6, 8, 10] as const).find((step) => step * ten >= value) ?? 10);
}

const MINUTE_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400] as const;

/** The first of these numbers of seconds that is not less. */
const niceSeconds = (least: number, steps: readonly number[] = MINUTE_STEPS): number =>
  steps.find((step) => step >= least) ?? Math.ceil(least / 14_400) * 14_400;

interface Bucket {
  readonly at: number;
  readonly asked: number;
  readonly failed: number;
  /** Milliseconds, of those that were answered. */
  readonly median: number | undefined;
  readonly slow: number | undefined;
}

/** The probes in columns of so many milliseconds; empty ones are left out. @param slow which part is faster than `slow` */
export function bucketsOf(probes: readonly Probe[], from: number, size: number, slow = 0.95): readonly Bucket[] {
  const columns = new Map<number, Probe[]>();
  for (const probe of probes) {
    const at = from + Math.floor((probe.at - from) / size) * size;
    const column = columns.get(at);
    if (column) column.push(probe);
    else columns.set(at, [probe]);
  }
  return [...columns]
    .toSorted(([one], [other]) => one - other)
    .map(([at, all]) => {
      const times = all
        .filter((probe) => !isFailed(probe))
        .map(({ ms }) => ms)
        .sort((one, other) => one - other);
      const part = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
      return { at, asked: all.length, failed: all.filter(isFailed).length, median: part(0.5), slow: part(slow) };
    });
}

/** What the picture shows, in one sentence or three, for those who do not see it. */
export function curvesInWords({ samples, cpu, answers, detectSeconds, recoverSeconds }: DrillResult): string {
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
    ...(cpu.length > 0 ? [`CPU: ${range(cpu.map((one) => Math.round(one.percent)))} percent.`] : []),
    `${grouped(answers.failed)} of ${grouped(answers.asked)} answers failed.`,
    ...(detectSeconds === undefined ? [] : [`Detected after ${detectSeconds} seconds.`]),
    ...(recoverSeconds === undefined ? [] : [`Recovered after ${recoverSeconds} seconds.`]),
  ].join(" ");
}

interface Pill {
  readonly moments: readonly Moment[];
  readonly first: number;
  readonly x: number;
  readonly width: number;
}

/** The numbers of the moments over the curves; those that would lie on each other become one, "4–6". */
function pillsOf(moments: readonly Moment[], x: (at: number) => number, width: number): readonly Pill[] {
  const pill = (some: readonly Moment[], first: number): Pill => {
    const label = labelOf({ moments: some, first });
    const wide = Math.max(PILL, textWidth(label, 11) + 8);
    const middle = some.reduce((sum, { at }) => sum + x(at), 0) / some.length;
    return { moments: some, first, width: wide, x: Math.min(width - wide - 1, Math.max(1, middle - wide / 2)) };
  };
  const pills: Pill[] = [];
  for (const [index, moment] of moments.entries()) {
    let next = pill([moment], index + 1);
    for (let last = pills.at(-1); last && last.x + last.width + 2 > next.x; last = pills.at(-1)) {
      pills.pop();
      next = pill([...last.moments, ...next.moments], last.first);
    }
    pills.push(next);
  }
  return pills;
}

const labelOf = ({ moments, first }: Pick<Pill, "moments" | "first">): string =>
  moments.length === 1 ? `${first}` : `${first}–${first + moments.length - 1}`;

const WEIGHT: Readonly<Record<Moment["who"], number>> = { seen: 0, aws: 1, drill: 2 };
const heaviest = (moments: readonly Moment[]): Moment["who"] =>
  moments.reduce<Moment["who"]>((most, { who }) => (WEIGHT[who] > WEIGHT[most] ? who : most), "seen");

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

/** One drill's curves over one axis of time, as an SVG element of so many pixels' width. It needs the page's style. */
export function curves(
  result: DrillResult,
  options: { readonly width: number; readonly cpuTarget?: number | undefined; readonly wrapper?: string },
): string {
  const { moments, samples, cpu, probes, began, ended, detectSeconds, recoverSeconds, answers } = result;
  const { width, cpuTarget, wrapper = "" } = options;
  const left = 42;
  const right = width - RIGHT;
  const span = Math.max(1_000, ended - began);
  const zero = zeroOf(result);
  const x = (at: number) => left + (Math.min(span, Math.max(0, at - began)) / span) * (right - left);
  const tall = width > 500 ? 1 : 0.8;
  const drawn: string[] = [];
  const over: string[] = [];
  let y = 4;

  const text = (words: string, at: number, line: number, kind = "") =>
    `<text x="${rounded(at)}" y="${rounded(line)}"${kind === "" ? "" : ` class="${kind}"`}>${escaped(words)}</text>`;

  // The two times that matter, as lengths.
  for (const [name, value] of [
    ["detected", detectSeconds],
    ["recovered", recoverSeconds],
  ] as const) {
    if (value === undefined) continue;
    const [from, to] = [x(zero), x(zero + value * 1_000)];
    const words = `${name} after ${spelled(value)}`;
    const beside = to + 8 + textWidth(words) <= width ? `${text(words, to + 8, y + 12)}` : "";
    // It goes under the line when there is no room beside it.
    const line = beside === "" ? y + 17 : y + 8;
    over.push(
      `<path class="span" d="M${rounded(from)} ${line - 4}v8M${rounded(from)} ${line}H${rounded(to)}m0 -4v8"/>`,
      beside || text(words, Math.min(right, Math.max(to - 6, textWidth(words))), y + 11, "right"),
    );
    y += beside === "" ? 26 : 20;
  }

  /** From where to where the plots are: there the moments are marked. */
  const plots: (readonly [top: number, bottom: number])[] = [];
  const pillsAt = y + 2;
  y += moments.length > 0 ? PILL + 12 : 0;
  /** Where the recovery is; nowhere. */
  const whole = recoverSeconds === undefined ? 0 : x(zero + recoverSeconds * 1_000);
  const numbers = (...values: readonly number[]) => values.map((value) => [value, grouped(value)] as const);

  /** Title and legend in one row, or two where there is no room. Answers where the plot begins. */
  function head(title: string, legend: readonly (readonly [kind: string, words: string])[], note = ""): void {
    over.push(text(title, 0, y + 13, "head"));
    let at = textWidth(title) + 20;
    const narrow = legend.reduce((sum, [, words]) => sum + 36 + textWidth(words), at) + textWidth(note) > width;
    if (narrow) {
      y += 18;
      at = 0;
    }
    for (const [kind, words] of legend) {
      over.push(
        kind === "ok" || kind === "bad"
          ? `<rect class="${kind}" x="${rounded(at)}" y="${kind === "ok" ? y + 7 : y + 1}" width="${kind === "ok" ? 18 : 6}" height="${kind === "ok" ? 5 : 12}"/>`
          : `<path class="line ${kind}" d="M${rounded(at)} ${y + 9}h18"/>`,
        text(words, at + (kind === "bad" ? 11 : 23), y + 13),
      );
      at += (kind === "bad" ? 12 : 24) + textWidth(words) + 12;
    }
    if (note !== "") over.push(text(note, right, narrow ? y - 5 : y + 13, "right"));
    y += HEAD;
  }

  /** The lines and numbers of a y axis; answers the scale. */
  function axis(height: number, most: number, ticks: readonly (readonly [value: number, words: string])[]) {
    const bottom = y + height;
    if (whole > x(zero))
      drawn.push(
        `<rect class="since" x="${rounded(x(zero))}" y="${y}" width="${rounded(whole - x(zero))}" height="${height}"/>`,
      );
    const scale = (value: number) => bottom - (Math.min(value, most) / most) * height;
    for (const [tick, words] of ticks) {
      const at = rounded(scale(tick));
      drawn.push(`<path class="grid" d="M${left} ${at}H${right}"/>`, text(words, left - 6, at + 4, "right"));
    }
    plots.push([y, bottom]);
    y = bottom + GAP;
    return scale;
  }

  if (samples.length > 0) {
    head("Instances", [
      ["desired", "desired"],
      ["service", "in service"],
      ["healthy", "healthy"],
    ]);
    const most = Math.max(1, ...samples.flatMap(({ desired, inService, healthy }) => [desired, inService, healthy]));
    const step = niceAbove(most / 6);
    const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, index) => index * step);
    const scale = axis(Math.round(92 * tall), most * 1.12, numbers(...ticks));
    const end = x(samples.at(-1)?.at ?? ended);
    // Lines of the same value lie beside each other, not on each other.
    const lines = [
      ["healthy", samples.map(({ at, healthy }) => ({ x: x(at), y: scale(healthy) + 3 }))],
      ["service", samples.map(({ at, inService }) => ({ x: x(at), y: scale(inService) }))],
      ["desired", samples.map(({ at, desired }) => ({ x: x(at), y: scale(desired) - 3 }))],
    ] as const;
    for (const [kind, points] of lines) over.push(`<path class="line ${kind}" d="${steps(points, end)}"/>`);
  }

  if (cpu.length > 0) {
    head("CPU, %", [
      ["cpu", "average of the group"],
      ...(cpuTarget === undefined ? [] : ([["target", `target ${cpuTarget} %`]] as const)),
    ]);
    const scale = axis(Math.round(72 * tall), 105, numbers(0, 50, 100));
    if (cpuTarget !== undefined)
      over.push(`<path class="line target" d="M${left} ${rounded(scale(cpuTarget))}H${right}"/>`);
    // Each minute, or every five with EC2's basic monitoring: what is missing in between is not made up.
    let path = "";
    for (const [index, { at, percent }] of cpu.entries()) {
      const before = cpu[index - 1];
      const joined = before !== undefined && at - before.at <= 6 * 60_000;
      path += `${joined ? "L" : "M"}${rounded(x(at))} ${rounded(scale(percent))}`;
      over.push(`<circle class="dot" cx="${rounded(x(at))}" cy="${rounded(scale(percent))}" r="2.6"/>`);
    }
    over.push(`<path class="line cpu" d="${path}"/>`);
  }

  const size = niceSeconds(span / 1_000 / ((right - left) / 5), [1, 2, 5, 10, 15, 20, 30, ...MINUTE_STEPS]) * 1_000;
  // From the blow on: no column holds answers of before and after it.
  const buckets = bucketsOf(probes, zero, size);
  if (buckets.length > 0) {
    head(
      "Answers of the site",
      [
        ["ok", "answered"],
        ["bad", "failed"],
      ],
      width > 500 ? `${grouped(answers.failed)} of ${grouped(answers.asked)} failed` : "",
    );
    const height = Math.round(34 * tall);
    const base = y + height;
    for (const [from, to] of runsOf(buckets, size))
      over.push(
        `<rect class="ok" x="${rounded(x(from))}" y="${base - 5}" width="${rounded(Math.max(1, x(to) - x(from)))}" height="5"/>`,
      );
    for (const { at, failed, asked } of buckets) {
      if (failed === 0) continue;
      const high = Math.max(9, (failed / asked) * height);
      const wide = Math.min(right - x(at), Math.max(2.5, x(at + size) - x(at)));
      over.push(
        `<rect class="bad" x="${rounded(x(at))}" y="${rounded(base - high)}" width="${rounded(wide)}" height="${rounded(high)}"><title>${escaped(`${offset(zero, at)}: ${failed} of ${counted(asked, "answer")} failed`)}</title></rect>`,
      );
    }
    axis(height, 1, [
      [1, "all"],
      [0, "none"],
    ]);
  }

  // The sandbox at its highest speed answers in no time.
  if (buckets.some(({ slow = 0 }) => slow > 0)) {
    head("Response time, ms", [
      ["median", "median"],
      ["slow", "slowest 5 %"],
    ]);
    const most = niceAbove(Math.max(...buckets.map(({ slow }) => slow ?? 0)));
    const scale = axis(Math.round(60 * tall), most, numbers(0, most / 2, most));
    for (const [kind, of] of [
      ["slow", (bucket: Bucket) => bucket.slow],
      ["median", (bucket: Bucket) => bucket.median],
    ] as const) {
      let path = "";
      let last: Bucket | undefined;
      for (const bucket of buckets) {
        const value = of(bucket);
        if (value !== undefined) {
          const joined = last && bucket.at - last.at <= size;
          const middle = rounded(x(Math.min(ended, bucket.at + size / 2)));
          path += `${joined ? "L" : "M"}${middle} ${rounded(scale(value))}${joined ? "" : "h.1"}`;
          last = bucket;
        }
      }
      over.push(`<path class="line ${kind}" d="${path}"/>`);
    }
  }

  // The axis of time.
  const bottom = y - GAP + 4;
  drawn.push(`<path class="grid" d="M${left} ${bottom}H${right}"/>`);
  const step = niceSeconds(span / 1_000 / ((right - left) / 76)) * 1_000;
  for (let at = zero - Math.floor((zero - began) / step) * step; at <= ended; at += step) {
    const words = axisLabel(at - zero, step);
    const half = textWidth(words) / 2;
    drawn.push(
      `<path class="grid" d="M${rounded(x(at))} ${bottom}v5"/>`,
      text(words, Math.min(width - half, Math.max(half, x(at))), bottom + 18, "mid"),
    );
  }
  const height = bottom + 26;

  const marks = moments.map(({ at, who }) => {
    const line = rounded(x(at));
    const parts = plots.map(([from, to]) => `M${line} ${from}V${to}`).join("");
    return `<path class="at ${who}" d="M${line} ${pillsAt + PILL}v5${parts}"/>`;
  });
  const pills = pillsOf(moments, x, width).map((pill) => {
    const who = heaviest(pill.moments);
    const said = pill.moments.map(({ at, what }) => `${offset(zero, at)} ${what}`).join("\n");
    return `<g><title>${escaped(said)}</title><rect class="pill ${who}" x="${rounded(pill.x)}" y="${pillsAt}" width="${rounded(pill.width)}" height="${PILL}" rx="9"/>${text(labelOf(pill), pill.x + pill.width / 2, pillsAt + 13, `no mid ${who}`)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="curves ${wrapper}" viewBox="0 0 ${width} ${rounded(height)}" width="${width}" height="${rounded(height)}" role="img" aria-label="${escaped(`Curves of ${result.drill}. ${curvesInWords(result)}`)}">`,
    ...drawn,
    ...marks,
    ...over,
    ...pills,
    "</svg>",
  ].join("\n");
}

/** "0", "+2 min", "−30 s". */
function axisLabel(ms: number, step: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms) / 1_000;
  if (step < 60_000) {
    const rest = size % 60;
    const minutes = Math.floor(size / 60);
    if (minutes === 0) return `${sign}${rest} s`;
    return rest === 0 ? `${sign}${minutes} min` : `${sign}${minutes}:${String(rest).padStart(2, "0")}`;
  }
  return `${sign}${Math.round(size / 60)} min`;
}

/** From when to when there were answers, in runs without a hole. */
function runsOf(buckets: readonly Bucket[], size: number): readonly (readonly [from: number, to: number])[] {
  const runs: [number, number][] = [];
  for (const { at, failed, asked } of buckets) {
    if (failed === asked) continue;
    const last = runs.at(-1);
    if (last && at <= last[1]) last[1] = at + size;
    else runs.push([at, at + size]);
  }
  return runs;
}
