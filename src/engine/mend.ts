import type { WatchedChange } from "./baseline.ts";
import { ownerOf } from "./former.ts";
import { observe, patiently } from "./observe.ts";
import type { Identified, Mending } from "./resource.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import type { Observed, Snapshot } from "./snapshot.ts";
import { objectNamed, watchedOf } from "./watching.ts";

/** A property that somebody has changed, and how it gets back what it was; neither way: nobody knows. */
export interface Mend extends Mending, Pick<WatchedChange, "path" | "before" | "now"> {
  readonly key: string;
  readonly name: string;
}

/** Only the hash of what it was is known. */
const isHash = (before: string | undefined): boolean => before?.startsWith("sha256:") ?? false;

/** A tag that somebody has put on it goes as one does that the config has no more. */
function withoutTag(
  run: Pick<Run, "aws" | "store">,
  { node, look, wanted }: Observed,
  path: string,
): Mending | undefined {
  const tag = /^Tag(?:s|List)\[(.+?)\](?:\.\w+)?$/.exec(path)?.[1];
  const { type } = node;
  if (tag === undefined || type.update === undefined || !wanted) return undefined;
  const owner = { ...ownerOf(run, node), obsoleteTags: [tag] };
  return { put: async () => type.update?.(run.aws, look.live as Identified, wanted, new Set(["tags"]), owner) };
}

/** What others changed of these objects, by their keys or names, and what becomes of it. Throws `usage` on one that is not there. Pure. */
export function mendsOf(
  run: Pick<Run, "aws" | "store">,
  snapshot: Snapshot,
  names: readonly string[],
): readonly Mend[] {
  return [...new Set(names)].flatMap((name) => {
    const entry = objectNamed(snapshot, name);
    const { node, look } = entry;
    return watchedOf(entry).map(({ path, before, now }): Mend => {
      const own = isHash(before) ? undefined : node.type.mend?.(run.aws, look.live as Identified, { path, before });
      const how = own ?? (before === undefined ? withoutTag(run, entry, path) : undefined);
      return { key: node.key, name: node.name, path, before, now, ...how };
    });
  });
}

/** Reads lag behind writes: so long it may take until what was put back shows, milliseconds. */
const SHOWS_WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 2_000;

/** Puts back what this program can put back, and looks until it shows. Answers how many properties that were. */
export async function mend(run: Run, { entries }: Snapshot, mends: readonly Mend[]): Promise<number> {
  const ours = mends.filter(({ put }) => put !== undefined);
  for (const { put } of ours) await patiently(run, put as NonNullable<Mend["put"]>);
  const since = run.clock.now();
  const shown = async (key: string) => {
    const { node } = entries.get(key) as Observed;
    const recorded = run.store.get(key);
    const left = watchedOf({ node, recorded, look: await observe(run, node, recorded) });
    return !ours.some((one) => one.key === key && left.some(({ path }) => path === one.path));
  };
  for (const key of new Set(ours.map((one) => one.key)))
    while (!(await shown(key)) && run.clock.now() - since < SHOWS_WITHIN_MS)
      await run.clock.sleep(LOOK_EVERY_MS, run.signal).catch(() => throwIfInterrupted(run));
  return ours.length;
}
