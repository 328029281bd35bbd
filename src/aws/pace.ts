import pLimit from "p-limit";
import { classify } from "./classify.ts";

/** After calls were throttled the next reduction comes at the earliest so much later: those of one burst count once. */
const ONE_BURST_MS = 1_000;

/** How many calls of one service are under way at once. */
export interface Pace {
  /** Makes a call as soon as there is room. */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** Told how each attempt ended. @param error undefined: it was answered */
  ended(error?: unknown): void;
}

/**
 * As many as may be, until the service says that it is too much: then half as many, and one more for each round that goes well
 * (additive increase, multiplicative decrease, as TCP does it). AWS counts calls for each account, region and service: who else
 * calls there (a `status` beside an `up`) is left room by that, and the other services go on meanwhile.
 * @param now milliseconds
 */
export function pace(most: number, now: () => number): Pace {
  const limit = pLimit(most);
  let reducedAt = Number.NEGATIVE_INFINITY;
  let well = 0;
  return {
    run: (call) => limit(call),
    ended(error) {
      if (error === undefined) {
        well = limit.concurrency < most ? well + 1 : 0;
        if (well < limit.concurrency) return;
        well = 0;
        if (limit.concurrency < most) limit.concurrency += 1;
      } else if (classify(error) === "throttled" && now() - reducedAt >= ONE_BURST_MS) {
        reducedAt = now();
        well = 0;
        limit.concurrency = Math.max(1, Math.floor(limit.concurrency / 2));
      }
    },
  };
}
