import type { Aws } from "../src/aws/aws.ts";
import { subnet } from "../src/aws/ec2/subnet.ts";
import { FIRST } from "../src/aws/names.ts";
import { KEY_TAG } from "../src/aws/owned.ts";
import type { Config } from "../src/config/schema.ts";
import { DASHBOARD } from "./inputs.ts";

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

interface Standing {
  readonly key: string;
  readonly name: string;
}

/** True when what stands of another stack than the first, or of that in another region, has none of the names that it would get today. */
function hasPlainNames({ stack, region }: Config, objects: readonly Standing[]): boolean {
  const first = stack === FIRST.stack;
  if (first && region === FIRST.region) return false;
  // Of the first stack's names only the dashboard's has the region's in it.
  const telling = objects.filter(({ key }) => (first ? key === DASHBOARD : SUBNET.test(key)));
  const own = first ? `-${stack}-${region}` : `-${stack}`;
  return telling.length > 0 && telling.every(({ name }) => !name.endsWith(own));
}

/**
 * A config with what a stack that stands has for ever, as the state records it, or else the tags of the subnets: the numbers of its
 * zones, wherever they are in the config (a zone that comes gets the lowest number that none has), and whether its objects bear the
 * first stack's names.
 * @param recorded by key, what was last applied
 */
export async function asItStands(
  config: Config,
  aws: Aws | undefined,
  recorded: Readonly<Record<string, { readonly name: string; readonly spec: Readonly<Record<string, unknown>> }>>,
): Promise<Config> {
  const lost = aws !== undefined && Object.keys(recorded).length === 0;
  const objects: readonly (Standing & { readonly zone: unknown })[] = lost
    ? ((await subnet.list?.(aws, config.stack)) ?? []).map(({ tags, zone }) => ({
        key: tags[KEY_TAG] ?? "",
        name: tags.Name ?? "",
        zone,
      }))
    : Object.entries(recorded).map(([key, { name, spec }]) => ({ key, name, zone: spec.zone }));
  const known = new Map<string, number>();
  for (const { key, zone } of objects) {
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
  return {
    ...config,
    ...(zoneNumbers.every((number, index) => number === index + 1) ? {} : { zoneNumbers }),
    ...(hasPlainNames(config, objects) ? { plainNames: true } : {}),
  };
}
