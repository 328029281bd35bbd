import { groupBy } from "../lib/group.ts";
import { roundToCents } from "../lib/money.ts";
import { type Amount, type CostLine, type Estimate, totalsOf } from "./estimate.ts";

export interface CostChange {
  /** Dollars a month more, or less when negative. Of what is known. */
  readonly fixed: number;
  /** The same for an ordinary month with its usage. */
  readonly typical: number;
  /** Objects that change, with dollars of an ordinary month. */
  readonly objects: readonly {
    readonly step: string;
    readonly object: string;
    /**
     * "unknown" when something of an object that was there and stays has no price on one side. What comes or goes with a part
     * that has no price is at least this, or at most when negative.
     */
    readonly difference: Amount;
    readonly unknown: readonly string[];
  }[];
  readonly unknown: readonly string[];
  readonly complete: boolean;
}

type Lines = Pick<Estimate, "lines">;

/** What a change of the stack changes in the bill. Objects are compared by their names. */
export function costChange(before: Lines, after: Lines): CostChange {
  const old = groupBy(withoutTwins(before.lines, after.lines), ({ object }) => object);
  const now = groupBy(withoutTwins(after.lines, before.lines), ({ object }) => object);
  const stays = new Set(before.lines.map(({ object }) => object));
  const comes = new Set(after.lines.map(({ object }) => object));
  const changes = [...new Set([...now.keys(), ...old.keys()])].map((object) => {
    const [is, was] = [now.get(object) ?? [], old.get(object) ?? []];
    const [sum, minus] = [totalsOf(is), totalsOf(was)];
    const unknown = [...new Set([...sum.unknown, ...minus.unknown])];
    // What has no price on one side would look like a saving, or like a rise.
    const known = unknown.length === 0 || !(stays.has(object) && comes.has(object));
    return {
      step: [...is, ...was].find(({ step }) => step !== "")?.step ?? "",
      object,
      fixed: known ? sum.fixed - minus.fixed : 0,
      difference: known ? sum.total.typical - minus.total.typical : ("unknown" as const),
      unknown,
    };
  });
  const unknown = [...new Set(changes.flatMap((change) => change.unknown))];
  return {
    fixed: changes.reduce((sum, { fixed }) => sum + fixed, 0),
    typical: changes.reduce((sum, { difference }) => sum + (difference === "unknown" ? 0 : difference), 0),
    objects: changes
      .filter(({ difference, unknown }) => unknown.length > 0 || Math.abs(Number(difference)) >= 0.005)
      .map(({ step, object, difference, unknown }) => ({ step, object, difference, unknown })),
    unknown,
    complete: unknown.length === 0,
  };
}

/** The lines without those that have no price on either side: the same unpriced thing cancels out. */
const withoutTwins = (lines: readonly CostLine[], others: readonly CostLine[]): readonly CostLine[] =>
  lines.filter(
    (line) =>
      line.monthly !== "unknown" ||
      !others.some(
        (other) =>
          other.monthly === "unknown" &&
          other.object === line.object &&
          other.price === line.price &&
          other.quantity === line.quantity,
      ),
  );

/** Dollars of an ordinary month more, by key; null: something of it has no price. What several objects share is theirs in equal parts. */
export function costChangeByKey(before: Lines, after: Lines): ReadonlyMap<string, number | null> {
  const found = new Map<string, number | null>();
  const add = (lines: readonly CostLine[], sign: 1 | -1) => {
    for (const { keys, monthly } of lines) {
      for (const key of keys) {
        const sum = found.get(key);
        if (sum === null) continue;
        found.set(key, monthly === "unknown" ? null : (sum ?? 0) + (sign * monthly) / keys.length);
      }
    }
  };
  add(after.lines, 1);
  add(before.lines, -1);
  return new Map([...found].map(([key, sum]) => [key, sum === null ? null : roundToCents(sum)]));
}
