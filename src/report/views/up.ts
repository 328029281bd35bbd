import type { NodeResult } from "../../engine/node-result.ts";
import { duration } from "../../lib/duration.ts";
import { counted } from "../../lib/text.ts";
import { plain, type Style } from "../style.ts";
import { joined, type Look, type Place } from "./look.ts";
import { type Outputs, outputsView, SANDBOX_NOTE } from "./outputs.ts";
import { isTrouble, troubles } from "./settled.ts";

export interface UpEnd {
  readonly place: Place;
  readonly settled: readonly NodeResult[];
  /** How long it took on the run's clock and really, milliseconds. */
  readonly ms: number;
  readonly realMs: number;
  readonly siteUrl?: string | undefined;
  /** What a person needs next. */
  readonly outputs: Outputs;
  /** What it costs, in a line. */
  readonly cost?: string | undefined;
  /** The next command to try when all is well: "buddyverse verify --sandbox". */
  readonly next: string;
  /** The command that goes on: "buddyverse up --sandbox". */
  readonly again: string;
  readonly verbose?: boolean;
}

/** The last screen of `up`: what was done, where the site is, what failed or waits and what to do about it. */
export function upEnd(end: UpEnd, look: Look = {}): string {
  const { style = plain } = look;
  const { settled, siteUrl, outputs, again } = end;
  const fine = !settled.some(isTrouble);
  const lines = [headline(end, style)];
  if (fine || Object.values(outputs).some((value) => value !== undefined)) {
    // What waits for a person keeps no visitor away; after a failure nobody knows whether the site answers.
    const answers = !settled.some(({ outcome }) => outcome === "failed" || outcome === "interrupted");
    const shown = outputsView({ Site: answers ? siteUrl : undefined, ...outputs }, look);
    if (shown !== "") lines.push("", shown, ...(end.place.sandbox ? ["", SANDBOX_NOTE] : []));
  }
  if (end.cost !== undefined) lines.push("", end.cost);
  lines.push(...troubles(settled, { again, verbose: end.verbose ?? false, style, held: "not started" }));
  if (fine) lines.push("", `Next: ${style.cyan(end.next)}`);
  return joined(lines);
}

/** "✔ Done in 17m41s: 64 created (1 helper removed again), 3 unchanged." What was made and removed again is made, as in the plan. */
function headline({ settled, ms, realMs, place }: UpEnd, style: Style): string {
  const helpers = settled.filter(({ temporary }) => temporary).length;
  const number = (outcome: NodeResult["outcome"]) =>
    settled.filter((one) => (one.temporary ? "created" : one.outcome) === outcome).length;
  const again = helpers === 0 ? "" : ` (${counted(helpers, "helper")} removed again)`;
  const counts = (["created", "updated", "replaced", "deleted", "unchanged"] as const)
    .filter((outcome) => number(outcome) > 0)
    .map((outcome) => `${number(outcome)} ${outcome}${outcome === "created" ? again : ""}`)
    .join(", ");
  const took = `${duration(ms)}${place.sandbox ? ` of sandbox time (${duration(realMs)} here)` : ""}`;
  let [mark, state] = [style.green("✔"), `Done in ${took}`];
  if (number("failed") > 0) [mark, state] = [style.red("✖"), `Not all went well, after ${took}`];
  else if (number("interrupted") > 0) [mark, state] = [style.yellow("!"), `Interrupted, after ${took}`];
  else if (settled.some(isTrouble)) [mark, state] = [style.yellow("!"), `Not finished, after ${took}`];
  return `${mark} ${style.bold(state)}${counts === "" ? "" : `: ${counts}`}.`;
}
