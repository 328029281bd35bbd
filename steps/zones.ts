import type { Aws } from "../src/aws/aws.ts";
import { subnet } from "../src/aws/ec2/subnet.ts";
import { KEY_TAG } from "../src/aws/owned.ts";
import type { Config } from "../src/config/schema.ts";

/** A zone of the config. */
export interface Zone {
  readonly name: string;
  /** In the keys and names of its objects, for ever. */
  readonly number: number;
  /** Its place in the config, and so that of its address ranges. */
  readonly index: number;
}

type Zones = Pick<Config, "zones" | "zoneNumbers">;

/** The zones in the order of the config. */
export const zonesOf = ({ zones, zoneNumbers }: Zones): readonly Zone[] =>
  zones.map((name, index) => ({ name, number: zoneNumbers?.[index] ?? index + 1, index }));

/** One of something per zone, in the order of the config. */
export const perZone = <T>(config: Zones, make: (zone: Zone) => T): readonly T[] => zonesOf(config).map(make);

/** Names of the zones, the oldest of the stack first. */
export const byAge = (config: Zones): readonly string[] =>
  zonesOf(config)
    .toSorted((one, other) => one.number - other.number)
    .map(({ name }) => name);

const SUBNET = /^subnet-(?:public|web|db)-([1-9]\d*)$/;

/**
 * A config with the numbers that its zones have in the stack, wherever they stand in the config: as the state records them, or else
 * the tags of the subnets. A zone that comes gets the lowest number that none has.
 * @param recorded by key, what was last applied
 */
export async function withZoneNumbers(
  config: Config,
  aws: Aws | undefined,
  recorded: Readonly<Record<string, { readonly spec: Readonly<Record<string, unknown>> }>>,
): Promise<Config> {
  const lost = aws !== undefined && Object.keys(recorded).length === 0;
  const subnets: readonly (readonly [string, unknown])[] = lost
    ? ((await subnet.list?.(aws, config.stack)) ?? []).map(({ tags, zone }) => [tags[KEY_TAG] ?? "", zone])
    : Object.entries(recorded).map(([key, { spec }]) => [key, spec.zone]);
  const known = new Map<string, number>();
  for (const [key, zone] of subnets) {
    const number = SUBNET.exec(key)?.[1];
    if (number !== undefined && typeof zone === "string") known.set(zone, Number(number));
  }
  const taken = new Set(known.values());
  const zoneNumbers = config.zones.map((zone) => {
    let number = known.get(zone) ?? 1;
    if (!known.has(zone)) while (taken.has(number)) number++;
    taken.add(number);
    return number;
  });
  return zoneNumbers.every((number, index) => number === index + 1) ? config : { ...config, zoneNumbers };
}
