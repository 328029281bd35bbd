import ora from "ora";
import { clockSecond, duration, roughly } from "../lib/duration.ts";
import { some, truncate } from "../lib/text.ts";
import { canBeLive } from "../report/reporter.ts";
import type { Check, CheckResult } from "../verify/check.ts";
import type { Session } from "./session.ts";

/** A terminal is drawn again so often, and a log gets a line, by the clock on the wall and the run's, milliseconds. */
const REDRAW_MS = 200;
const LINE_MS = 60_000;
/** A check that may ask again for so long is said to, seconds. */
const LONG_SECONDS = 60;

/** How far checks are, and which of them are still asked: "14 of 21 · 1m05s · waits for dashboard-data (up to ~7m)". */
export function checkProgressText(checks: readonly Check[], answered: ReadonlySet<string>, ms: number): string {
  const patience = ({ retry }: Check) => retry?.forSeconds ?? 0;
  const open = checks.filter(({ id }) => !answered.has(id)).toSorted((one, other) => patience(other) - patience(one));
  const names = open.map(({ id, retry }) => {
    const long = retry && retry.forSeconds >= LONG_SECONDS;
    return long ? `${id} (up to ${roughly(retry.forSeconds)})` : id;
  });
  const waits = names.length === 0 ? [] : [`waits for ${some(names)}`];
  return [`${answered.size} of ${checks.length}`, duration(ms), ...waits].join(" · ");
}

/** Shows on stderr how far checks are: one line that rewrites itself on a terminal, one a minute elsewhere. */
export function asking(
  { options, clock }: Pick<Session, "options" | "clock">,
  checks: readonly Check[],
): { result(result: Pick<CheckResult, "id" | "result">): void; stop(): void } {
  if (options.json || options.jsonLines || options.quiet) return { result() {}, stop() {} };
  const began = clock.now();
  const answered = new Set<string>();
  const stream = process.stderr;
  const text = () => checkProgressText(checks, answered, clock.now() - began);
  const told = ({ id, result }: Pick<CheckResult, "id" | "result">): void => {
    answered.add(id);
    if (options.verbose) stream.write(`${id}: ${result}\n`);
  };

  if (!options.verbose && canBeLive(stream, process.env)) {
    const fitting = () => truncate(text(), (stream.columns || 80) - 4);
    const spinner = ora({ stream, isEnabled: true, discardStdin: false, color: false, text: fitting() }).start();
    const timer = setInterval(() => {
      spinner.text = fitting();
    }, REDRAW_MS);
    timer.unref();
    return {
      result: told,
      stop() {
        clearInterval(timer);
        spinner.stop();
      },
    };
  }
  let last = began;
  const timer = setInterval(() => {
    if (clock.now() - last < LINE_MS) return;
    last = clock.now();
    stream.write(`${clockSecond(Date.now())} ${text()}\n`);
  }, REDRAW_MS);
  timer.unref();
  return { result: told, stop: () => clearInterval(timer) };
}
