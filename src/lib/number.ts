/** "1,204.50": with so many digits after the point. Not by `toLocaleString`: to load Node's tables takes a tenth of a short command. */
export function fixed(value: number, digits: number): string {
  const [whole = "", ...rest] = value.toFixed(digits).split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, ","), ...rest].join(".");
}

/** A whole number: "1,204". */
export const grouped = (value: number): string => fixed(value, 0);

/** "0.2 %", "35 %"; what is not none is never shown as 0 %. */
export function percent(value: number): string {
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} %`;
}
