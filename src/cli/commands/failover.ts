import { instanceNamed } from "../../aws/rds/read-instances.ts";
import { removal } from "../../aws/rds/succession.ts";
import { forecastUp } from "../../engine/forecast.ts";
import { about, measured } from "../../lib/duration.ts";
import { exitCodeOf } from "../../lib/errors.ts";
import { centsIfKnown, dollars } from "../../lib/money.ts";
import { type FailoverResult, failOver, lossReason, type Situation, situationOf } from "../../recovery/failover.ts";
import { webInstances } from "../../recovery/replication.ts";
import { wholeAgain } from "../../recovery/whole-again.ts";
import { heading } from "../../report/views/heading.ts";
import { fitted } from "../../report/views/look.ts";
import { commandsOf } from "../../verify/aws/commands.ts";
import { machinesBy } from "../../verify/machines.ts";
import { ask, requireConsent } from "../ask.ts";
import { primaryMonthly } from "../cost-summary.ts";
import { inSteps, PRIMARY_CHANGES } from "../in-steps.ts";
import type { CommonOptions } from "../options.ts";
import { again, errorJson, type Screen, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

export interface FailoverOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly allowDataLoss?: boolean;
}

/** How long writes are away: the reboot of the old primary and the promotion, seconds. */
const USUAL_SECONDS = 360;
const PROMOTION_SECONDS = 300;

/** Has the read replica take the primary's place, for good. */
export async function failover(options: FailoverOptions): Promise<number> {
  const goOn = again("failover", options, options.allowDataLoss ? ["--allow-data-loss"] : []);
  requireConsent("failover", options.yes ?? false, goOn);
  return withSession(
    options,
    { command: "failover", writes: true, resolvesAddress: false, inSteps: true },
    async (session) => {
      const screen = screenOf(session);
      const { aws, clock, config, stack } = session;
      screen.say(heading(screen.place, screen.errLook));
      const commands = commandsOf(aws);
      const web = webInstances(stack, machinesBy(commands, clock, stack.run.signal), (ids) => commands.online(ids));
      const situation = await situationOf(stack, web, options.allowDataLoss ?? false);
      const monthly = await primaryMonthly(session);
      screen.say(fitted(announced(situation, monthly), screen.errLook));
      const question = `Type the stack's name, ${config.stack}, to have it done: `;
      if (!options.yes && (await ask(question, stack.run.signal)) !== config.stack) {
        screen.say("Nothing was changed.");
        return 0;
      }
      return inSteps(screen, { meanwhile: PRIMARY_CHANGES, line: goOn }, async (say) => {
        const { names, ...result } = await failOver(
          { stack, say },
          situation,
          web,
          config.database.backupRetentionDays,
        );
        say("makes the new replica");
        return follow(session, screen, { result, situation, monthly, stack: session.stackWith({ databases: names }) });
      });
    },
  );
}

/** What will be done, and what is lost by it. */
function announced({ stage, from, to, planned, replication }: Situation, monthly: number | undefined): string {
  const [old, heir] = [from ? `${from.id} (${from.zone})` : "the primary, which is gone,", `${to.id} (${to.zone})`];
  if (stage === "switched") return `\n${to.id} is the primary already; what is left of the failover is done.`;
  const lines = [
    `\n${heir} takes the place of ${old} as the primary, for good.`,
    ...loss({ stage, from, to, planned, replication }),
    stage === "promoted"
      ? "  It takes writes already; the site writes to it as soon as it knows its address."
      : `  Writes are away for about ${about(planned ? USUAL_SECONDS : PROMOTION_SECONDS)}, reads for the half minute in which ${to.id} reboots.`,
    ...(from
      ? [
          `  ${from.id} is kept, and nobody can connect to it any more${monthly === undefined ? "" : `; it costs ${dollars(monthly)} a month until you remove it`}.`,
        ]
      : []),
    "  A new replica is made then, in another zone.",
  ];
  return lines.join("\n");
}

function loss({ stage, from, to, planned, replication }: Omit<Situation, "alive">): string[] {
  if (planned)
    return [
      `  Nothing is lost: ${from?.id} is shut off and rebooted first, and ${to.id} gets all that was written before.`,
    ];
  if (stage === "promoted")
    return from
      ? [
          `  ! ${to.id} was promoted already: what was written to ${from.id} since then is not in it, and stays in ${from.id}.`,
        ]
      : [];
  const why = lossReason({ from, to, replication });
  const behind = "unseen" in replication ? undefined : replication.behindSeconds;
  const much =
    behind === undefined
      ? "how much is not known; while replication runs it is mostly less than a second's"
      : `${to.id} is ${behind} s behind`;
  return [
    `  ! Writes may be lost: ${why}, so ${to.id} is not waited for (${much}). They stay in ${from?.id ?? "its backups"}.`,
  ];
}

interface Done {
  readonly result: FailoverResult;
  readonly situation: Situation;
  readonly monthly: number | undefined;
  readonly stack: Session["stack"];
}

/** Makes the new replica, and says how it ended. Answers the exit code. */
async function follow(session: Session, screen: Screen, { result, situation, monthly, stack }: Done): Promise<number> {
  const { aws, options, clock } = session;
  const began = clock.now();
  const { seen, step } = await wholeAgain(stack);
  const reporter = await screen.report(stack.graphOf(step), "up", forecastUp(seen));
  session.listen(reporter.emit);
  const { settled } = await stack.up(seen).finally(reporter.stop);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  const interrupted = trouble?.outcome === "interrupted";
  // An interrupted run asks nothing more.
  const kept = interrupted ? situation.from : result.kept && (await instanceNamed(aws, result.kept));
  const upAgain = again("up", options);
  const lines = [
    `\n${result.primary} is the primary. ${away(situation, result)}`,
    ...(kept
      ? [
          `Kept: ${kept.id}, to which nobody can connect${monthly === undefined ? "" : `: ${dollars(monthly)} a month`}. Removed, with a final snapshot, by`,
          `  ${removal(aws, kept)}`,
        ]
      : []),
    ...(trouble
      ? [`The new replica is not there yet: ${trouble.error?.message ?? trouble.reason}. To continue: ${upAgain}`]
      : []),
    ...(step === undefined ? [] : [`The config asks for more than that: ${upAgain}`]),
  ];
  screen.result(lines.join("\n"), {
    primary: result.primary,
    planned: situation.planned,
    awaySeconds: result.awaySeconds,
    kept: kept ? { id: kept.id, monthly: centsIfKnown(monthly), remove: removal(aws, kept) } : null,
    seconds: Math.round((clock.now() - began) / 1000) + result.awaySeconds,
    ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
  });
  if (!trouble) return 0;
  return interrupted ? 5 : exitCodeOf(trouble.error);
}

const away = ({ stage }: Situation, { awaySeconds }: FailoverResult): string =>
  stage === "fresh" ? `Writes were away for ${measured(awaySeconds)}.` : "";
