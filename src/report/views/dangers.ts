import type { Extra } from "../../aws/extra.ts";
import { rank } from "../../engine/baseline.ts";
import type { Danger } from "../../engine/resource.ts";
import type { StatusItem } from "../../engine/status.ts";
import { counted, oneLine, truncate } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { placeOf } from "./extras.ts";
import { objectText } from "./items.ts";
import { type Look, WIDTH } from "./look.ts";

interface Told {
  readonly danger: Danger;
  readonly what: string;
}

const MOST = 12;

/** All that matters for safety, the worst first, before all else; nothing where there is nothing. */
export function dangersView(
  items: readonly StatusItem[],
  extras: readonly Extra[],
  { style = plain, width = WIDTH }: Look = {},
): string[] {
  const told: Told[] = [
    ...items.flatMap((item) =>
      [
        ...item.drift.map(({ danger, field }) => ({ danger, at: field })),
        ...item.watched.map(({ danger, path }) => ({ danger, at: path })),
      ].flatMap(({ danger, at }) => (danger === undefined ? [] : [{ danger, what: `${objectText(item)}, ${at}` }])),
    ),
    ...extras.flatMap((one) =>
      one.danger === undefined ? [] : [{ danger: one.danger, what: oneLine(`${one.what} ${one.id} ${placeOf(one)}`) }],
    ),
  ].toSorted((one, other) => rank(one.danger) - rank(other.danger));
  if (told.length === 0) return [];
  const left = told.length - MOST;
  return [
    `${counted(told.length, "thing")} that others did ${told.length === 1 ? "matters" : "matter"} for safety:`,
    ...told
      .slice(0, MOST)
      .map(({ danger, what }) => truncate(` ${style.red("!")} ${style.red(danger)}: ${what}`, width)),
    ...(left > 0 ? [`   and ${left} more, below`] : []),
    "",
  ];
}
