import { at } from "../../lib/duration.ts";
import { dollars } from "../../lib/money.ts";
import { oneLine } from "../../lib/text.ts";
import { plain } from "../style.ts";
import { joined, type Look, tableLine } from "./look.ts";

/** A stack of the account, in one region. What only its state tells is undefined where that is not here. */
export interface ListedStack {
  readonly stack: string;
  /** Undefined: it is not up, and something is left. */
  readonly vpc: string | undefined;
  /** Its objects in EC2. */
  readonly objects: number;
  /** US dollars a month, whatever its use. */
  readonly monthly: { readonly usd: number; readonly complete: boolean } | undefined;
  readonly lastRun: { readonly at: string; readonly command: string; readonly result: string } | undefined;
  readonly state: string | undefined;
}

const HEADS = ["stack", "VPC", "in EC2", "a month", "last run", "state"];

function cells({ stack, vpc, objects, monthly, lastRun, state }: ListedStack): readonly string[] {
  return [
    oneLine(stack),
    vpc ?? "none",
    String(objects),
    monthly === undefined ? "?" : `${dollars(monthly.usd)}${monthly.complete ? "" : "+?"}`,
    lastRun === undefined ? "?" : `${at(Date.parse(lastRun.at))}, ${lastRun.result}`,
    state ?? "not here",
  ];
}

/** The stacks of an account in a region. */
export function stacksView(stacks: readonly ListedStack[], region: string, { style = plain }: Look = {}): string {
  if (stacks.length === 0)
    return `No object in EC2 of ${region} bears the tag of a stack. \`buddyverse up\` makes the first.`;
  const rows = [HEADS, ...stacks.map(cells)];
  const { line } = tableLine(rows);
  const unknown = stacks.some(({ state }) => state === undefined);
  return joined([
    style.bold(line(HEADS)),
    ...rows.slice(1).map(line),
    ...(unknown ? ["", "What a stack costs and when it was last changed is in its state, where that is."] : []),
  ]);
}
