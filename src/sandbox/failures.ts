import { BuddyError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { list } from "../lib/text.ts";
import type { FailureKind } from "./service.ts";
import { services } from "./services/services.ts";
import type { Failure, Sim } from "./world.ts";

/** What can be made to fail, and what each is about: as the services say it. */
const KINDS: Readonly<Record<string, FailureKind>> = Object.assign(
  {},
  ...Object.values(services).map(({ failures }) => failures),
);

/** Each kind, and whether it is about something. */
export const failureKinds = (): ReadonlyMap<string, boolean> =>
  new Map(Object.entries(KINDS).map(([kind, { about }]) => [kind, about !== undefined]));

/** What can stand after `sandbox fail`; with a kind, what it can be about, as far as that is known. */
export function failureWords(sim: Sim, kind: string | undefined): readonly string[] {
  if (kind === undefined) return Object.keys(KINDS);
  const { oneOf, there } = (Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined) ?? {};
  return (oneOf ?? there)?.(sim) ?? [];
}

/** What `sandbox fail` was asked for. */
export type Wanted = Pick<Failure, "kind" | "about">;

/** Reads what `sandbox fail <kind> <about>` was given. Throws `usage` for anything else. */
export function parseFailure(kind: string, about = ""): Wanted {
  const known = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  const meant = nearest(kind, Object.keys(KINDS));
  if (!known)
    throw new BuddyError({
      code: "usage",
      message: `the sandbox cannot fail "${kind}"`,
      hint: `${meant === undefined ? "" : `Did you mean ${meant}? `}It can fail: ${Object.entries(KINDS)
        .map(([name, { about: of }]) => (of ? `${name} (${of})` : name))
        .join("; ")}.`,
    });
  if ((known.about !== undefined) !== (about !== "") || !(known.form?.test(about) ?? true))
    throw new BuddyError({
      code: "usage",
      message: known.about
        ? `"sandbox fail ${kind}" needs ${known.about}`
        : `"sandbox fail ${kind}" is about nothing more`,
      hint: known.about ? `As in: buddyverse sandbox fail ${kind} NAME` : `Say only: buddyverse sandbox fail ${kind}`,
    });
  return { kind, about };
}

/**
 * Looks whether there is what shall fail. Throws `usage` where there never can be.
 * @returns what a person should know: it is not there yet
 */
export function checkWanted(sim: Sim, { kind, about }: Wanted): string | undefined {
  const { oneOf, there } = KINDS[kind] ?? {};
  const all = oneOf?.(sim);
  if (all !== undefined && !all.includes(about)) {
    const meant = nearest(about, all);
    throw new BuddyError({
      code: "usage",
      message: `"sandbox fail ${kind} ${about}": there is no ${about} in the sandbox`,
      hint: `${meant === undefined ? "" : `Did you mean ${meant}? `}There is ${list(all)}.`,
    });
  }
  const now = there?.(sim);
  if (now === undefined || now.includes(about)) return undefined;
  return `There is no ${about} in the sandbox yet${now.length === 0 ? "" : ` (there is ${list(now)})`}: it fails when it comes.`;
}

/** Looks whether anything of that kind fails on purpose. Throws `usage` where nothing does. */
export function checkMend(failures: readonly Wanted[], kind: string): void {
  if (failures.some((one) => one.kind === kind)) return;
  const what = failures.map((one) => `${one.kind} ${one.about}`.trim());
  throw new BuddyError({
    code: "usage",
    message: `nothing of the kind "${kind}" fails on purpose`,
    hint: what.length === 0 ? "Nothing at all does." : `What fails: ${list(what)}.`,
  });
}

/** Orders a failure. */
export function fail(sim: Sim, { kind, about }: Wanted): void {
  const others = (sim.world.failures ?? []).filter((one) => one.kind !== kind || one.about !== about);
  sim.world.failures = [...others, { kind, about, from: sim.now }];
  KINDS[kind]?.changed?.(about, sim);
}

/** Takes failures back, all or those of a kind. What they have broken stays broken; what is in a zone answers again. */
export function mend(sim: Sim, kind?: string): void {
  const ended = (sim.world.failures ?? []).filter((one) => kind === undefined || one.kind === kind);
  sim.world.failures = (sim.world.failures ?? []).filter((one) => !ended.includes(one));
  for (const one of ended) KINDS[one.kind]?.changed?.(one.about, sim);
}
