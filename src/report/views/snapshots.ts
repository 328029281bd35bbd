import type { Copy, RestoreWindow } from "../../aws/copy.ts";
import { age, at } from "../../lib/duration.ts";
import { dollars } from "../../lib/money.ts";
import { oneLine, pad, widthOf } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { joined, type Look } from "./look.ts";

/** A copy as the list shows it. */
export interface ListedCopy extends Copy {
  /** US dollars a month at most; undefined: nothing, or not known. */
  readonly monthly: number | undefined;
  /** What restores it; undefined: it is not complete. */
  readonly command: string | undefined;
}
export interface ListedWindow extends RestoreWindow {
  readonly command: string;
}

export interface Listed {
  /** Something of the stack's data is there now. */
  readonly running: boolean;
  readonly copies: readonly ListedCopy[];
  readonly windows: readonly ListedWindow[];
  readonly unseen: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

const PARTS = [
  ["database", "Database"],
  ["files", "Files"],
] as const;

const cost = ({ monthly, free }: ListedCopy): string =>
  monthly === undefined ? (free ?? "price not known") : `at most ${dollars(monthly)} a month`;

function factsOf(copy: ListedCopy, now: number): string {
  const { source, state, madeAt, gib, version } = copy;
  const made = madeAt === undefined ? state : `${at(madeAt)}, ${age(now - madeAt)} ago`;
  return [
    `of ${source}`,
    made,
    ...(madeAt !== undefined && state !== "available" ? [state] : []),
    ...(gib === undefined ? [] : [`${gib} GiB`]),
    ...(version === undefined ? [] : [version]),
    cost(copy),
  ].join(" · ");
}

const NONE_RUNS =
  " Nor is any there: `buddyverse up` makes a database and a place for files, and from then on copies of them.";

/** What is kept of the stack's data, and what restores it. */
export function snapshotsView({ running, copies, windows, unseen, now }: Listed, { style = plain }: Look = {}): string {
  const parts = PARTS.flatMap(([of, title]) => {
    const own = copies.filter((one) => one.of === of);
    const times = windows.filter((one) => one.of === of);
    if (own.length + times.length === 0) return [];
    const wide = Math.max(...own.map(({ what }) => widthOf(what)), times.length > 0 ? 13 : 0) + 2;
    const command = (text: string) => `  ${" ".repeat(wide)}${style.cyan(text)}`;
    return [
      style.bold(title),
      ...times.flatMap(({ source, earliest, latest, command: line }) => [
        `  ${pad("point in time", wide)}of ${source} · any second from ${at(earliest)} to ${at(latest)}`,
        command(line),
      ]),
      ...own.flatMap((copy) => [
        `  ${pad(copy.what, wide)}${oneLine(copy.id)}`,
        `  ${" ".repeat(wide)}${factsOf(copy, now)}`,
        ...(copy.command === undefined ? [] : [command(copy.command)]),
      ]),
      "",
    ];
  });
  return joined([
    ...(parts.length === 0 ? [`Nothing is kept of the stack's data.${running ? "" : NONE_RUNS}`] : parts.slice(0, -1)),
    ...unseen.map((one) => `Not looked at: ${oneLine(one)}`),
  ]);
}
