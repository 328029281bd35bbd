import { indented } from "../../lib/text.ts";
import { type Held, heldText } from "../../state/stack-lock.ts";
import { plain } from "../style.ts";
import { type Look, WIDTH } from "./look.ts";

/** The run that is at work on a stack, or why that is not known. No line: none is. */
export function atWorkView(
  { lock, reason }: { readonly lock?: Held | undefined; readonly reason?: string },
  { style = plain, width = WIDTH }: Look = {},
  now = Date.now(),
): string[] {
  if (lock) return indented(`At work: ${heldText(lock, now)}.`, width, "").map(style.yellow);
  return reason === undefined ? [] : indented(`Whether a run is at work is not known: ${reason}.`, width, "");
}
