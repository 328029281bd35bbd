import type { Aws } from "../src/aws/aws.ts";
import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import { type Found, groupInstances } from "../src/aws/ec2/read-instances.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { zonesOf } from "./zones.ts";

/** A machine that people log in to. */
export interface Machine {
  readonly what: "bastion" | "web";
  /** From 1: a bastion's is its zone's, the oldest web instance is the first. */
  readonly number: number;
  readonly id: string;
  readonly zone: string;
  /** Of a bastion the public one, of a web instance the one inside. */
  readonly address: string;
  /** The user that the image's maker lets in (EC2 user guide, "Connect to your Linux instance"). */
  readonly user: "ec2-user" | "ubuntu";
}

type Zones = Pick<Config, "zones" | "zoneNumbers">;
/** What is there, by key. */
type Live = (key: string) => Identified | undefined;

const bastionKey = (number: number): string => `bastion-${number}`;

/** The bastions that can be reached. */
export const bastionsOf = (config: Zones, live: Live): readonly Machine[] =>
  zonesOf(config).flatMap(({ name, number }) => {
    const host = live(bastionKey(number)) as InstanceLive | undefined;
    return host?.publicAddressFound ? [machine("bastion", number, host.id, name, host.publicAddressFound)] : [];
  });

/** The web instances that run now, healthy or not. */
export async function webInstances(aws: Aws, live: Live): Promise<readonly Found[]> {
  const group = live(GROUP_KEY);
  return group ? groupInstances(aws, group.id) : [];
}

/** Web instances as machines, numbered in their order. */
export const webMachines = (running: readonly Found[]): readonly Machine[] =>
  running.map(({ id, instance: { PrivateIpAddress = "", Placement } }, index) =>
    machine("web", index + 1, id, Placement?.AvailabilityZone ?? "", PrivateIpAddress),
  );

/** All machines that people log in to; the web instances from the oldest. @param find what is there, by key */
export async function machinesOf(
  config: Zones,
  aws: Aws,
  find: (key: string) => Promise<Identified | undefined>,
): Promise<{ readonly bastions: readonly Machine[]; readonly web: readonly Machine[] }> {
  const keys = [GROUP_KEY, ...zonesOf(config).map(({ number }) => bastionKey(number))];
  const found = new Map(await Promise.all(keys.map(async (key) => [key, await find(key)] as const)));
  const live: Live = (key) => found.get(key);
  const startedAt = ({ instance: { LaunchTime } }: Found) => LaunchTime?.getTime() ?? 0;
  const running = [...(await webInstances(aws, live))].sort(
    (one, other) => startedAt(one) - startedAt(other) || one.id.localeCompare(other.id),
  );
  return { bastions: bastionsOf(config, live), web: webMachines(running) };
}

const machine = (what: Machine["what"], number: number, id: string, zone: string, address: string): Machine => ({
  what,
  number,
  id,
  zone,
  address,
  user: what === "bastion" ? "ec2-user" : "ubuntu",
});

/** The bastion that leads to a web instance: that of its zone, else any. */
export const bastionFor = (bastions: readonly Machine[], { zone }: Machine): Machine | undefined =>
  bastions.find((bastion) => bastion.zone === zone) ?? bastions[0];
