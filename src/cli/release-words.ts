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

/** What of the config's keys for an application differs from what runs, by name: values may be nobody's business. */
function changedIn(items: Plan["items"]): readonly string[] {
  const userData = items
    .find(({ key }) => key === LAUNCH_TEMPLATE_KEY)
    ?.differences.find(({ field }) => field === "userData");
  // What is not known yet has no text.
  const [before, after] = [userData?.found, userData?.wanted].map((text) =>
    typeof text === "string" ? releaseOf(text) : undefined,
  );
  if (!before || !after) return [];
  const [env, secrets] = [
    [...new Set([...Object.keys(before.env), ...Object.keys(after.env)])].filter(
      (name) => before.env[name] !== after.env[name],
    ),
    [...new Set([...before.secrets, ...after.secrets])].filter(
      (name) => before.secrets.includes(name) !== after.secrets.includes(name),
    ),
  ];
  return [
    ...(env.length > 0 ? [`app.env (${list(env)})`] : []),
    ...(secrets.length > 0 ? [`app.secrets (${list(secrets)})`] : []),
    ...(before.release !== after.release ? ["app.release"] : []),
  ];
}
