import { createHash } from "node:crypto";
import type { Naming } from "../engine/resource.ts";

/** The stack whose names are the plain ones, and where it is at home. */
export const FIRST = { stack: "buddyverse", region: "ap-northeast-2" } as const;

/** Whose name it is. */
export interface Named {
  readonly stack: string;
  readonly region: string;
  /** Its objects have the first stack's names, as all stacks' had once. */
  readonly plainNames?: boolean | undefined;
}

/** Of what has no name but the tag "Name" (EC2 API reference, Tag). */
const TAG: Naming = { longest: 256, within: "region" };

/**
 * The name of a stack's object on AWS. The first stack's is the base itself; another's carries the stack's name whole, so that no two
 * share one, and what is too long loses a part of the base, with a hash in its place.
 */
export function nameFor(
  { stack, region, plainNames = false }: Named,
  { naming = TAG }: { readonly naming?: Naming },
  base: string,
): string {
  const { longest, within, lowerCase = false, always = false } = naming;
  const first = stack === FIRST.stack && (within === "region" || region === FIRST.region);
  if (!always && (plainNames || first)) return base;
  const own = within === "account" ? `${stack}-${region}` : stack;
  const join = (base: string) => (lowerCase ? `${own}-${base}` : `${base}-${own}`);
  const whole = join(base);
  if (whole.length <= longest) return whole;
  const hash = createHash("sha256").update(whole).digest("hex").slice(0, 6);
  const kept = base.slice(0, longest - own.length - hash.length - 2).replace(/-+$/, "");
  return join(kept === "" ? hash : `${kept}-${hash}`);
}

/** The name of what a stack has one of, and which no other has. */
export const ownName = (stack: string): string => `buddyverse-${stack}`;

/** What the names of a stack's parameters and log groups begin with. */
export const ownPath = (stack: string): string => `/buddyverse/${stack}/`;
