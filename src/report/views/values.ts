import { oneLine, truncate, widthOf } from "../../lib/text.ts";

/** Both values cut to an equal share of what is left of the width. */
export function changeText(before: string, one: string, between: string, other: string, width: number): string {
  const room = Math.max(20, width - before.length - between.length);
  const half = Math.floor(room / 2);
  const first = truncate(one, Math.max(half, room - widthOf(other)));
  return `${before}${first}${between}${truncate(other, Math.max(half, room - widthOf(first)))}`;
}

// What may hold a secret is recorded nowhere, but a plan compares it; its value is never shown.
export const isSecret = (field: string): boolean => /password|secret|privateKey|userData/i.test(field);

/** A value as a person reads it: text bare, "nothing" for none, the rest as short JSON. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return value === "" ? '""' : oneLine(value);
  return oneLine((JSON.stringify(value) ?? String(value)).replace(/"(\(known after up\))"/g, "$1"));
}

/** What is in a list and not in the other, each as it is shown. */
export function without(list: readonly unknown[], other: readonly unknown[]): readonly string[] {
  const there = new Set(other.map(show));
  return list.map(show).filter((one) => !there.has(one));
}
