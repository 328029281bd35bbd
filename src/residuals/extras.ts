import type { Aws } from "../aws/aws.ts";
import { type Extra, standing, whoseBy } from "../aws/extra.ts";
import { eachService } from "../aws/services.ts";
import { rank } from "../engine/baseline.ts";
import type { Identified } from "../engine/resource.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import { BuddyError } from "../lib/errors.ts";
import { findNeighbours } from "./foreign.ts";

export interface Extras {
  /** What matters most for safety first. */
  readonly found: readonly Extra[];
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

/** What others have hung on the stack's objects, or put into its VPC. Only reads; what may not be read does not hide the others. */
export async function findExtras(aws: Aws, stack: string, { entries }: Snapshot): Promise<Extras> {
  const unseen: string[] = [];
  const children = eachService.flatMap(({ extras = [] }) =>
    extras.map(async ({ what, read }) => {
      try {
        return await read(aws, stack, entries);
      } catch (error) {
        if (error instanceof BuddyError) throw error;
        unseen.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
        return [];
      }
    }),
  );
  const known = new Set([...entries.values()].flatMap(({ look }) => look.live?.id ?? []));
  const neighbours = standing<Identified>(entries, "ec2:vpc").map(async ({ live }) => {
    const around = await findNeighbours(aws, live.id, stack, known);
    unseen.push(...around.unseen);
    return around.found.map(
      ({ id, what, tags, effect = "", danger, commands }): Extra => ({
        what,
        id,
        effect,
        whose: whoseBy(tags),
        danger,
        commands,
      }),
    );
  });
  const found = (await Promise.all([...children, ...neighbours])).flat();
  return { found: found.toSorted((one, other) => rank(one.danger) - rank(other.danger)), unseen };
}

/** True where something was opened: what only stands beside the stack is told, and is no difference. */
export const opensSomething = ({ found }: Extras): boolean => found.some(({ danger }) => danger !== undefined);
