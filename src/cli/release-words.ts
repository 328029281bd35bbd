import { isDeepStrictEqual } from "node:util";
import { GROUP_KEY } from "../../steps/auto-scaling.ts";
import { applicationOf, isImage, LAUNCH_TEMPLATE_KEY } from "../../steps/image.ts";
import { releaseOf } from "../../steps/scripts/user-data.ts";
import type { Config } from "../config/schema.ts";
import type { Plan } from "../engine/plan.ts";
import { list } from "../lib/text.ts";

/** A plan that brings something new to the web instances, in a sentence: a release. Undefined: it does not. */
export function releaseIn({ items }: Plan, config: Config): string | undefined {
  const rollout = items.find(({ key }) => key === GROUP_KEY)?.rollout;
  if (rollout === undefined) return undefined;
  const baked = items.some(({ object, action }) => isImage(object) && action === "create");
  const changed = changedIn(items);
  return [
    "Release: ",
    changed.length === 0 ? "" : `${list(changed)} ${changed.length > 1 ? "change" : "changes"}; `,
    baked ? `a new image is baked with ${applicationOf(config)}, then ` : "",
    `${rollout}.`,
  ].join("");
}

function changedIn(items: Plan["items"]): readonly string[] {
  const userData = items
    .find(({ key }) => key === LAUNCH_TEMPLATE_KEY)
    ?.differences.find(({ field }) => field === "userData");
  // What is not known yet has no text.
  const [before, after] = [userData?.found, userData?.wanted];
  return typeof before === "string" && typeof after === "string" ? toldOtherwise(before, after) : [];
}

/**
 * What web instances of that user data are told otherwise, besides which release they are: keys of the config for an application
 * with the names of variables, as values may be nobody's business.
 */
export function toldOtherwise(before: string, after: string): readonly string[] {
  const [one, other] = [releaseOf(before), releaseOf(after)];
  const rest = (text: string, release: typeof one) => [
    text.replace(/^APP_ENV=.*$/m, ""),
    { ...release, env: undefined, secrets: undefined, release: undefined, releaseId: undefined },
  ];
  const [env, secrets] = [
    differing(Object.entries(one?.env ?? {}), Object.entries(other?.env ?? {})),
    differing((one?.secrets ?? []).map(named), (other?.secrets ?? []).map(named)),
  ];
  return [
    ...(env.length > 0 ? [`app.env (${list(env)})`] : []),
    ...(secrets.length > 0 ? [`app.secrets (${list(secrets)})`] : []),
    ...((one?.release ?? "") === (other?.release ?? "") ? [] : ["app.release"]),
    ...(isDeepStrictEqual(rest(before, one), rest(after, other)) ? [] : ["what the instances are told at boot"]),
  ];
}

type Named = readonly [name: string, value: string];
const named = (name: string): Named => [name, ""];

/** The names of which only one of the two has this value. */
function differing(one: readonly Named[], other: readonly Named[]): readonly string[] {
  const [before, after] = [new Map(one), new Map(other)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name));
}
