import ora from "ora";
import { clockSecond, duration, offset } from "../lib/duration.ts";
import { counted, indented, truncate, widthOf } from "../lib/text.ts";
import { eventText } from "../report/json.ts";
import { endText, type Wall } from "../report/outlook.ts";
import { canBeLive } from "../report/reporter.ts";
import type { Style } from "../report/style.ts";
import { type CpuPoint, type DrillName, isFailed, type Sample, type TimelineEntry } from "../verify/drills/result.ts";
import { WHO } from "../verify/drills/view.ts";
import type { DrillListener } from "../verify/drills/watch.ts";
import { type Session, speedOf } from "./session.ts";

/** How often a log without a terminal says how far it is, milliseconds of the run's clock. */
const LINE_MS = 60_000;

/** "2m10s of ~14m, done about 13:42": how long a drill has taken, and when it will be done. */
export function drillTime(ms: number, minutes: number, wall: Wall): string {
  const leftMs = minutes * 60_000 - ms;
  const time = `${duration(ms)} of ~${minutes}m`;
  return leftMs <= 0 ? `${time}, late` : [time, ...endText(leftMs, wall)].join(", ");
}

/**
 * Shows a drill while it runs, on stderr: what happens, line by line, and below it how things stand. With --json-lines as
 * events on stdout.
 */
export function following({
  session,
  drill,
  minutes,
  style,
}: {
  readonly session: Session;
  readonly drill: DrillName;
  /** How long it usually takes. */
  readonly minutes: number;
  readonly style: Style;
}): DrillListener & { stop(): void } {
  const { options, clock, interrupted } = session;
  /** From when time counts: as in the result, the first thing that the drill did; until then its beginning. */
  let zero = clock.now();
  let acted = false;
  const passed = (at: number) => offset(zero, at).padStart(7);
  const count = ({ at, who }: Pick<TimelineEntry, "at" | "who">) => {
    if (acted || who !== "drill") return;
    acted = true;
    zero = at;
  };
  if (options.jsonLines) {
    const event = (type: string, about: { readonly at: number }) =>
      process.stdout.write(eventText({ type: `drill.${type}`, drill, ...about }));
    return {
      entry: (entry) => event("moment", entry),
      sample: (sample) => event("sample", sample),
      // A thousand good answers say nothing more than the result's count.
      probe: (probe) => isFailed(probe) && event("failed-answer", probe),
      cpu: (point) => event("cpu", point),
      stop() {},
    };
  }
  if (options.json || options.quiet) return { entry() {}, sample() {}, probe() {}, cpu() {}, stop() {} };

  let latest: Sample | undefined;
  let cpu: CpuPoint | undefined;
  let asked = 0;
  let failed = 0;
  /** How far it is, in as many columns at most: what matters least goes first. */
  function progressText(width = Number.POSITIVE_INFINITY): string {
    const ms = clock.now() - zero;
    const group = latest
      ? `${counted(latest.inService, "instance")} of ${latest.desired}, ${latest.healthy} healthy`
      : "looks at the group";
    const load = cpu ? [`CPU ${Math.round(cpu.percent)} %`] : [];
    const answers = `${asked} answers, ${failed} failed`;
    const end = interrupted.aborted
      ? `puts everything back, ${duration(ms)}`
      : drillTime(ms, minutes, { now: Date.now(), speed: speedOf(session) ?? 1 });
    const lines = [[group, ...load, answers, end], [group, answers, end], [answers, end], [end]].map((parts) =>
      parts.join(" · "),
    );
    return lines.find((line) => widthOf(line) <= width) ?? truncate(end, width);
  }
  const stream = process.stderr;
  const columns = () => stream.columns || 80;
  const answered = (bad: boolean) => {
    asked++;
    if (bad) failed++;
  };

  if (canBeLive(stream, process.env)) {
    const spinner = ora({ stream, isEnabled: true, discardStdin: false, color: false, text: drill });
    spinner.start();
    return {
      // ora clears its line before another's text and draws it again after.
      entry({ at, who, what }) {
        count({ at, who });
        const head = `${passed(at)}  ${style.dim(WHO[who].padEnd(5))}  `;
        stream.write(`${indented(what, columns() - 1, " ".repeat(widthOf(head)), head).join("\n")}\n`);
      },
      sample(sample) {
        latest = sample;
        spinner.text = `${drill} · ${progressText(columns() - drill.length - 7)}`;
      },
      probe: (probe) => answered(isFailed(probe)),
      cpu(point) {
        cpu = point;
      },
      stop: () => spinner.stop(),
    };
  }
  let told = zero;
  return {
    entry({ at, who, what }) {
      count({ at, who });
      stream.write(`${clockSecond(Date.now())} ${passed(at)}  ${WHO[who].padEnd(5)}  ${what}\n`);
    },
    sample(sample) {
      latest = sample;
      if (clock.now() - told < LINE_MS) return;
      told = clock.now();
      stream.write(`${clockSecond(Date.now())} ${passed(told)}         ${progressText()}\n`);
    },
    probe: (probe) => answered(isFailed(probe)),
    cpu(point) {
      cpu = point;
    },
    stop() {},
  };
}
