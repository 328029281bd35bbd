import { GROUP_KEY } from "../../steps/auto-scaling.ts";
import { isImage } from "../../steps/image.ts";
import type { Config } from "../config/schema.ts";
import type { Plan } from "../engine/plan.ts";

/** What goes into the web image, as the config says it: "revision v1.2.0 of https://…". */
export function applicationOf({ image: { app } }: Config): string {
  if (app === null) return "the built-in page";
  return "git" in app ? `revision ${app.revision} of ${app.git}` : `the folder ${app.folder}`;
}

/** A plan that brings something new to the web instances, in a sentence: a release. Undefined: it does not. */
export function releaseIn({ items }: Plan, config: Config): string | undefined {
  const rollout = items.find(({ key }) => key === GROUP_KEY)?.rollout;
  if (rollout === undefined) return undefined;
  const baked = items.some(({ object, action }) => isImage(object) && action === "create");
  return `Release: ${baked ? `a new image is baked with ${applicationOf(config)}, then ` : ""}${rollout}.`;
}
