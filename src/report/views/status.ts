import type { WatchedChange } from "../../engine/baseline.ts";
import type { StatusItem, SyncStatus } from "../../engine/status.ts";
import { MEMBER } from "../../lib/properties.ts";
import { counted, pad, truncate } from "../../lib/text.ts";
import { differenceLines, type Names, namesOf, valueText } from "../differences.ts";
import { LEFT_ALONE, NO_LONGER_WANTED } from "../names.ts";
import { plain, type Style } from "../style.ts";
import { byStep, noteLines, objectText, reasonLines, remedyLines } from "./items.ts";
import { joined, type Look, WIDTH } from "./look.ts";

const STANDING: Readonly<Record<SyncStatus, string>> = {
  "in-sync": "in sync",
  drift: "drift",
  watched: "changed by others",
  "pending-change": "change in the config",
  missing: "missing",
  unhealthy: "unhealthy",
  "under-way": "under way",
  blocked: "waits for you",
  retained: LEFT_ALONE,
  extra: NO_LONGER_WANTED,
};

/** How the stack stands: a line per step, under it each thing that is not in sync with its properties. */
export function statusView(
  items: readonly StatusItem[],
  steps: readonly string[],
  { style = plain, width = WIDTH }: Look = {},
): string {
  const off = items.filter(({ standing }) => standing !== "in-sync");
  if (items.length === 0) return "Nothing is there, and nothing is wanted.";
  const noted = (all: readonly StatusItem[]) =>
    all
      .filter(({ standing, notes }) => standing === "in-sync" && notes.length > 0)
      .flatMap((item) => [`         ${objectText(item)}`, ...noteLines(item.notes, " ".repeat(11), width)]);
  if (off.length === 0)
    return joined([style.green(`Everything is in sync: ${counted(items.length, "resource")}.`), ...noted(items)]);
  if (items.every(({ standing }) => standing === "missing" || standing === "blocked")) {
    return `Nothing is there yet: ${counted(items.length, "resource")} to make. \`buddyverse up\` makes them.`;
  }
  const names = namesOf(items);
  const restOf = ({ standing }: StatusItem) => (standing === "retained" ? LEFT_ALONE : NO_LONGER_WANTED);
  const lines = byStep(items, steps, restOf).flatMap(({ title, items: own }) => {
    const good = own.filter(({ standing }) => standing === "in-sync").length;
    const all = good === own.length;
    return [
      ` ${all ? style.green("✔") : style.yellow("!")} ${pad(title, 21)} ${good} of ${own.length} in sync`,
      ...own.filter(({ standing }) => standing !== "in-sync").flatMap((item) => statusItem(item, names, style, width)),
      ...noted(own),
    ];
  });
  const kinds = (Object.keys(STANDING) as SyncStatus[])
    .map((standing) => ({ standing, number: items.filter((item) => item.standing === standing).length }))
    .filter(({ number }) => number > 0)
    .map(({ standing, number }) => `${number} ${STANDING[standing]}`);
  const [first] = off.filter(({ watched }) => watched.length > 0);
  return joined([
    ...lines,
    "",
    `${counted(items.length, "resource")}: ${kinds.join(", ")}.`,
    ...(off.every(({ standing }) => standing === "watched")
      ? []
      : [`\`buddyverse plan\` shows what \`buddyverse up\` would do about it.`]),
    ...(first
      ? [
          "What others changed and the config leaves open, `up` leaves as it is. To keep it, or to put it back:",
          `  buddyverse status --accept ${first.key}`,
          `  buddyverse up --mend ${first.key}`,
        ]
      : []),
  ]);
}

/** "IMDSv1 allowed: MetadataOptions.HttpTokens: required → optional"; a member of a list that came or went with its sign. */
function watchedText({ path, before, now, danger }: WatchedChange): string {
  const what =
    path.endsWith("]") && (before ?? now) === MEMBER && (before === undefined || now === undefined)
      ? `${now === undefined ? "-" : "+"} ${path}`
      : `${path}: ${valueText(before)} → ${valueText(now)}`;
  return danger === undefined ? what : `${danger}: ${what}`;
}

function statusItem(item: StatusItem, names: Names, style: Style, width: number): string[] {
  const indent = " ".repeat(11);
  const bad = item.standing === "missing" || item.standing === "unhealthy";
  const lines = (field: string, before: unknown, after: unknown, sides: readonly [string, string]) =>
    differenceLines({ field, before, after }, { indent, width, style, sides, names });
  return [
    `         ${(bad ? style.red : style.yellow)(STANDING[item.standing])}: ${objectText(item)}`,
    ...reasonLines(item, indent, width),
    ...noteLines(item.notes, indent, width),
    ...item.drift.flatMap(({ field, wanted, found, danger }) =>
      lines(danger === undefined ? field : `${danger}: ${field}`, wanted, found, ["recorded", "live"]),
    ),
    ...item.watched.map((one) => truncate(`${indent}${watchedText(one)}`, width)),
    ...item.pending.flatMap(({ field, wanted, found }) => lines(field, found, wanted, ["live", "config"])),
    ...remedyLines(item.remedies, indent, style),
  ];
}
