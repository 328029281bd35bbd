import type { Rollout } from "../../engine/resource.ts";
import { about } from "../../lib/duration.ts";
import { counted } from "../../lib/text.ts";
import { PREFERENCES, type Refresh } from "./read-refresh.ts";

/** Until the group acts and a new instance is in service: from then on it warms up, and boots meanwhile, seconds. */
const START_SECONDS = 40;
/** Until the last old instance is drained and terminated: the others' end while the next ones start, seconds. */
const END_SECONDS = 90;
/** Until an instance more serves, seconds. */
const SERVES_SECONDS = 150;

/** What it takes to have so many instances more: they start side by side. */
export function growthRollout(from: number, to: number): Rollout | undefined {
  if (to <= from) return undefined;
  const what = `grows from ${from} to ${counted(to, "instance")}, about ${about(SERVES_SECONDS)}; the site goes on`;
  return { what, seconds: SERVES_SECONDS };
}

interface Members {
  readonly desired: number;
  readonly warmupSeconds: number;
  readonly keptIds: readonly string[];
  readonly standbyIds: readonly string[];
}

/**
 * What a refresh of these instances does, and what of those that somebody has put aside.
 * @param size of the group meanwhile: those that come with it are started as the new ones are
 */
export function refreshRollout(
  { desired, warmupSeconds, keptIds, standbyIds }: Members,
  size: number = desired,
): Rollout | undefined {
  const replaced = Math.min(desired, size);
  if (replaced === 0) return undefined;
  const most = Math.ceil((size * (PREFERENCES.MaxHealthyPercentage ?? 100)) / 100);
  const atOnce = Math.max(1, most - size);
  const seconds = Math.ceil(replaced / atOnce) * (START_SECONDS + warmupSeconds) + END_SECONDS;
  const pace = atOnce === 1 ? "one at a time" : replaced <= atOnce ? "at once" : `${atOnce} at a time`;
  const how = replaced === 1 ? "1 instance is replaced" : `${replaced} instances are replaced ${pace}`;
  const guarded = keptIds.length === 0 ? "" : `; ${keptIds.join(", ")} too, though protected from scale-in`;
  const aside =
    standbyIds.length === 0 ? "" : `. ${standbyIds.join(", ")} in standby stays as it is until it serves again`;
  return {
    what: `${how}${guarded}, about ${about(seconds)}; the site goes on${aside}`,
    seconds,
  };
}

/** What it takes to put back what a refresh has replaced so far. */
export function rollBackRollout(
  { template, percent = 0 }: Refresh,
  { warmupSeconds }: Pick<Members, "warmupSeconds">,
): Rollout {
  const what = template?.version ? `release ${template.version}, which is under way,` : "what is under way";
  return {
    what: `${what} is rolled back; the site goes on`,
    seconds: (percent > 0 ? START_SECONDS + warmupSeconds : 0) + END_SECONDS,
  };
}
