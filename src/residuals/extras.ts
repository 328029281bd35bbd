import type { Aws } from "../aws/aws.ts";
import type { Extra } from "../aws/extra.ts";
import { oneLook } from "../aws/look.ts";
import { eachService } from "../aws/services.ts";
import { rank } from "../engine/baseline.ts";
import type { Snapshot } from "../engine/snapshot.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";

export interface Extras {
  /** What matters most for safety first. */
  readonly found: readonly Extra[];
  /** What could not be looked at, and why. */
  readonly unseen: readonly string[];
}

/**
 * Looks at the whole stack and at what others have beside it. What both ask is asked once. With the state lost the stack's
 * own is found by its tags, as without a look at others.
 */
export async function lookAround(
  stack: string,
  { run, refresh }: Pick<Stack, "run" | "refresh">,
): Promise<{ readonly seen: Snapshot; readonly extras: Extras }> {
  const recorded = Object.values(run.store.resources).flatMap(({ id }) => id ?? []);
  const aws = oneLook(run.aws, new Set(recorded));
  const seen = await refresh({ aws });
  return { seen, extras: await findExtras(aws, stack, seen) };
}

/** What others have hung on the stack's objects, or put into its VPC. Only reads; what may not be read does not hide the others. */
export async function findExtras(aws: Aws, stack: string, { entries }: Snapshot): Promise<Extras> {
  const unseen: string[] = [];
  const found = await Promise.all(
    eachService.flatMap(({ extras = [] }) =>
      extras.map(async ({ what, read }) => {
        try {
          return await read(aws, stack, entries, unseen);
        } catch (error) {
          if (error instanceof BuddyError) throw error;
          unseen.push(`${what}: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
          return [];
        }
      }),
    ),
  );
  return { found: found.flat().toSorted((one, other) => rank(one.danger) - rank(other.danger)), unseen };
}

/** True where something was opened: what only stands beside the stack is told, and is no difference. */
export const opensSomething = ({ found }: Extras): boolean => found.some(({ danger }) => danger !== undefined);
