import { GROUP_KEY } from "../../steps/auto-scaling.ts";
import { LAUNCH_TEMPLATE_KEY } from "../../steps/image.ts";
import { atVersion } from "../aws/auto-scaling/group.ts";
import { refreshRollout, rollBackRollout } from "../aws/auto-scaling/rollout.ts";
import { goBack, isSame, type LaunchTemplateLive } from "../aws/ec2/launch-template.ts";
import type { NodeResult } from "../engine/node-result.ts";
import { patiently } from "../engine/observe.ts";
import type { Rollout } from "../engine/resource.ts";
import type { Stack } from "../engine/stack.ts";
import { BuddyError } from "../lib/errors.ts";
import type { History, Release } from "./history.ts";

/** What a rollback leaves, and what it goes back to. */
export interface Rollback {
  readonly from: Release;
  readonly to: Release;
  /** `from` is still under way: it is ended, and what it replaced so far is put back. */
  readonly ends: boolean;
  readonly rollout: Rollout | undefined;
}

const refuse = (message: string, hint: string): BuddyError => new BuddyError({ code: "refused", message, hint });

const CAME_UP: ReadonlySet<Release["result"]> = new Set(["first", "succeeded", "unknown"]);

/**
 * Which release is left, and which one is gone back to. Throws `refused` where that cannot be.
 * @param number undefined: the last one that came up, and was not left itself, before what runs; the one that runs, while
 * another is under way
 */
export function rollbackOf({ releases, group, template }: History, number: number | undefined): Rollback {
  const begun = unfinished({ releases, group, template }, number);
  if (begun) return { ...begun, ends: false, rollout: refreshRollout(group) };
  const current = releases.find((one) => one.current);
  if (!current) throw refuse("what the instances run is not a release of the stack", "Run `buddyverse up` first.");
  const underWay = group.refresh?.advancing
    ? releases.find(({ version }) => String(version.number) === group.refresh?.template?.version)
    : undefined;
  if (group.refresh?.underWay && !underWay)
    throw refuse(
      "an instance refresh is being ended, and AWS does one at a time",
      "Wait until `buddyverse status` says that it is over, then run the same command.",
    );
  const from = underWay ?? current;
  const left = new Set([...releases.map(({ version }) => version.back?.from), Number(template.rolledBackFrom)]);
  const canReturn = ({ version, result, imageThere }: Release): boolean =>
    imageThere &&
    CAME_UP.has(result) &&
    !left.has(version.number) &&
    version.number < from.version.number &&
    !isSame(version, from.version);
  const to =
    number === undefined
      ? underWay
        ? current
        : releases.find(canReturn)
      : releases.find(({ version }) => version.number === number);
  if (!to && number === undefined)
    throw refuse(
      `there is no release before ${from.version.number} to go back to`,
      "`buddyverse releases` lists them; what image.keep says stays.",
    );
  if (!to)
    throw refuse(
      `there is no release ${number}`,
      `These are there: ${releases.map(({ version }) => version.number).join(", ")}.`,
    );
  if (!to.imageThere)
    throw refuse(
      `release ${to.version.number} starts from ${to.version.imageId}, and that image is gone`,
      "`buddyverse releases` lists what can be gone back to; image.keep says how many images stay.",
    );
  if (to === from || (!underWay && isSame(to.version, from.version)))
    throw refuse(
      `release ${to.version.number} is what ${underWay ? "is being brought" : "runs"} already`,
      "Name another one: `buddyverse releases` lists them.",
    );
  const ends = underWay !== undefined && to === current;
  return {
    from,
    to,
    ends,
    rollout: ends && group.refresh ? rollBackRollout(group.refresh, group) : refreshRollout(group),
  };
}

/** A rollback that was cut off: the same command continues it, and does not go back from it. */
function unfinished(
  { releases, group, template }: History,
  number: number | undefined,
): Pick<Rollback, "from" | "to"> | undefined {
  const of = (wanted: number | undefined) => releases.find(({ version }) => version.number === wanted);
  const back = of(template.version)?.version.back;
  if (!back || String(template.version) === group.own.version || (number ?? back.to) !== back.to) return undefined;
  const [from, to] = [of(back.from), of(back.to)];
  return from && to && { from, to };
}

/** Goes back, and waits until the instances are replaced. Answers the number of the release that runs then. */
export async function rollBack(
  stack: Stack,
  { group, template }: History,
  { from, to }: Rollback,
): Promise<{ readonly number: number; readonly settled: NodeResult }> {
  const { run } = stack;
  // Looked at again each time: an answer that was lost may have made the version.
  const number = await patiently(run, async () => {
    const now = ((await stack.find(LAUNCH_TEMPLATE_KEY)) as LaunchTemplateLive | undefined) ?? template;
    return goBack(run.aws, now, to.version, from.version);
  });
  // What the config said of the number of instances stays what it said.
  const { desired } = run.store.get(GROUP_KEY)?.spec ?? {};
  return { number, settled: await stack.bring(GROUP_KEY, { ...atVersion(group, number), desired }) };
}
