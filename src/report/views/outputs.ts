import { oneLine, pad, widthOf } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { joined, type Look } from "./look.ts";

export type Outputs = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** Aligned names and values, in the order given; never cut, so that they can be copied. What is undefined is left out. */
export function outputsView(outputs: Outputs, { style = plain }: Look = {}): string {
  const rows = Object.entries(outputs).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const wide = Math.max(0, ...rows.map(({ name }) => widthOf(name))) + 2;
  return joined(
    rows.flatMap(({ name, value }) => {
      const values = typeof value === "object" ? value : [String(value)];
      return values.map((one, index) => `${style.bold(pad(index === 0 ? name : "", wide))}${oneLine(one)}`);
    }),
  );
}
