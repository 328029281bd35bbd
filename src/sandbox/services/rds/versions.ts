import { invalidCombination } from "./tables.ts";

/** The minor versions that RDS offers, the newest last; with a major version alone that one is taken. */
export const VERSIONS = ["8.0.40", "8.0.41", "8.0.42", "8.0.43", "8.0.44", "8.4.4", "8.4.5", "8.4.6", "8.4.7", "8.4.8"];

/** The parameter group family of a version. */
export const familyOf = (version: string): string => `mysql${version.split(".").slice(0, 2).join(".")}`;

const order = (version: string): number => version.split(".").reduce((sum, number) => sum * 1_000 + Number(number), 0);
/** Both are full versions. */
export const isOlder = (version: string, than: string): boolean => order(version) < order(than);

/**
 * The full version that is asked for. A major one alone is the default minor one, unless the instance has a newer (API reference,
 * ModifyDBInstance, EngineVersion).
 * @param running of the instance that is to have it.
 */
export function versionFor(wanted: string, running?: string): string {
  const version = VERSIONS.filter((one) => one === wanted || one.startsWith(`${wanted}.`)).at(-1);
  if (!version) throw invalidCombination(`Cannot find version ${wanted} for mysql`);
  const named = wanted === version;
  return running !== undefined && !named && isOlder(version, running) ? running : version;
}
