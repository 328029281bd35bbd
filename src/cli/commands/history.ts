import { BuddyError } from "../../lib/errors.ts";
import { historyView, runView } from "../../report/views/history.ts";
import { historyFile, readHistory } from "../../state/history.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { pathsOf } from "../paths.ts";

/** Lists the runs that are kept beside the state, or shows one. Asks nobody. */
export async function history(number: number | undefined, options: CommonOptions): Promise<number> {
  const file = historyFile(pathsOf(options).state);
  const { runs, damaged } = readHistory(file);
  const look = lookOf(options, process.stdout);
  if (damaged > 0 && !options.json)
    process.stderr.write(`${damaged} of the lines in ${file} cannot be read, and are left out.\n`);
  if (number === undefined) {
    printResult(options, historyView(runs, look), { runs: runs.toReversed(), damaged });
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
  printResult(options, runView(one, look), one);
  return 0;
}
