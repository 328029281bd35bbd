import { drillStack } from "../../../steps/drills.ts";
import { instanceHour } from "../../aws/ec2/prices.ts";
import { databaseHour } from "../../aws/rds/prices.ts";
import { tiersOf } from "../../cost/price-table.ts";
import { isEmpty, planUp } from "../../engine/plan.ts";
import { about } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { dollars } from "../../lib/money.ts";
import { filesTrialOf } from "../../recovery/files-trial.ts";
import { databaseRehearsal } from "../../recovery/rehearsal.ts";
import { webInstances } from "../../recovery/replication.ts";
import { trialOf } from "../../recovery/trial.ts";
import { nounOf } from "../../report/names.ts";
import { plain } from "../../report/style.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import type { ScalingGroup } from "../../verify/aws/scaling.ts";
import { type Announcement, type Drill, runDrill } from "../../verify/drills/drill.ts";
import type { DrillStack } from "../../verify/drills/drill-stack.ts";
import { drills } from "../../verify/drills/drills.ts";
import { lastOf, remember } from "../../verify/drills/history.ts";
import { DRILLS, type DrillName, type Ending } from "../../verify/drills/result.ts";
import { confirm } from "../ask.ts";
import { following } from "../drill-progress.ts";
import type { Session } from "../session.ts";
import type { DrillRun, DrillsOutcome, VerifyContext } from "./verify.ts";

/** Says what it will do, asks, and does one drill after the other. What each one showed goes into the stack's history. */
export async function runDrills(
  context: VerifyContext,
  wanted: DrillName | "all",
  yes: boolean,
): Promise<DrillsOutcome> {
  const { session, screen } = context;
  const { interrupted } = session;
  const { run } = session.stack;
  const stack = await stackOf(context);
  const group = await stack.group();
  const chosen = (wanted === "all" ? DRILLS.filter((name) => !drills[name].onlyByName) : [wanted]).map(
    (name) => drills[name],
  );
  const judged = await Promise.all(chosen.map(async (drill) => ({ drill, why: await drill.refuses(group, stack) })));
  const skipped = judged.flatMap(({ drill: { name, requirement }, why }) =>
    why === undefined ? [] : [{ id: name, requirement, why }],
  );
  const able = judged.filter(({ why }) => why === undefined).map(({ drill }) => drill);
  if (able.length === 0) {
    throw new BuddyError({
      code: "failed",
      message: skipped.map(({ id, why }) => `${id}: ${why}`).join("; "),
      hint: "Nothing was changed.",
    });
  }

  screen.say(announced(able, group, stack, session));
  if (!(await confirm(yes, interrupted))) {
    screen.say("Nothing was changed.");
    return { code: 0, runs: [], skipped };
  }
  const runs: DrillRun[] = [];
  for (const drill of able) {
    const { minutes } = drill.announce(group, stack.config);
    const follow = following({ session, drill: drill.name, minutes, style: screen.errLook.style ?? plain });
    try {
      const past = lastOf(run.store.drills, drill.name);
      const result = await runDrill(drill, stack, follow);
      runs.push({ result, past });
      run.store.setDrills(remember(run.store.drills, [result]));
    } finally {
      follow.stop();
    }
    // What is not as it was would be the next one's failure.
    if (interrupted.aborted || runs.at(-1)?.result.notAsBefore.length) break;
  }
  return { code: exitCodeOf(runs.map(({ result }) => result.ending)), runs, skipped };
}

function exitCodeOf(endings: readonly Ending[]): number {
  if (endings.includes("interrupted")) return 5;
  return endings.every((ending) => ending === "passed") ? 0 : 1;
}

function stackOf({ session, source, site, machines }: VerifyContext): Promise<DrillStack> {
  const { interrupted, clock, config, aws } = session;
  const commands = commandsOf(aws);
  const { stack, ...databases } = databaseRehearsal({
    stack: session.stack,
    web: webInstances(session.stack, machines, (ids) => commands.online(ids)),
    config,
    reopened: (names) => session.stackWith({ databases: names }),
  });
  return drillStack(source, {
    clock,
    interrupted,
    site,
    machines,
    trial: trialOf(stack(), machines, (ids) => commands.online(ids)),
    filesTrial: filesTrialOf(stack(), config.stack, machines, (ids) => commands.online(ids)),
    ...databases,
    async planned() {
      const { items } = await stack().plan();
      // What waits for a person (a domain's delegation) still waits.
      return items
        .filter(({ action }) => action !== "none" && action !== "blocked" && action !== "retain")
        .map(({ action, name }) => `${action} ${name}`);
    },
    async heal() {
      const found = await stack().refresh();
      if (isEmpty(planUp(found))) return [];
      const { settled } = await stack().up(found);
      const trouble = settled.find(({ error }) => error !== undefined);
      if (trouble?.error) throw trouble.error;
      return settled
        .filter(({ outcome }) => outcome !== "unchanged")
        .map(({ outcome, name, object, id }) => `${outcome} ${nounOf(object)} ${name}${id ? ` ${id}` : ""}`);
    },
  });
}

/** What each drill will do, how long it takes, what it costs. */
function announced(able: readonly Drill[], group: ScalingGroup, { config }: DrillStack, session: Session): string {
  const [price] = tiersOf(session.prices, instanceHour(config.web.instanceType).item, session.config.region);
  const [database] = tiersOf(session.prices, databaseHour(config.database.instanceClass).item, session.config.region);
  const cost = ({ instanceHours, databaseHours = 0, charged }: Announcement): string => {
    if (charged !== undefined) return `costs ${charged}`;
    if (databaseHours > 0)
      return database
        ? `costs ${dollars(databaseHours * database.usd)}, and its storage meanwhile`
        : `costs ${databaseHours.toFixed(1)} h of a ${config.database.instanceClass}, whose price here is unknown`;
    if (instanceHours === 0) return "costs nothing more";
    if (!price)
      return `costs ${instanceHours.toFixed(1)} h of a ${config.web.instanceType}, whose price here is unknown`;
    return `costs ${dollars(instanceHours * price.usd)}`;
  };
  const announcements = able.map((drill) => ({ drill, plan: drill.announce(group, config) }));
  const minutes = announcements.reduce((sum, { plan }) => sum + plan.minutes, 0);
  return [
    "",
    ...announcements.map(
      ({ drill: { name, requirement }, plan }) =>
        `${name} (${requirement}) ${plan.does}.\n  Takes about ${plan.minutes} min, gives up after ${Math.round(plan.limitMinutes)} min; ${cost(plan)}.`,
    ),
    ...(announcements.length > 1 ? [`About ${about(minutes * 60)} in all, one after the other.`] : []),
    "The site is asked twice a second meanwhile. Alarms may go off, and mail.",
    able.some(({ onlyByName }) => onlyByName)
      ? "From the cut on there is no way back: after Ctrl-C it is carried to its end, and the old primary is kept."
      : "Everything is put back, also after Ctrl-C.",
  ].join("\n");
}
