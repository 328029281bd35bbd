import ora from "ora";
import { duration } from "../lib/duration.ts";
import { counted } from "../lib/text.ts";
import { eventText } from "../report/json.ts";
import { canBeLive } from "../report/reporter.ts";
import type { Style } from "../report/style.ts";
import { type CpuPoint, type DrillName, isFailed, type Sample } from "../verify/drills/result.ts";
import { WHO } from "../verify/drills/view.ts";
import type { DrillListener } from "../verify/drills/watch.ts";
import type { Session } from "./session.ts";

/** How often a log without a terminal says how things stand, milliseconds of the run's clock. */
const STANDING_MS = 60_000;

/**
 * Shows a drill while it runs, on stderr: what happens, line by line, and below it how things stand. With --json-lines as
 * events on stdout.
 */
export function following({
  session: { options, clock },
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
  const began = clock.now();
  const passed = (at: number) => duration(at - began);
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
  const standing = (): string =>
    [
      ...(latest
        ? [`${counted(latest.inService, "instance")} of ${latest.desired}, ${latest.healthy} healthy`]
        : ["looks at the group"]),
      ...(cpu ? [`CPU ${Math.round(cpu.percent)} %`] : []),
      `${asked} answers, ${failed} failed`,
      `${passed(clock.now())} of ~${minutes}m`,
    ].join(" · ");
  const stream = process.stderr;
  const count = (bad: boolean) => {
    asked++;
    if (bad) failed++;
  };

  if (canBeLive(stream, process.env)) {
    const spinner = ora({ stream, isEnabled: true, discardStdin: false, color: false, text: drill });
    spinner.start();
    return {
      // ora clears its line before another's text and draws it again after.
      entry: ({ at, who, what }) =>
        stream.write(`${passed(at).padStart(7)}  ${style.dim(WHO[who].padEnd(5))}  ${what}\n`),
      sample(sample) {
        latest = sample;
        spinner.text = `${drill} · ${standing()}`;
      },
      probe: (probe) => count(isFailed(probe)),
      cpu(point) {
        cpu = point;
      },
      stop: () => spinner.stop(),
    };
  }
  let told = began;
  return {
    entry: ({ at, who, what }) => stream.write(`${passed(at).padStart(7)}  ${WHO[who].padEnd(5)}  ${what}\n`),
    sample(sample) {
      latest = sample;
      if (clock.now() - told < STANDING_MS) return;
      told = clock.now();
      stream.write(`${passed(told).padStart(7)}         ${standing()}\n`);
    },
    probe: (probe) => count(isFailed(probe)),
    cpu(point) {
      cpu = point;
    },
    stop() {},
  };
}
