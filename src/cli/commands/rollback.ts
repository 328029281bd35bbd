import { GROUP_KEY } from "../../../steps/auto-scaling.ts";
import { LAUNCH_TEMPLATE_KEY } from "../../../steps/image.ts";
import { releaseOf } from "../../../steps/scripts/user-data.ts";
import { isSame, type LaunchTemplateSpec } from "../../aws/ec2/launch-template.ts";
import type { Forecast } from "../../engine/forecast.ts";
import { at, duration } from "../../lib/duration.ts";
import { BuddyError, exitCodeOf, explain } from "../../lib/errors.ts";
import { list } from "../../lib/text.ts";
import { listedSecrets } from "../../recovery/app-secrets.ts";
import { historyOf } from "../../releases/history.ts";
import { type Rollback, rollBack, rollbackOf } from "../../releases/roll-back.ts";
import { heading } from "../../report/views/heading.ts";
import { fitted } from "../../report/views/look.ts";
import { confirm, requireConsent } from "../ask.ts";
import type { CommonOptions } from "../options.ts";
import { toldOtherwise } from "../release-words.ts";
import { again, errorJson, screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";

export interface RollbackOptions extends CommonOptions {
  readonly yes?: boolean;
}

/** Goes back to an earlier release, without a bake. */
export async function rollback(number: number | undefined, options: RollbackOptions): Promise<number> {
  const goOn = again("rollback", options, number === undefined ? [] : [String(number)]);
  requireConsent("rollback", options.yes ?? false, goOn);
  return withSession(options, { command: "rollback", writes: true, resolvesAddress: false }, async (session) => {
    const screen = screenOf(session);
    const { stack, clock } = session;
    screen.say(heading(screen.place, screen.errLook));
    const history = await historyOf(stack);
    if (!history)
      throw new BuddyError({
        code: "refused",
        message: "there is no release to go back from",
        hint: "`buddyverse up` makes the first.",
      });
    const wanted = rollbackOf(history, number);
    await throwIfSecretsAreMissing(session, wanted.to.version);
    // Then `up` has nothing to do about the release that is left.
    const looked = await stack.refresh({ step: "image" });
    const spec = looked.entries.get(LAUNCH_TEMPLATE_KEY)?.wanted as LaunchTemplateSpec | undefined;
    const holds = spec !== undefined && isSame(spec, wanted.from.version);
    screen.say(fitted(announced(wanted, holds), screen.errLook));
    if (!(await confirm(options.yes ?? false, stack.run.signal))) {
      screen.say("Nothing was changed.");
      return 0;
    }
    const began = clock.now();
    const reporter = await screen.report(stack.graph, "up", forecastOf(wanted), (key) => key === GROUP_KEY);
    session.listen(reporter.emit);
    const { number: release, settled } = await rollBack(stack, history, wanted).finally(reporter.stop);
    const took = clock.now() - began;
    const { error } = settled;
    const fine = error === undefined && settled.outcome !== "blocked";
    const from = wanted.from.version.number;
    screen.result(
      fine
        ? [
            `✔ ${outcomeText(release, wanted)}, after ${duration(took)}. Release ${from} was left.`,
            `\`${again("up", options)}\` ${holds ? `leaves it so until the config says something else than release ${from}` : "would release what the config says"}.`,
          ].join("\n")
        : [
            error ? explain(error, { verbose: options.verbose ?? false }) : settled.reason,
            `To continue: ${again("up", options)}`,
          ].join("\n"),
      {
        release,
        to: wanted.to.version.number,
        from,
        seconds: Math.round(took / 1000),
        ...(fine ? {} : { outcome: settled.outcome, reason: settled.reason }),
        ...(error ? { error: errorJson(error) } : {}),
      },
    );
    if (settled.outcome === "interrupted") return 5;
    return fine ? 0 : exitCodeOf(error);
  });
}

/** The group is all that is worked at. */
const forecastOf = ({ rollout }: Rollback): Forecast | undefined =>
  rollout && {
    beforehandSeconds: 0,
    visits: [{ id: GROUP_KEY, key: GROUP_KEY, part: "whole", seconds: rollout.seconds, after: [] }],
  };

/** Throws `refused` where instances of that release would not come up for want of a secret. */
async function throwIfSecretsAreMissing(
  { stack, config }: Session,
  { number, userData }: Rollback["to"]["version"],
): Promise<void> {
  const reads = releaseOf(userData)?.secrets ?? [];
  if (reads.length === 0) return;
  const there = new Set((await listedSecrets(stack.run, config)).filter(({ set }) => set).map(({ name }) => name));
  const missing = reads.filter((name) => !there.has(name));
  if (missing.length === 0) return;
  throw new BuddyError({
    code: "refused",
    message: `release ${number} reads ${list(missing)} without a value: its instances would not come up`,
    hint: `Nothing was changed. ${missing.map((name) => `buddyverse secret set ${name}`).join("; ")}`,
  });
}

function outcomeText(release: number, { to, ends }: Rollback): string {
  if (ends) return `Release ${release} goes on`;
  return release === to.version.number
    ? `Release ${release} runs again`
    : `Release ${release} is release ${to.version.number} again`;
}

/** What will be done. @param holds the config says what is left */
function announced({ from, to, ends, rollout }: Rollback, holds: boolean): string {
  const { number, release, createdAt } = to.version;
  return [
    `\nBack to release ${number} from release ${from.version.number}: ${release}, of ${at(createdAt)}.`,
    `  ${ends ? "Nothing new is started" : "Nothing is baked"}${rollout ? `: ${rollout.what}` : ""}.`,
    ...staysDone(from),
    ...otherThan(to, from),
    ...(holds
      ? []
      : [`  ! The config says something else than release ${from.version.number}: the next up releases that.`]),
  ].join("\n");
}

/** What a release does to the data outlives it. */
function staysDone({ version: { number, userData } }: Rollback["from"]): string[] {
  const { release } = releaseOf(userData) ?? {};
  return release ? [`  ! The data stays as release ${number} left it: what its \`${release}\` did is not undone.`] : [];
}

/** What else goes back with it besides the image. */
function otherThan({ version: to }: Rollback["to"], { version: from }: Rollback["from"]): string[] {
  const shown = (["instanceType", "volumeGiB", "keyName", "profileName", "groupIds"] as const).flatMap((field) => {
    const [old, now] = [String(to[field]), String(from[field])];
    return old === now ? [] : [`${field} ${now} → ${old}`];
  });
  const all = [...shown, ...toldOtherwise(from.userData, to.userData)];
  return all.length === 0 ? [] : [`  ! Besides the image: ${all.join(", ")}.`];
}
