import type { Copies, Copy } from "../aws/copy.ts";
import { GB_MONTH } from "../aws/price.ts";
import { eachService } from "../aws/services.ts";
import { tieredCost, tiersOf } from "../cost/price-table.ts";
import type { Session } from "./session.ts";

/** What is kept of the stack's data, the newest first. */
export interface KeptCopies extends Copies {
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

/** Names by which copies without tags are known: of the config's objects, and of those that the state has. */
function namesOf({ stack: { graph, run } }: Pick<Session, "stack">): ReadonlySet<string> {
  const recorded = Object.values(run.store.resources).flatMap(({ name, id }) => [name, id ?? name]);
  return new Set([...[...graph.nodes.values()].map(({ name }) => name.toLowerCase()), ...recorded]);
}

/** Asks AWS for all copies of the stack's data, whether it is up, down, or its state is lost. */
export async function keptCopies(session: Pick<Session, "aws" | "config" | "stack">): Promise<KeptCopies> {
  const { aws, config } = session;
  const names = namesOf(session);
  const unseen: string[] = [];
  const found = await Promise.all(
    eachService.flatMap(({ copies = [] }) =>
      copies.map(async ({ what, read }): Promise<Copies> => {
        try {
          return await read(aws, config.stack, names);
        } catch (error) {
          unseen.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
          return { copies: [], windows: [] };
        }
      }),
    ),
  );
  const age = ({ madeAt }: Copy) => madeAt ?? Number.POSITIVE_INFINITY;
  return {
    unseen,
    copies: found.flatMap(({ copies }) => copies).sort((one, other) => age(other) - age(one)),
    windows: found.flatMap(({ windows }) => windows).sort((one, other) => other.latest - one.latest),
  };
}

/** What a copy costs each month at most; undefined: not known, or nothing. */
export function monthlyOf({ price, gib }: Copy, { aws, prices }: Pick<Session, "aws" | "prices">): number | undefined {
  const tiers = price === undefined ? [] : tiersOf(prices, price, aws.region);
  return gib === undefined || tiers[0]?.unit !== GB_MONTH.name ? undefined : tieredCost(tiers, gib);
}
