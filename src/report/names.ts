import { counted, oneLine, truncate, widthOf } from "../lib/text.ts";

/** In place of a step: what the config does not want any more. */
export const NO_LONGER_WANTED = "no longer wanted";
/** In place of a step: what holds data, and neither the config nor the state names it. */
export const LEFT_ALONE = "left alone";

/** What an object is, in words: "route table" of "ec2:route-table". */
export const nounOf = (object: string): string => object.slice(object.indexOf(":") + 1).replaceAll("-", " ");

/** Names in a row, each once, the largest sorts as counts where all do not fit: "Buddy-GW, 4 route tables". */
export function namesIn(things: readonly { readonly name: string; readonly object: string }[], width: number): string {
  const said = new Set<string>();
  const groups = [...new Set(things.map(({ object }) => object))].flatMap((object) => {
    const names = things.filter((one) => one.object === object).map(({ name }) => oneLine(name));
    const text = names.filter((name) => !said.has(name)).join(", ");
    for (const name of names) said.add(name);
    return text === "" ? [] : [{ text, count: names.length, noun: nounOf(object) }];
  });
  const joined = () => groups.map(({ text }) => text).join(", ");
  for (;;) {
    const text = joined();
    if (widthOf(text) <= width) return text;
    const longest = groups.filter(({ count }) => count > 1).toSorted((a, b) => b.text.length - a.text.length)[0];
    if (!longest) return truncate(text, width);
    longest.text = counted(longest.count, longest.noun);
    longest.count = 0;
  }
}
