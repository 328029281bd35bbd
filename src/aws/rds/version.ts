const numbers = (version: string): readonly number[] => version.split(".").map(Number);

/** "8.4" of "8.4.7": MySQL's major versions have two numbers. */
export const major = (version: string): string => version.split(".").slice(0, 2).join(".");

/** True when `found` is `wanted` or newer, as far as `wanted` says: any 8.4.x is at least "8.4". */
export function isAtLeast(found: string, wanted: string): boolean {
  const there = numbers(found);
  for (const [index, number] of numbers(wanted).entries()) {
    const own = there[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}
