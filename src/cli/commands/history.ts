import { existsSync } from "node:fs";
import { BuddyError } from "../../lib/errors.ts";
import { historyView, runView } from "../../report/views/history.ts";
import { fileText, type Text } from "../../state/file.ts";
import { historyFile, readHistory } from "../../state/history.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printResult, printView, tell } from "../output.ts";
import { configOf, isShared, pathsOf } from "../paths.ts";
import { drawnTo, timelineOf } from "../run-timeline.ts";
import { sharedPlaceOf } from "../state-place.ts";

export interface HistoryOptions extends CommonOptions {
  readonly timeline?: string;
}

/** Beside the state: in its folder, without the config, or in S3. */
async function historyOf(options: CommonOptions): Promise<Text> {
  const paths = pathsOf(options);
  const file = fileText(historyFile(paths.state));
  // A state in a file can be looked into where its config is gone.
  if (!isShared(options.state) && (options.state !== undefined || !existsSync(paths.config))) return file;
  const config = configOf(options);
  const place = sharedPlaceOf(options, config);
  if (!place) return file;
  // What connects to AWS is loaded only for a state that is there.
  const { readShared } = await import("../read-shared.ts");
  return (await readShared(options, paths, config, place)).history;
}

/** Lists the runs that are kept beside the state, or shows or draws one. Of a state in a file it asks nobody. */
export async function history(number: number | undefined, options: HistoryOptions): Promise<number> {
  if (options.timeline !== undefined && number === undefined)
    throw new BuddyError({
      code: "usage",
      message: "--timeline draws one run",
      hint: "Name it: `buddyverse history NUMBER --timeline FILE.html`; `buddyverse history` lists them.",
    });
  const draw = await drawnTo(options.timeline);
  const text = await historyOf(options);
  const file = text.path;
  const { runs, damaged } = readHistory(text);
  const look = lookOf(options, process.stdout);
  if (damaged > 0 && !options.json) tell(`${damaged} of the lines in ${file} cannot be read, and are left out.`);
  if (number === undefined) {
    printView(options, historyView(runs, look), { runs: runs.toReversed(), damaged });
    return 0;
  }
  const one = runs.find((run) => run.number === number);
  if (!one)
    throw new BuddyError({
      code: "usage",
      message: `there is no run ${number} in ${file}`,
      about: { file },
      hint: "`buddyverse history` lists what is kept.",
    });
  if (draw) {
    const timeline = timelineOf(one);
    if (!timeline)
      throw new BuddyError({
        code: "failed",
        message: `run ${number} cannot be drawn: an older version kept it, without when each object was begun`,
        hint: "Runs of this version can.",
      });
    draw(timeline);
  }
  printResult(options, draw ? `The timeline of run ${number} is in ${options.timeline}.` : runView(one, look), one);
  return 0;
}
