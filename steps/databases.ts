import type { Aws } from "../src/aws/aws.ts";
import { type Named, nameFor, ownPath } from "../src/aws/names.ts";
import { database } from "../src/aws/rds/database.ts";
import { instanceNames, listInstances } from "../src/aws/rds/read-instances.ts";
import { replica } from "../src/aws/rds/replica.ts";
import { standingOf } from "../src/aws/rds/standing.ts";
import { BuddyError } from "../src/lib/errors.ts";

/** Keys of the primary and of its replica. */
export const PRIMARY = "database";
export const REPLICA = "replica";

/** The application's database, and who owns it. */
export const DATABASE_NAME = "django_db";
export const DATABASE_USER = "admin";

/** The parameter that holds its password. */
export const passwordParameter = ({ stack }: { readonly stack: string }): string =>
  `${ownPath(stack)}database/password`;

/** Names of the stack's two databases: a failover, or a restore, makes another instance the primary. */
export interface Databases {
  readonly primary: string;
  readonly replica: string;
}
/** Those of a stack that never had others. */
export const firstDatabases = (named: Named): Databases => ({
  primary: nameFor(named, database, "database1"),
  replica: nameFor(named, replica, "database1-replica"),
});

/** The first free name for a new replica: "database1-replica", "database1-replica-2", … */
export function freeReplica(named: Named, taken: ReadonlySet<string>): string {
  const { replica } = firstDatabases(named);
  for (let number = 1; ; number++) {
    const name = number === 1 ? replica : `${replica}-${number}`;
    if (!taken.has(name)) return name;
  }
}

/**
 * What the state records of them; AWS is asked, by tags, for what it does not. Without `aws`, that is what a new stack has.
 * @param recorded the recorded name of a key
 */
export async function databasesOf(
  aws: Aws | undefined,
  named: Named,
  recorded: (key: string) => string | undefined,
): Promise<Databases> {
  const [primary, replica] = [recorded(PRIMARY), recorded(REPLICA)];
  if (primary !== undefined && replica !== undefined) return { primary, replica };
  // A new stack's names are looked at, and found to be somebody else's, when it is planned.
  const first = firstDatabases(named);
  if (!aws || primary === first.primary) return { ...first, ...(primary ? { primary } : {}) };
  const [instances, names] = await Promise.all([listInstances(aws, named.stack), instanceNames(aws)]);
  const standing = standingOf(instances, names);
  const current = primary ?? theOne(standing.under(PRIMARY), PRIMARY, first.primary) ?? first.primary;
  const [found] = standing.under(REPLICA).filter((id) => id !== current);
  return {
    primary: current,
    replica: replica ?? found ?? freeReplica(named, current === first.primary ? new Set() : names),
  };
}

/** The one of this name, or the only one. Throws `ambiguous`. */
function theOne(found: readonly string[], key: string, first: string): string | undefined {
  if (found.length < 2) return found[0];
  if (found.includes(first)) return first;
  throw new BuddyError({
    code: "ambiguous",
    message: `${found.length} instances carry the key "${key}" by tags of their own: ${found.join(", ")}`,
    about: { key },
    hint: "Keep one: take the tag buddyverse:key away from the others.",
  });
}
