import { expect, test } from "vitest";
import { Unreachable } from "../../src/aws/errors.ts";
import { retryStrategy } from "../../src/aws/retry.ts";
import { jumpingClock } from "../../src/lib/clock.ts";

/** What the SDK asks after an attempt that something on the way has answered. */
async function isRepeated(httpStatusCode: number): Promise<boolean> {
  const strategy = retryStrategy(
    jumpingClock(0),
    undefined,
    () => 0.5,
    () => true,
  );
  const answer = Object.assign(new Error(`HTTP ${httpStatusCode}`), { $metadata: { httpStatusCode } });
  const error = new Unreachable("what answers is not AWS", "", answer);
  const first = await strategy.acquireInitialRetryToken("");
  // biome-ignore lint/suspicious/noExplicitAny: the SDK's type of an error is narrower than what it hands on
  return strategy.refreshRetryTokenForRetry(first, { error: error as any, errorType: "SERVER_ERROR" }).then(
    () => true,
    () => false,
  );
}

test("what answers in AWS's place is asked again while it may only be busy, not where it has no such page", async () => {
  expect(await Promise.all([502, 503, 403, 404].map(isRepeated))).toEqual([true, true, true, false]);
});
