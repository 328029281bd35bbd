import ora from "ora";
import type { Clock } from "../lib/clock.ts";
import { advance, type Direction, frame, type ShownStep, startProgress } from "./progress.ts";
import type { Reporter } from "./reporter.ts";
import { type Style, widthOf } from "./style.ts";

const INTERVAL_MS = 100;

/** The part of a terminal's stream that this needs; `process.stderr` is one. */
export type Terminal = NodeJS.WriteStream;

export interface LiveOptions {
  readonly stream: Terminal;
  readonly steps: readonly ShownStep[];
  readonly direction?: Direction;
  /** Written once, above the block. */
  readonly title?: readonly string[];
  /** The run's clock. */
  readonly clock: Pick<Clock, "now">;
  readonly style: Style;
}

/** One block on the terminal that shows all steps and rewrites itself; the last one stays. Ask all questions before. */
export function liveReporter({ stream, steps, direction = "up", title = [], clock, style }: LiveOptions): Reporter {
  let state = startProgress(steps, direction);
  let tick = 0;
  let shown: readonly string[] = [];
  let stopped = false;

  const block = (final: boolean) =>
    frame(state, clock.now(), stream.columns ?? 80, {
      style,
      tick: tick++,
      final,
      ...(stream.rows > 1 && !final ? { rows: stream.rows - 1 } : {}),
    });

  const spinner = ora({
    stream,
    isEnabled: true,
    // Ctrl-C must reach this process as a signal, and keys the shell.
    discardStdin: false,
    color: false,
    spinner: { frames: [""], interval: INTERVAL_MS },
    interval: INTERVAL_MS,
    prefixText: () => {
      shown = block(false);
      return shown.join("\n");
    },
  });

  /** A narrower terminal has broken the lines of the last block into more than ora will clear. */
  const onResize = () => {
    const columns = stream.columns ?? 80;
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    const broken = Math.min(rows, stream.rows ?? rows) - shown.length;
    // Terminals tell one change of size more than once.
    shown = [];
    spinner.clear();
    if (broken > 0) stream.write(`\u001b[${broken}A\u001b[0J`);
    spinner.render();
  };

  stream.write([...title, "", ""].join("\n"));
  unreferenced(() => spinner.start());
  stream.on("resize", onResize);

  return {
    emit(event) {
      if (stopped) return;
      state = advance(state, event);
      // ora clears the block before another's text and draws it again after.
      if (event.type === "run.note") stream.write(` ${event.note}\n`);
    },
    stop() {
      if (stopped) return;
      stopped = true;
      stream.off("resize", onResize);
      spinner.stop();
      stream.write(`${block(true).join("\n")}\n`);
    },
  };
}

/** Starts ora with a timer that does not keep the process alive when its work has died; ora has no option for it. */
function unreferenced(start: () => void): void {
  const original = globalThis.setInterval;
  globalThis.setInterval = ((run: () => void, ms: number) => original(run, ms).unref()) as typeof setInterval;
  try {
    start();
  } finally {
    globalThis.setInterval = original;
  }
}
