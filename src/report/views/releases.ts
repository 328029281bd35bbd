import { at, duration } from "../../lib/duration.ts";
import { column, oneLine } from "../../lib/text.ts";
import type { Release } from "../../releases/history.ts";
import { plain } from "../style.ts";
import { joined, type Look, madeBy, tableLine, WIDTH } from "./look.ts";

const HEADS = ["", "when", "by", "result", "took", "image"];

function cells({ version, current, result, seconds, imageThere }: Release): string[] {
  return [
    `${current ? "*" : " "} ${version.number}`,
    at(version.createdAt),
    madeBy(version.createdBy),
    result,
    seconds === undefined ? "" : duration(seconds * 1_000),
    imageThere ? version.imageId : "gone",
  ];
}

/** The releases, the newest first: a line each, and what it brings. */
export function releasesView(releases: readonly Release[], { style = plain, width = WIDTH }: Look = {}): string {
  if (releases.length === 0) return "There is no release yet: `buddyverse up` makes the first.";
  const rows = releases.map(cells);
  const { line, widths } = tableLine([HEADS, ...rows]);
  const indent = " ".repeat(widths[0] ?? 0);
  const brings = ({ version: { release, back } }: Release) =>
    oneLine(`${back ? `release ${back.to} again, in place of ${back.from}: ` : ""}${release}`);
  return joined([
    style.bold(line(HEADS)),
    ...releases.flatMap((one, index) => [
      one.current ? style.green(line(rows[index] as string[])) : line(rows[index] as string[]),
      ...[brings(one), oneLine(one.reason)]
        .filter((text) => text !== "")
        .map((text) => `${indent}${column(text, width - indent.length).trimEnd()}`),
    ]),
  ]);
}
