import type { PlanItem } from "../../engine/plan.ts";
import type { Remedy } from "../../engine/resource.ts";
import type { StatusItem } from "../../engine/status.ts";
import { indented, oneLine, truncate } from "../../lib/text.ts";
import { LEFT_ALONE, NO_LONGER_WANTED, nounOf } from "../names.ts";
import { reasonOf } from "../progress.ts";
import type { Style } from "../style.ts";

/** Why it is so, in one line; whole where it is left to a person. */
export function reasonLines(item: PlanItem | StatusItem, indent: string, width: number): string[] {
  if (item.reason === undefined) return [];
  const blocked = ("action" in item ? item.action : item.standing) === "blocked";
  if (item.remedies.length === 0 && !blocked) return [truncate(`${indent}${reasonOf(item)}`, width)];
  return indented(reasonOf(item), width, indent);
}

/** What a person should know of something that is as wanted. */
export const noteLines = (notes: readonly string[], indent: string, width: number): string[] =>
  notes.flatMap((note) => indented(note, width, indent));

/** What a person can do about it. Not cut, so that commands can be copied. */
export const remedyLines = (remedies: readonly Remedy[], indent: string, style: Style): string[] =>
  remedies.flatMap(({ to, commands }) => [`${indent}to ${to}:`, `${indent}  ${style.cyan(commands.join(" && "))}`]);

/** "route table Buddy-Routing rtb-0123". An ARN says nothing more than the name. */
export function objectText({
  object,
  name,
  id,
}: {
  readonly object: string;
  readonly name: string;
  readonly id?: string | undefined;
}): string {
  return [
    nounOf(object),
    oneLine(name),
    ...(id === undefined || id === name || id.startsWith("arn:") ? [] : [id]),
  ].join(" ");
}

/** In the order of the steps, numbered as on the live screen; what is of no step comes last. */
export function byStep<T extends { readonly step: string | undefined }>(
  items: readonly T[],
  steps: readonly string[],
  restOf: (item: T) => string = () => NO_LONGER_WANTED,
): { readonly title: string; readonly items: readonly T[] }[] {
  const groups = steps.map((name, index) => ({
    title: `${String(index + 1).padStart(2)} ${name}`,
    items: items.filter(({ step }) => step === name),
  }));
  const rest = items.filter(({ step }) => step === undefined || !steps.includes(step));
  const others = [NO_LONGER_WANTED, LEFT_ALONE].map((title) => ({
    title: `   ${title}`,
    items: rest.filter((item) => restOf(item) === title),
  }));
  return [...groups, ...others].filter((group) => group.items.length > 0);
}
