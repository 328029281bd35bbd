import type { WatchedChange } from "./baseline.ts";
import { patiently } from "./observe.ts";
import type { Identified, Mending } from "./resource.ts";
import type { Run } from "./run.ts";
import type { Snapshot } from "./snapshot.ts";
import { objectNamed, watchedOf } from "./watching.ts";

/** A property that somebody has changed, and how it gets back what it was; neither way: nobody knows. */
export interface Mend extends Mending, Pick<WatchedChange, "path" | "before" | "now"> {
  readonly key: string;
  readonly name: string;
}

/** Only the hash of what it was is known. */
const isHash = (before: string | undefined): boolean => before?.startsWith("sha256:") ?? false;

/** What others changed of these objects, by their keys or names, and what becomes of it. Throws `usage` on one that is not there. Pure. */
export function mendsOf({ aws }: Pick<Run, "aws">, snapshot: Snapshot, names: readonly string[]): readonly Mend[] {
  return [...new Set(names)].flatMap((name) => {
    const entry = objectNamed(snapshot, name);
    const { node, look } = entry;
    return watchedOf(entry).map(({ path, before, now }): Mend => {
      const how = isHash(before) ? undefined : node.type.mend?.(aws, look.live as Identified, { path, before });
      return { key: node.key, name: node.name, path, before, now, ...how };
    });
  });
}

/** Puts back what this program can put back. Answers how many properties that were. */
export async function mend(run: Run, mends: readonly Mend[]): Promise<number> {
  let count = 0;
  for (const { put } of mends) {
    if (!put) continue;
    await patiently(run, put);
    count += 1;
  }
  return count;
}
