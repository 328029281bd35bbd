import type { RetryErrorInfo, RetryStrategyV2, RetryToken } from "@smithy/types";
import type { Clock } from "../lib/clock.ts";
import { classify, type ErrorClass } from "./classify.ts";
import { AmbiguousOutcome, Unreachable } from "./errors.ts";

const ATTEMPTS = 10;
/** Of a signature whose time was off: the second is signed with AWS's time. */
const CLOCK_ATTEMPTS = 3;
const BASE_MS: Partial<Record<ErrorClass, number>> = { throttled: 500, transient: 200, network: 500 };
const CAP_MS = 20_000;

/** Who answers in AWS's place knows no such call, and will not in a minute: an endpoint of somebody's own. */
const hasNoSuchPage = (error: unknown): boolean =>
  error instanceof Unreachable && (error.$metadata as { readonly httpStatusCode?: number }).httpStatusCode === 404;

/**
 * The SDK's standard backoff (full jitter, 20 s cap), waiting on our clock so that it ends at once on an interrupt and can
 * be driven by a test. Decides by `classify`, not by HTTP status: the SDK would retry a lack of capacity (HTTP 500) and
 * quota errors (`LimitExceededException`) as if they were throttling.
 * @param reached whether AWS has answered anything yet. Until then a connection that does not come about is at once an error.
 */
export function retryStrategy(
  clock: Clock,
  signal: AbortSignal | undefined,
  random: () => number,
  reached: () => boolean,
): RetryStrategyV2 {
  const token = (count: number): RetryToken => ({ getRetryCount: () => count, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: async () => token(0),
    async refreshRetryTokenForRetry(last: RetryToken, { error }: RetryErrorInfo) {
      const kind = error instanceof AmbiguousOutcome ? "other" : classify(error);
      const count = last.getRetryCount();
      if (kind === "clock" && count + 1 < CLOCK_ATTEMPTS) return token(count + 1);
      const vain = kind === "network" && (!reached() || hasNoSuchPage(error));
      const base = vain ? undefined : BASE_MS[kind];
      if (base === undefined || count + 1 >= ATTEMPTS) throw new Error("not retried");
      await clock.sleep(random() * Math.min(CAP_MS, base * 2 ** count), signal);
      return token(count + 1);
    },
    recordSuccess: () => {},
  };
}
