import { isDeepStrictEqual } from "node:util";
import { costChange } from "./cost-change.ts";
import type { Amount, Choose, Estimate } from "./estimate.ts";

/** How to get there: change the config; buy a contract in the AWS console; or it is for comparison, `up` does not make it. */
export type By = "config" | "contract" | "comparison";

/** A stack with one thing done differently. */
export interface Variant<Config> {
  readonly name: string;
  /** Undefined: as it is. */
  readonly config?: Config;
  /** How objects are paid for or built otherwise, without a word of it in the config. */
  readonly choose?: Choose;
  readonly by?: By;
  /** Requirements of the stack that it gives up. */
  readonly breaks?: readonly string[];
  /** What it takes, and what it takes away. */
  readonly note?: string;
}

export interface VariantTable<Config> {
  readonly title: string;
  readonly rows: readonly Variant<Config>[];
  /** What the configured row saves beside a dearer one is worth a line. */
  readonly tellsSaved?: true;
}

/** The whole stack, with one thing done differently. */
export interface Alternative {
  readonly name: string;
  /** True for what the config says now. */
  readonly configured: boolean;
  /** Dollars of the whole stack in an ordinary month; "unknown" when something that is always there has no price. */
  readonly monthly: Amount;
  /** Dollars a month more than the configured stack, less when negative. */
  readonly difference: Amount;
  /** What has no price here. */
  readonly unknown: readonly string[];
  readonly by: By;
  readonly breaks: readonly string[];
  readonly note?: string;
}

export interface AlternativeTable {
  readonly title: string;
  readonly rows: readonly Alternative[];
  readonly tellsSaved: boolean;
}

export interface Saving {
  readonly name: string;
  /** Dollars an ordinary month, above 0. */
  readonly saves: number;
  readonly monthly: Amount;
  readonly by: By;
  readonly breaks: Alternative["breaks"];
}

export interface Alternatives {
  readonly tables: readonly AlternativeTable[];
  /**
   * Each single change that costs less, the largest saving first; those that break a requirement come last.
   * They do not add up: some exclude each other.
   */
  readonly savings: readonly Saving[];
}

/**
 * The stack as it is beside its variants; and what saves most. Pure.
 * @param billOf the bill of the stack that a variant's config describes, as it is built and paid for there.
 */
export function alternatives<Config>(
  config: Config,
  tables: readonly VariantTable<Config>[],
  billOf: (config: Config, choose?: Choose) => Estimate,
): Alternatives {
  const base = billOf(config);
  const beside = (variant: Variant<Config>): Alternative => {
    const { name, by = "config", breaks = [], note } = variant;
    const configured = variant.choose === undefined && isDeepStrictEqual(variant.config ?? config, config);
    const bill = configured ? base : billOf(variant.config ?? config, variant.choose);
    const change = costChange(base, bill);
    return {
      name,
      configured,
      monthly: bill.totals.fixedComplete ? bill.totals.total.typical : "unknown",
      difference: change.complete ? change.typical : "unknown",
      unknown: change.unknown,
      by,
      breaks,
      ...(note === undefined ? {} : { note }),
    };
  };
  const compared = tables.map(({ title, rows, tellsSaved = false }) => ({
    title,
    rows: rows.map(beside),
    tellsSaved,
  }));
  return { tables: compared, savings: savingsOf(compared.flatMap(({ rows }) => rows)) };
}

function savingsOf(rows: readonly Alternative[]): Saving[] {
  return rows
    .flatMap(({ name, difference, monthly, by, breaks }) =>
      // Less than a cent is no saving.
      difference === "unknown" || difference > -0.01 ? [] : { name, saves: -difference, monthly, by, breaks },
    )
    .toSorted((a, b) => Number(a.breaks.length > 0) - Number(b.breaks.length > 0) || b.saves - a.saves);
}
