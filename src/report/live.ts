import { createLogUpdate } from "log-update";
import { oneLine, widthOf } from "../lib/text.ts";
import { frame } from "./frame.ts";
import { advance, startProgress } from "./progress.ts";
import type { Reporter, RunOptions } from "./reporter.ts";
import type { Style } from "./style.ts";

const INTERVAL_MS = 100;

/** The part of a terminal's stream that this needs; `process.stderr` is one. */
export type Terminal = NodeJS.WriteStream;

export interface LiveOptions extends RunOptions {
  readonly stream: Terminal;
  readonly style: Style;
}

/**
 * One block on the terminal that shows all steps and rewrites itself; the last one stays. Ask all questions before; while
 * it is there, nobody else writes to that terminal.
 */
export function liveReporter({ stream, style, ...run }: LiveOptions): Reporter {
  const { title = [], clock, speed = 1 } = run;
  const log = createLogUpdate(stream);
  let state = startProgress(run.steps, run.direction, { began: clock.now(), forecast: run.forecast });
  let tick = 0;
  let shown: readonly string[] = [];
  let stopped = false;

  const block = (final: boolean) =>
    frame(state, clock.now(), stream.columns || 80, {
      style,
      tick: tick++,
      final,
      wall: { now: Date.now(), speed },
      ...(stream.rows > 1 && !final ? { rows: stream.rows - 1 } : {}),
    });
  const draw = () => {
    if (stopped) return;
    shown = block(false);
    log(shown.join("\n"));
  };

  /** A narrower terminal has broken the lines of the last block into more rows than were written: they go, too. */
  const onResize = () => {
    const columns = stream.columns || 80;
    const rows = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    log.clear();
    if (rows > shown.length) stream.write(`\u001b[${rows - shown.length}A\u001b[0J`);
    draw();
  };

  stream.write([...title, "", ""].join("\n"));
  draw();
  stream.on("resize", onResize);
  // Not in the timer itself: after a busy moment a change of size may be waiting, and is told first.
  const timer = setInterval(() => setImmediate(draw), INTERVAL_MS);
  // A view keeps no process alive whose work has died.
  timer.unref();

  return {
    emit(event) {
      state = advance(state, event);
      if (event.type !== "run.note") return;
      const note = ` ${oneLine(event.note)}`;
      if (stopped) return void stream.write(`${note}\n`);
      log.persist(note);
      draw();
    },
    stop() {
      if (stopped) return;
      stopped = true;
      clearInterval(timer);
      stream.off("resize", onResize);
      log.clear();
      // Not through `log`, which cuts to the terminal's height: all steps stay, apart from the result below them.
      stream.write(`${block(true).join("\n")}\n\n`);
      log.done();
    },
  };
}
