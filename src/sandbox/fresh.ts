import { services } from "./services/services.ts";
import { simAt } from "./sim.ts";
import { emptyWorld, type World } from "./world.ts";

/** The sandbox's account: one of those that AWS's documentation uses. */
export const SANDBOX_ACCOUNT = "111122223333";

/** The world of a fresh account: a default VPC in the region, as every new account has, and what a person has seen to. */
export function freshWorld(options: {
  readonly region: string;
  readonly domain?: string | undefined;
  readonly keys?: readonly string[];
  readonly stateBucket?: string | undefined;
  readonly time: number;
  readonly seed: number;
}): World {
  const world = emptyWorld({
    account: SANDBOX_ACCOUNT,
    region: options.region,
    time: options.time,
    seed: options.seed,
  });
  const sim = simAt(world, options.time);
  for (const service of Object.values(services))
    service.fresh?.(sim, { domain: options.domain, keys: options.keys ?? [], stateBucket: options.stateBucket });
  return world;
}
