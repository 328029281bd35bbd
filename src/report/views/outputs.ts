import { oneLine, pad, widthOf } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { joined, type Look } from "./look.ts";

export type Outputs = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/** What a rehearsal's outputs need to be told. */
export const SANDBOX_NOTE =
  "These are the sandbox's: nothing of them is on the network. `buddyverse verify` asks the site as a visitor does.";

/** Aligned names and values, in the order given; never cut, so that they can be copied: where they do not fit they stand below their names. What is undefined is left out. */
export function outputsView(outputs: Outputs, { style = plain, width = Number.POSITIVE_INFINITY }: Look = {}): string {
  const rows = Object.entries(outputs).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));
  const wide = Math.max(0, ...rows.map(({ name }) => widthOf(name))) + 2;
  return joined(
    rows.flatMap(({ name, value }) => {
      const values = typeof value === "object" ? value : [String(value)];
      const fits = values.every((one) => wide + widthOf(oneLine(one)) <= width);
      if (!fits) return [style.bold(name), ...values.map((one) => `  ${oneLine(one)}`)];
      return values.map((one, index) => `${style.bold(pad(index === 0 ? name : "", wide))}${oneLine(one)}`);
    }),
  );
}
