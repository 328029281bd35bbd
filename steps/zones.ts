import type { Config } from "../src/config/schema.ts";

/** One of something per zone, numbered from 1 in the order of the config. */
export const perZone = <T>({ zones }: Config, make: (zone: string, number: number) => T): readonly T[] =>
  zones.map((zone, index) => make(zone, index + 1));
