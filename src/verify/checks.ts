import type { Check } from "./check.ts";
import { availability } from "./checks/availability.ts";
import { capacity } from "./checks/capacity.ts";
import { monitoring } from "./checks/monitoring.ts";
import { protection } from "./checks/protection.ts";
import { reads } from "./checks/reads.ts";
import type { Wanted, World } from "./world.ts";

/** All checks, in the order of the requirements. R2 is a matter of money: `buddyverse cost`. */
export const allChecks: readonly Check<World>[] = [
  ...capacity,
  ...availability,
  ...reads,
  ...monitoring,
  ...protection,
];

/** A check that this config gives no reason to run, and why. */
export interface NotAsked {
  readonly id: string;
  readonly requirement: string;
  readonly why: string;
}

const REASONS: readonly { readonly ids: readonly string[]; readonly why: (wanted: Wanted) => string | undefined }[] = [
  {
    ids: ["redirect", "certificate", "tls-versions"],
    why: ({ names }) => (names.length === 0 ? "the config names no domain: the site is plain http" : undefined),
  },
  { ids: ["replica-reads"], why: ({ replica }) => (replica ? undefined : "the config wants no replica") },
  {
    ids: ["subscription"],
    why: ({ email }) => (email === undefined ? "the config names no e-mail address" : undefined),
  },
];

/** What is asked of this stack, and what is not. */
export function checksFor(wanted: Wanted): {
  readonly asked: readonly Check<World>[];
  readonly notAsked: readonly NotAsked[];
} {
  const reasonFor = (id: string) => REASONS.find(({ ids }) => ids.includes(id))?.why(wanted);
  return {
    asked: allChecks.filter(({ id }) => reasonFor(id) === undefined),
    notAsked: allChecks.flatMap(({ id, requirement }) => {
      const why = reasonFor(id);
      return why === undefined ? [] : [{ id, requirement, why }];
    }),
  };
}
