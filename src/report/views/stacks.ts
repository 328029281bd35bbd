import { at } from "../../lib/duration.ts";
import { dollars } from "../../lib/money.ts";
import { indented, oneLine } from "../../lib/text.ts";
import { type Held, heldText } from "../../state/stack-lock.ts";
import { plain } from "../style.ts";
import { joined, type Look, tableLine, WIDTH } from "./look.ts";

/** A stack of the account, in one region. What only its state tells is undefined where that is not known. */
export interface ListedStack {
  readonly stack: string;
  readonly region: string;
  /** Undefined: it is not up, and something is left. */
  readonly vpc: string | undefined;
  /** Its objects in EC2. */
  readonly objects: number;
  /** US dollars a month, whatever its use. */
  readonly monthly: { readonly usd: number; readonly complete: boolean } | undefined;
  readonly lastRun: { readonly at: string; readonly command: string; readonly result: string } | undefined;
  /** Where its state is. */
  readonly state: string | undefined;
  /** The run that is at work on it; undefined: none, or it could not be read. */
  readonly lock: Held | undefined;
  /** Why its cost or its last run is not known, or its lock was not read. */
  readonly unknown: string | undefined;
}

export interface ListedStacks {
  /** Those that were looked at. */
  readonly regions: readonly string[];
  readonly stacks: readonly ListedStack[];
  readonly unseen: readonly { readonly region: string; readonly reason: string }[];
}

const heads = (several: boolean) => ["stack", ...(several ? ["region"] : []), "in EC2", "a month", "last run"];

const cells = ({ stack, region, objects, monthly, lastRun }: ListedStack, several: boolean): readonly string[] => [
  oneLine(stack),
  ...(several ? [region] : []),
  String(objects),
  monthly === undefined ? "?" : `${dollars(monthly.usd)}${monthly.complete ? "" : "+?"}`,
  lastRun === undefined ? "?" : `${at(Date.parse(lastRun.at))}, ${lastRun.result}`,
];

/** What is too long for a column. */
const detail = ({ vpc, state, unknown }: ListedStack): string =>
  [
    vpc ?? "no VPC",
    ...(state === undefined ? [] : [`state ${oneLine(state)}`]),
    ...(unknown === undefined ? [] : [`?: ${oneLine(unknown)}`]),
  ].join(" · ");

/** The stacks of an account in a region, or in several. */
export function stacksView(
  { regions, stacks, unseen }: ListedStacks,
  { style = plain, width = WIDTH }: Look = {},
  now = Date.now(),
): string {
  const several = regions.length + unseen.length > 1;
  const where = several ? `the ${regions.length} regions` : regions[0];
  const rows = stacks.map((one) => cells(one, several));
  const { line } = tableLine([heads(several), ...rows]);
  const missed = unseen.map(({ region, reason }) => `Not looked at: ${region}: ${oneLine(reason)}`);
  return joined([
    ...(stacks.length === 0
      ? [`No object in EC2 of ${where} bears the tag of a stack. \`buddyverse up\` makes the first.`]
      : [style.bold(line(heads(several)))]),
    ...stacks.flatMap((one, index) => [
      line(rows[index] ?? []),
      ...(one.lock ? indented(`at work: ${heldText(one.lock, now)}`, width, "  ").map(style.yellow) : []),
      ...indented(detail(one), width, "  ").map(style.dim),
    ]),
    ...(missed.length > 0 ? ["", ...missed] : []),
  ]);
}
