import { drillWorld } from "../../../steps/drills.ts";
import { instanceHour } from "../../aws/ec2/prices.ts";
import { tiersOf } from "../../cost/price-table.ts";
import { isEmpty, planUp } from "../../engine/plan.ts";
import { about } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { dollars } from "../../lib/money.ts";
import { nounOf } from "../../report/names.ts";
import { plain } from "../../report/style.ts";
import type { ScalingGroup } from "../../verify/aws/scaling.ts";
import type { SkippedCheck } from "../../verify/check.ts";
import { type Announcement, type Drill, runDrill } from "../../verify/drills/drill.ts";
import { drills } from "../../verify/drills/drills.ts";
import { lastOf, remember } from "../../verify/drills/history.ts";
import { DRILLS, type DrillName, type Ending } from "../../verify/drills/result.ts";
import type { DrillWorld } from "../../verify/drills/world.ts";
import { confirm } from "../ask.ts";
import { following } from "../drill-progress.ts";
import type { Session } from "../session.ts";
import type { Done, Proving } from "./verify.ts";

/** How the drills ended. `notDone`: those that would prove nothing here, and why. */
export interface Drilled {
  readonly code: number;
  readonly done: readonly Done[];
  readonly notDone: readonly SkippedCheck[];
}

/** Says what it will do, asks, and does one drill after the other. What each one showed goes into the stack's history. */
export async function runDrills(proving: Proving, wanted: DrillName | "all", yes: boolean): Promise<Drilled> {
  const { session, screen } = proving;
  const { interrupted } = session;
  const { run } = session.stack;
  const world = await worldOf(proving);
  const group = await world.group();
  const chosen = (wanted === "all" ? DRILLS : [wanted]).map((name) => drills[name]);
  const judged = await Promise.all(chosen.map(async (drill) => ({ drill, why: await drill.refuses(group, world) })));
  const notDone = judged.flatMap(({ drill: { name, requirement }, why }) =>
    why === undefined ? [] : [{ id: name, requirement, why }],
  );
  const able = judged.filter(({ why }) => why === undefined).map(({ drill }) => drill);
  if (able.length === 0) {
    throw new BuddyError({
      code: "failed",
      message: notDone.map(({ id, why }) => `${id}: ${why}`).join("; "),
      hint: "Nothing was changed.",
    });
  }

  screen.say(announced(able, group, world, session));
  if (!(await confirm(yes, interrupted))) {
    screen.say("Nothing was changed.");
    return { code: 0, done: [], notDone };
  }
  const done: Done[] = [];
  for (const drill of able) {
    const { minutes } = drill.announce(group, world.config);
    const follow = following({ session, drill: drill.name, minutes, style: screen.errLook.style ?? plain });
    try {
      const past = lastOf(run.store.drills, drill.name);
      const result = await runDrill(drill, world, follow);
      done.push({ result, past });
      run.store.setDrills(remember(run.store.drills, [result]));
    } finally {
      follow.stop();
    }
    // What is not as it was would be the next one's failure.
    if (interrupted.aborted || done.at(-1)?.result.notAsBefore.length) break;
  }
  return { code: exitCodeOf(done.map(({ result }) => result.ending)), done, notDone };
}

function exitCodeOf(endings: readonly Ending[]): number {
  if (endings.includes("interrupted")) return 5;
  return endings.every((one) => one === "passed") ? 0 : 1;
}

function worldOf({ session, source, site, machines }: Proving): Promise<DrillWorld> {
  const { interrupted, clock, stack } = session;
  return drillWorld(source, {
    clock,
    interrupted,
    site,
    machines,
    async planned() {
      const { items } = await stack.plan();
      // What waits for a person (a domain's delegation) waits on.
      return items
        .filter(({ action }) => action !== "none" && action !== "blocked")
        .map(({ action, name }) => `${action} ${name}`);
    },
    async heal() {
      const found = await stack.refresh();
      if (isEmpty(planUp(found))) return [];
      const { settled } = await stack.up(found);
      const trouble = settled.find(({ error }) => error !== undefined);
      if (trouble?.error) throw trouble.error;
      return settled
        .filter(({ outcome }) => outcome !== "unchanged")
        .map(({ outcome, name, object, id }) => `${outcome} ${nounOf(object)} ${name}${id ? ` ${id}` : ""}`);
    },
  });
}

/** What each drill will do, how long it takes, what it costs. */
function announced(able: readonly Drill[], group: ScalingGroup, { config }: DrillWorld, session: Session): string {
  const [price] = tiersOf(session.prices, instanceHour(config.web.instanceType).item, session.config.region);
  const cost = ({ instanceHours }: Announcement): string => {
    if (instanceHours === 0) return "costs nothing more";
    if (!price)
      return `costs ${instanceHours.toFixed(1)} h of a ${config.web.instanceType}, whose price here is unknown`;
    return `costs ${dollars(instanceHours * price.usd)}`;
  };
  const told = able.map((drill) => ({ drill, plan: drill.announce(group, config) }));
  const minutes = told.reduce((sum, { plan }) => sum + plan.minutes, 0);
  return [
    "",
    ...told.map(
      ({ drill: { name, requirement }, plan }) =>
        `${name} (${requirement}) ${plan.does}.\n  Takes about ${plan.minutes} min, gives up after ${Math.round(plan.limitMinutes)} min; ${cost(plan)}.`,
    ),
    ...(told.length > 1 ? [`About ${about(minutes * 60)} in all, one after the other.`] : []),
    "The site is asked twice a second meanwhile. Alarms may go off, and mail. Everything is put back, also after Ctrl-C.",
  ].join("\n");
}
