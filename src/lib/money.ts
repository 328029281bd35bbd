import { fixed } from "./number.ts";

/** US dollars in a sentence: "$150", "$4.20"; cents only below ten dollars. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  if (size > 0 && size < 0.005) return "less than $0.01";
  return signed(usd, fixed(size, size >= 9.995 || size === 0 ? 0 : 2));
}

/** US dollars in a table: "$1,234.50", to the cent. */
export function exactDollars(usd: number): string {
  const cents = Math.round(usd * 100) / 100;
  return signed(cents, fixed(Math.abs(cents), 2));
}

const signed = (usd: number, digits: string): string => `${usd < 0 ? "-" : ""}$${digits}`;
