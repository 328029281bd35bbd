import { indented, printable } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { type LogLine, logLineView } from "./logs.ts";
import { joined, type Look, WIDTH } from "./look.ts";

/** What is not well, as it is shown. */
export interface Why {
  readonly what: string;
  readonly why: string;
  readonly toDo: string;
  /** The last lines that its machine wrote. */
  readonly lines: readonly LogLine[];
  /** Where it wrote none: what else tells, or why there is nothing. */
  readonly console: string | undefined;
  /** Other things that are not well. */
  readonly others: readonly string[];
}

/** Of the others so many are named: it is one screen. */
const NAMED = 5;

/** One thing that is not well: why, what its machine said last, what to do. */
export function whyView(
  { what, why, toDo, lines, console, others }: Why,
  { style = plain, width = WIDTH }: Look = {},
): string {
  const row = (label: string, text: string) => indented(text, width, " ".repeat(9), `  ${label.padEnd(7)}`);
  const wide = Math.max(0, ...lines.map(({ log }) => log.length));
  const said = lines.length > 0 ? lines.map((line) => logLineView(line, wide, { style })) : (console ?? "").split("\n");
  return joined([
    `${style.red("Not well")}: ${style.bold(what)}`,
    ...printable(why)
      .split("\n")
      .flatMap((part, at) => (part === "" ? [] : row(at === 0 ? "why" : "", part))),
    ...(console === undefined && lines.length === 0 ? [] : ["", ...said.map((line) => `  ${line}`), ""]),
    ...row("to do", toDo),
    ...(others.length === 0
      ? []
      : [
          "",
          `Also not well: ${others.slice(0, NAMED).join("; ")}${others.length > NAMED ? `; ${others.length - NAMED} more` : ""}.`,
        ]),
  ]);
}
