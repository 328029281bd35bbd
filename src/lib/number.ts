/** "1,204". */
export const grouped = (value: number): string => value.toLocaleString("en-US");

/** "1,204.50": with so many digits after the point. */
export const fixed = (value: number, digits: number): string =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** "0.2 %", "35 %"; what is not none is never shown as 0 %. */
export function percent(value: number): string {
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}
