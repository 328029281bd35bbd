/** The logs of a stack, each a log group of its own. What writes to them is in `scripts/`. */
export const LOGS = ["apache", "app", "boot", "release", "builder", "nat"] as const;
export type LogName = (typeof LOGS)[number];
