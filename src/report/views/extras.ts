import type { Extra } from "../../aws/extra.ts";
import { counted, indented, oneLine } from "../../lib/text.ts";
import type { Extras } from "../../residuals/extras.ts";
import { plain } from "../style.ts";
import { type Look, WIDTH } from "./look.ts";

export const placeOf = ({ on }: Extra): string => (on === undefined ? "in the VPC" : `on ${oneLine(on)}`);

/** What is there besides the stack, what opens something first; nothing where there is nothing. */
export function extrasView({ found, unseen }: Extras, { style = plain, width = WIDTH }: Look = {}): string[] {
  const lines = found.flatMap((one) => {
    const { what, id, effect, whose, danger } = one;
    const said = [effect, whose === "" ? "" : `of ${whose}`].filter(Boolean).map(oneLine).join("; ");
    const mark = danger === undefined ? "" : `${style.red(danger)}: `;
    return [
      `   ${danger === undefined ? " " : style.red("!")} ${mark}${oneLine(what)} ${oneLine(id)} ${placeOf(one)}`,
      ...(said === "" ? [] : indented(said, width, " ".repeat(7))),
    ];
  });
  return [
    ...(found.length === 0
      ? []
      : ["", `${counted(found.length, "extra")}, not of this stack, left alone by \`up\`:`, ...lines]),
    ...unseen.map((text) => `   could not be looked at: ${oneLine(text)}`),
  ];
}
