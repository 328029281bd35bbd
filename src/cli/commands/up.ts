import { outputsFor } from "../../../steps/outputs.ts";
import { warningsFor } from "../../config/schema.ts";
import { preflight } from "../../doctor/preflight.ts";
import { count, isEmpty, type Plan, planUp } from "../../engine/plan.ts";
import { throwIfRefused } from "../../engine/refusal.ts";
import type { Identified } from "../../engine/resource.ts";
import type { Settled } from "../../engine/settled.ts";
import { isForgotten } from "../../engine/survey.ts";
import { BuddyError, exitCodeOf } from "../../lib/errors.ts";
import { credentialsWarning, heading, warningsView } from "../../report/views/heading.ts";
import { planSummary, planView } from "../../report/views/plan.ts";
import { upEnd } from "../../report/views/up.ts";
import { confirm, requireConsent } from "../ask.ts";
import { costNow, monthlyAfter } from "../cost-summary.ts";
import { makeKeyPair, privateKeyFile } from "../inputs.ts";
import type { CommonOptions } from "../options.ts";
import { again, errorJson, screenOf } from "../screen.ts";
import { open, type Session, speedOf } from "../session.ts";

export interface UpOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly step?: string;
  readonly replace?: boolean;
}

export async function up(options: UpOptions): Promise<number> {
  requireConsent("up", options.yes ?? false, goOn(options));
  const session = await open(options, {
    command: "up",
    writes: true,
    resolvesAddress: true,
    replace: options.replace ?? false,
  });
  try {
    return await bring(session, options);
  } finally {
    session.close();
  }
}

const goOn = (options: UpOptions): string =>
  again("up", options, [...(options.step ? ["--step", options.step] : []), ...(options.replace ? ["--replace"] : [])]);

async function bring(session: Session, options: UpOptions): Promise<number> {
  const screen = screenOf(session);
  const { config, stack, clock } = session;
  const { run } = stack;
  const graph = stack.graphOf(options.step);
  screen.say(heading(screen.place, screen.errLook));
  const warnings = warningsFor(config);
  if (warnings.length > 0) screen.say(warningsView(warnings, session.paths.config, screen.errLook));

  const found = await stack.refresh({ step: options.step });
  const planned = planUp(found);
  const facts = {
    speed: speedOf(session),
    monthly: options.step ? undefined : monthlyAfter(found, session),
  };
  const onlyCreates = planned.items.every(
    ({ action }) => action === "create" || action === "wait" || action === "none",
  );
  screen.say(
    onlyCreates ? planSummary(planned, facts) : planView(toldBelow(planned), graph.steps, facts, screen.errLook),
  );
  const { credentials } = screen.place;
  const short = credentials && credentialsWarning(credentials, planned.seconds, screen.errLook);
  if (short !== undefined) screen.say(short);
  throwIfRefused(found);

  const began = { clock: clock.now(), real: performance.now() };
  let settled: readonly Settled[] = [];
  let live: ReadonlyMap<string, Identified> = new Map();
  if (!isEmpty(planned)) {
    if (count(planned, "create") > 0) await checkFirst(session);
    if (!(await confirm(options.yes ?? false, run.signal))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    const keyFile = graph.nodes.has("key-pair")
      ? makeKeyPair({ config, paths: session.paths, sandbox: options.sandbox ?? false, inputs: session.inputs })
      : undefined;
    if (keyFile) screen.say(`The private key of the key pair is in ${keyFile}. It is written only this once.`);
    began.clock = clock.now();
    began.real = performance.now();
    const reporter = await screen.report(graph, "up");
    session.listen(reporter.emit);
    try {
      ({ settled, live } = await stack.up(found));
    } finally {
      reporter.stop();
    }
  } else if (isForgotten(found)) {
    // Nothing to do but to record what is there: without it `down` would not know the stack's data from a copy of it.
    const failed = (await stack.up(found)).settled.find(({ error }) => error !== undefined);
    if (failed?.error) throw failed.error;
  }

  const outputs = outputsFor(
    config,
    (key) => live.get(key) ?? found.surveyed.get(key)?.look.live,
    privateKeyFile(session.paths, options.sandbox ?? false),
  );
  const { siteUrl, ...rest } = outputs;
  const leftAlone = planned.items.filter(({ action }) => action === "retain");
  const pending = planned.items
    .filter(({ action }) => action === "blocked")
    .map(({ key, name, reason }) => ({ key, name, reason }));
  const trouble = settled.find(({ outcome }) => outcome === "failed" || outcome === "interrupted");
  if (!trouble && !options.step) run.store.keepConfig(config);
  const cost = costNow(session);
  if (settled.length > 0) {
    screen.result(
      upEnd(
        {
          place: screen.place,
          settled,
          ms: clock.now() - began.clock,
          realMs: performance.now() - began.real,
          siteUrl,
          outputs: rest,
          cost: cost?.text,
          next: again("status", options),
          again: goOn(options),
          verbose: options.verbose ?? false,
        },
        screen.look,
      ),
      {
        changed: settled.filter(({ outcome }) => outcome !== "unchanged").length,
        settled: settled.map(plain),
        outputs,
        leftAlone,
        ...(cost ? { cost: cost.value } : {}),
        seconds: Math.round((clock.now() - began.clock) / 1000),
        ...(trouble?.error ? { error: errorJson(trouble.error) } : {}),
      },
    );
  } else {
    const causes = pending.filter(({ reason }) => !reason?.startsWith("waits for"));
    screen.result(
      causes.map(({ name, reason }) => `! waits for you: ${name}: ${reason}`).join("\n") ||
        "Everything is as the config says.",
      { changed: 0, pending, outputs, leftAlone },
    );
  }
  if (!trouble) return 0;
  return settled.some(({ outcome }) => outcome === "interrupted") ? 5 : exitCodeOf(trouble.error);
}

/** A plan without the ways out of what is refused: the error after it tells them. */
const toldBelow = (plan: Plan): Plan => ({
  ...plan,
  items: plan.items.map((item) => (item.refused === undefined ? item : { ...item, remedies: [] })),
});

const plain = ({ error, ...rest }: Settled) => ({ ...rest, ...(error ? { error: errorJson(error) } : {}) });

async function checkFirst(session: Session): Promise<void> {
  const problems = await preflight(session.aws, session.config);
  if (problems.length === 0) return;
  throw new BuddyError({
    code: "config",
    message: `AWS would refuse what ${session.paths.config} asks for`,
    about: { file: session.paths.config },
    problems,
    hint: "Nothing was changed.",
  });
}
