/** A quantity, or dollars, in a quiet, an ordinary and a busy month. */
export interface Band {
  readonly low: number;
  readonly typical: number;
  readonly high: number;
}

/** The three months of a band, each put through the same sum. */
export function mapBand({ low, typical, high }: Band, change: (amount: number) => number): Band {
  return { low: change(low), typical: change(typical), high: change(high) };
}
