import { fixed } from "./number.ts";

/** US dollars in a sentence: "$150", "$4.20"; cents only below ten dollars. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  if (size > 0 && size < 0.005) return "less than $0.01";
  return withSign(usd, size >= 9.995 || size === 0 ? fixed(size, 0) : fixed(roundToCents(size), 2));
}

/** US dollars in a table: "$1,234.50", to the cent. */
export function exactDollars(usd: number): string {
  const rounded = roundToCents(usd);
  return withSign(rounded, fixed(Math.abs(rounded), 2));
}

const withSign = (usd: number, digits: string): string => `${usd < 0 ? "-" : ""}$${digits}`;

/** The same where it is known. For documents: a text says of less than a cent that it is not nothing. */
export const centsIfKnown = (usd: number | undefined): number | undefined =>
  usd === undefined ? undefined : roundToCents(usd);

/** US dollars without the noise of binary fractions: half a cent goes up, also where 1.005 is a little less. */
export function roundToCents(usd: number): number {
  return Math.round(usd * 100 + 1e-7 * Math.sign(usd)) / 100;
}
