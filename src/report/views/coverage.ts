import type { Counts, TypeCoverage } from "../../engine/coverage.ts";
import { counted, indented } from "../../lib/text.ts";
import { nounOf } from "../names.ts";
import { plain } from "../style.ts";
import { joined, type Look, WIDTH } from "./look.ts";

const number = (count: number): string => count.toLocaleString("en-US");

/** "1,204 properties: 310 managed, 802 watched, 92 ignored; 31 are not read." */
export const countsText = ({ managed, watched, ignored, unshown }: Counts): string =>
  `${number(managed + watched + ignored)} properties: ${number(managed)} managed, ${number(watched)} watched, ${number(ignored)} ignored; ${number(unshown)} ${unshown === 1 ? "is" : "are"} not read.`;

/** Whose each property is that AWS shows, type by type. */
export function coverageView(types: readonly TypeCoverage[], { style = plain, width = WIDTH }: Look = {}): string {
  const row = (head: string, text: string) => indented(text, width, " ".repeat(12), `  ${head.padEnd(10)}`);
  return joined(
    types.flatMap((one) => [
      `${style.bold(nounOf(one.object))} (${counted(one.objects, "object")})`,
      ...Object.entries(one.managedBy).flatMap(([field, paths], index) =>
        row(index === 0 ? "managed" : "", `${field}: ${paths.join(", ")}`),
      ),
      ...(one.watches.length > 0 ? row("watched", one.watches.join(", ")) : []),
      ...Object.entries(one.ignores).flatMap(([path, reason], index) =>
        row(index === 0 ? "ignored" : "", `${path}: ${reason}`),
      ),
      ...Object.entries(one.notShown).flatMap(([what, reason], index) =>
        row(index === 0 ? "not read" : "", `${what}: ${reason}`),
      ),
      "",
    ]),
  ).trimEnd();
}
