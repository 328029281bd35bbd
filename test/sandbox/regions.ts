import { freshWorld } from "../../src/sandbox/fresh.ts";
import type { World } from "../../src/sandbox/world.ts";

/** What AWS has once for an account, and not for each region: IAM, Route 53 and its DNS, dashboards, bucket names. */
const OF_THE_ACCOUNT = /^(iam|route53|dns|s3)\.|^cloudwatch\.dashboards$/;

/** The same account in another region: a world of its own, which shares what is the account's. */
export function inRegion(world: World, region: string): World {
  const there = freshWorld({ region, domain: undefined, time: world.time, seed: 11 });
  const shared = Object.entries(world.tables).filter(([name]) => OF_THE_ACCOUNT.test(name));
  return Object.assign(there, { tables: { ...there.tables, ...Object.fromEntries(shared) } });
}
