import { GB_MONTH } from "../../aws/price.ts";
import { tieredCost, tiersOf } from "../../cost/price-table.ts";
import { afterDownView } from "../../cost/view.ts";
import { doomed, retainedIn, secondsDown } from "../../engine/down.ts";
import { mayHoldData } from "../../engine/look.ts";
import { throwIfRefused } from "../../engine/refusal.ts";
import type { Survey } from "../../engine/survey.ts";
import { exitCodeOf } from "../../lib/errors.ts";
import { silentReporter } from "../../report/reporter.ts";
import { type Bills, downEnd, downPreview, type LeftAlone, leftAloneView } from "../../report/views/down.ts";
import { credentialsWarning, heading } from "../../report/views/heading.ts";
import { foreignIn } from "../../residuals/foreign.ts";
import { residualCosts } from "../../residuals/residual-costs.ts";
import { ask, requireConsent } from "../ask.ts";
import { costAfterDown, fixedMonthly } from "../cost-summary.ts";
import type { CommonOptions } from "../options.ts";
import { again, errorJson, screenOf } from "../screen.ts";
import { open, type Session } from "../session.ts";

export interface DownOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly discardData?: boolean;
}

export async function down(options: DownOptions): Promise<number> {
  requireConsent("down", options.yes ?? false, goOn(options));
  const discardData = options.discardData ?? false;
  const session = await open(options, { command: "down", writes: true, resolvesAddress: false, discardData });
  try {
    return await remove(session, { ...options, discardData });
  } finally {
    session.close();
  }
}

const goOn = (options: DownOptions): string => again("down", options, options.discardData ? ["--discard-data"] : []);

async function remove(session: Session, options: DownOptions & { readonly discardData: boolean }): Promise<number> {
  const screen = screenOf(session);
  const { config, stack, clock } = session;
  const { run, graph } = stack;
  screen.say(heading(screen.place, screen.errLook));
  const found = await stack.refresh({ orphans: "all", removing: true });
  const gone = doomed(found.surveyed);
  const shown = gone.map(({ node, look, recorded }) => ({
    name: node.name,
    object: node.type.name,
    step: node.step,
    holdsData: mayHoldData(node.type, look.live, recorded),
  }));
  const holding = shown.filter(({ holdsData, object }) => holdsData && object.startsWith("rds:"));
  const alone = leftAlone(session, found);
  if (gone.length > 0 || alone.length === 0)
    screen.say(
      downPreview(
        screen.place,
        shown,
        graph.steps,
        { discardData: options.discardData, keeps: holding.map(({ name }) => `a final snapshot of ${name}`) },
        screen.errLook,
      ),
    );
  const files = shown.filter(({ holdsData, object }) => holdsData && !object.startsWith("rds:"));
  if (files.length > 0) {
    screen.say(
      `Deleted with all that they hold, but for what AWS Backup has: ${files.map(({ name }) => name).join(", ")}.`,
    );
  }
  if (alone.length > 0) screen.say(`\n${leftAloneView(alone, screen.errLook)}`);
  throwIfRefused(found);
  const vpc = found.surveyed.get("vpc")?.look.live;
  const foreign = vpc ? await foreignIn(session.aws, vpc.id, config.stack) : [];
  if (foreign.length > 0) {
    screen.say(
      [
        "\nOthers have put these into the stack's VPC. They are not touched, and what they use cannot go before them:",
        ...foreign.map(({ id, what }) => `  ${id}  ${what}`),
      ].join("\n"),
    );
  }
  const primary = holding.length > 0 && !options.discardData;
  if (Object.keys(run.store.resources).length > 0)
    screen.say(`\n${afterDownView(costAfterDown(session, { discardData: !primary }))}`);
  const { credentials } = screen.place;
  const short = credentials && gone.length > 0 && credentialsWarning(credentials, secondsDown(found), screen.errLook);
  if (short) screen.say(short);
  if (
    gone.length > 0 &&
    !options.yes &&
    (await ask(`Type the stack's name, ${config.stack}, to remove it: `, run.signal)) !== config.stack
  ) {
    screen.say("Nothing was removed.");
    return 0;
  }

  const began = clock.now();
  const wanted = new Set(gone.map(({ node }) => node.key));
  const reporter = gone.length > 0 ? await screen.report(graph, "down", (key) => wanted.has(key)) : silentReporter;
  session.listen(reporter.emit);
  const settled = await stack.down(found).finally(reporter.stop);
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  const interrupted = settled.some(({ outcome }) => outcome === "interrupted");
  const left = interrupted ? undefined : await stack.leftovers();
  const snapshots = settled.flatMap(({ leaves }) => leaves ?? []);
  const bills = interrupted ? undefined : await billsOn(session, found, left ?? []);
  screen.result(
    downEnd(
      {
        place: screen.place,
        settled: settled.filter(({ key }) => wanted.has(key)),
        left,
        alone,
        snapshots,
        bills,
        ms: clock.now() - began,
        again: goOn(options),
        verbose: options.verbose ?? false,
      },
      screen.look,
    ),
    {
      removed: settled
        .filter(({ outcome }) => outcome === "deleted")
        .map(({ key, name, object, id }) => ({ key, name, object, id })),
      left,
      leftAlone: alone,
      snapshots,
      ...(bills ? { billsOn: bills.found, notLookedAt: bills.unseen } : {}),
      seconds: Math.round((clock.now() - began) / 1000),
      ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
    },
  );
  if (interrupted) return 5;
  if (trouble) return exitCodeOf(trouble.error);
  return left && left.length > 0 ? 1 : 0;
}

/** What holds data and is claimed by nobody, as the views show it. */
const leftAlone = (session: Session, { surveyed }: Survey): LeftAlone[] =>
  retainedIn(surveyed).map(({ entry, holds }) => ({
    name: entry.node.name,
    object: entry.node.type.name,
    id: entry.look.live?.id ?? entry.node.name,
    monthly: fixedMonthly(entry, session),
    remedies: entry.remedies,
    holds: holds.map((held) => ({ name: held.node.name, object: held.node.type.name })),
  }));

/** What goes on costing, with its price. */
async function billsOn(
  { aws, config, prices }: Session,
  before: Survey,
  left: readonly { readonly id: string }[],
): Promise<Bills> {
  const { found, unseen } = await residualCosts(aws, config.stack, before);
  return {
    unseen,
    found: found
      .filter(({ id }) => !left.some((one) => one.id === id))
      .map(({ price, gib, ...rest }) => {
        const tiers = price === undefined ? [] : tiersOf(prices, price, aws.region);
        const eachGB = gib === undefined && tiers[0]?.unit === GB_MONTH.name;
        const monthly = tiers.length === 0 ? undefined : tieredCost(tiers, gib ?? 1);
        return { ...rest, gib, eachGB, monthly };
      }),
  };
}
