import { groupBy } from "../lib/group.ts";
import { propertiesOf } from "../lib/properties.ts";
import { classify } from "./baseline.ts";
import type { AnyType, Coverage } from "./resource.ts";
import type { Snapshot } from "./snapshot.ts";
import { subjectOf } from "./watching.ts";

/** How many properties of the objects are whose. */
export interface Counts {
  /** The config asks for them: `up` puts them back. */
  readonly managed: number;
  /** The config leaves them open: `status` tells when somebody changes them. */
  readonly watched: number;
  /** They change by themselves, or are looked at elsewhere. */
  readonly ignored: number;
  /** What of an object could be changed and is not read. */
  readonly unshown: number;
}

/** Whose is what, of the objects of one type. Paths are those of any member of a list: "Tags[]". */
export interface TypeCoverage extends Counts {
  readonly object: string;
  readonly objects: number;
  readonly managedBy: Readonly<Record<string, readonly string[]>>;
  readonly watches: readonly string[];
  readonly ignores: Readonly<Record<string, string>>;
  readonly notShown: Readonly<Record<string, string>>;
}

const ofAny = (path: string): string => path.replace(/\[[^\]]*\](#\d+)?/g, "[]");

/** What becomes of each property of what is there, type by type. Pure. */
export function coverageOf({ entries }: Pick<Snapshot, "entries">): readonly TypeCoverage[] {
  const byType = groupBy(
    [...entries.values()].filter(({ node, look, recorded }) => node.type.coverage && look.live && recorded),
    ({ node }) => node.type,
  );
  return [...byType].map(([type, all]) => {
    const { ignores = {}, unshown = {} } = type.coverage as Coverage<object>;
    const seen = all.flatMap(({ node, look, recorded }) => {
      const { spec, tags } = subjectOf(node, recorded);
      return [...propertiesOf(look.live?.described).keys()].map((path) => ({
        path: ofAny(path),
        ...classify(type, spec, tags, path),
      }));
    });
    const number = (which: string) => seen.filter(({ standing }) => standing === which).length;
    const managed = groupBy(
      seen.filter(({ standing }) => standing === "managed"),
      ({ why }) => why,
    );
    return {
      object: type.name,
      objects: all.length,
      managed: number("managed"),
      watched: number("watched"),
      ignored: number("ignored"),
      unshown: all.length * Object.keys(unshown).length,
      managedBy: Object.fromEntries([...managed].map(([field, of]) => [field, unique(of.map(({ path }) => path))])),
      watches: unique(seen.flatMap(({ standing, path }) => (standing === "watched" ? [path] : []))),
      ignores,
      notShown: unshown,
    };
  });
}

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

/** Of all types together. */
export function countsOf(types: readonly Counts[]): Counts {
  const sum = (of: keyof Counts) => types.reduce((total, one) => total + one[of], 0);
  return { managed: sum("managed"), watched: sum("watched"), ignored: sum("ignored"), unshown: sum("unshown") };
}

/** What a type says of AWS's answers, whatever is there: rows of a table, for the documentation. */
export function declaredCoverage(types: Iterable<AnyType>): readonly {
  readonly object: string;
  readonly managed: readonly string[];
  readonly ignored: readonly string[];
  readonly unshown: readonly string[];
}[] {
  return [...types]
    .filter(({ coverage }) => coverage)
    .map(({ name, coverage }) => {
      const { covers, ignores = {}, unshown = {} } = coverage as Coverage<Readonly<Record<string, unknown>>>;
      const reasons = groupBy(Object.entries(ignores), ([, reason]) => reason);
      const hidden = groupBy(Object.entries(unshown), ([, reason]) => reason);
      const told = (all: Map<string, [string, string][]>) =>
        [...all].map(([reason, of]) => `${of.map(([what]) => what).join(", ")}: ${reason}`);
      return {
        object: name,
        managed: Object.entries(covers).flatMap(([field, paths]) =>
          typeof paths === "string" ? [] : [`${field}: ${paths.join(", ")}`],
        ),
        ignored: told(reasons),
        unshown: told(hidden),
      };
    });
}
