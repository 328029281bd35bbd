/** What lies outside of what should hold it, or on something else, in words. */
export function misplaced(): string[];
/** Texts whose contrast with what is behind them is below 4.5, in words, and how many were looked at. */
export function pale(): { readonly seen: number; readonly found: readonly string[] };
