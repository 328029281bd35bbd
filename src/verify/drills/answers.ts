import type { Answers, Probe } from "./result.ts";

/** No answer, or the load balancer's or the application's own failure. */
export const isFailed = ({ status }: Pick<Probe, "status">): boolean => status === undefined || status >= 500;

/** What the probes say, in numbers. @param probes in order of time; @param ended when the last could have been sent */
export function answersOf(probes: readonly Probe[], ended: number): Answers {
  const failed = probes.filter(isFailed).length;
  let longest = 0;
  let since: number | undefined;
  for (const probe of probes) {
    if (isFailed(probe)) since ??= probe.at;
    else if (since !== undefined) {
      longest = Math.max(longest, probe.at - since);
      since = undefined;
    }
  }
  if (since !== undefined) longest = Math.max(longest, ended - since);
  return {
    asked: probes.length,
    failed,
    failedPercent: probes.length === 0 ? 0 : (failed / probes.length) * 100,
    longestGapSeconds: longest / 1_000,
  };
}
