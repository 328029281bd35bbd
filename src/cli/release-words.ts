import { GROUP_KEY } from "../../steps/auto-scaling.ts";
import { applicationOf, isImage } from "../../steps/image.ts";
import type { Config } from "../config/schema.ts";
import type { Plan } from "../engine/plan.ts";

/** A plan that brings something new to the web instances, in a sentence: a release. Undefined: it does not. */
export function releaseIn({ items }: Plan, config: Config): string | undefined {
  const rollout = items.find(({ key }) => key === GROUP_KEY)?.rollout;
  if (rollout === undefined) return undefined;
  const baked = items.some(({ object, action }) => isImage(object) && action === "create");
  return `Release: ${baked ? `a new image is baked with ${applicationOf(config)}, then ` : ""}${rollout}.`;
}
