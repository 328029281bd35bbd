import { services } from "./services/services.ts";

/** How long things take in the sandbox, seconds: what its services say, as docs/internals/sandbox.md lists it. */
export const DURATIONS: Readonly<Record<string, number>> = Object.assign(
  {},
  ...Object.values(services).map(({ durations }) => durations),
);

/** One of them. Throws when no service has it. */
export function durationSeconds(name: string): number {
  const seconds = DURATIONS[name];
  if (seconds === undefined) throw new RangeError(`no service of the sandbox has a duration "${name}"`);
  return seconds;
}
