import type { Mend } from "../../engine/mend.ts";
import { truncate } from "../../lib/text.ts";
import { valueText } from "../differences.ts";
import { plain } from "../style.ts";
import { type Look, WIDTH } from "./look.ts";

/** What others changed and is put back, or why it is not. */
export function mendView(mends: readonly Mend[], { style = plain, width = WIDTH }: Look = {}): string[] {
  return mends.flatMap(({ name, path, before, now, put, command }) => {
    const change = `${path}: ${valueText(now)} → ${valueText(before)}`;
    if (put) return [truncate(`  ~ ${name}: ${change}`, width)];
    return [
      truncate(`  ! ${name}: ${change}: not by this program:`, width),
      ...(command
        ? [`      ${style.cyan(command)}`]
        : ["      It has no call for it: set it in the AWS console, or with the AWS CLI."]),
    ];
  });
}
