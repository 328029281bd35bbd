import type { Aws } from "../src/aws/aws.ts";
import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import { groupInstances } from "../src/aws/ec2/read-instances.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";

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

/** The bastions that can be reached, and the web instances that run, healthy or not. @param live what is there, by key */
export async function machinesOf(
  { zones }: Pick<Config, "zones">,
  aws: Aws,
  live: (key: string) => Promise<Identified | undefined>,
): Promise<{ readonly bastions: readonly Machine[]; readonly web: readonly Machine[] }> {
  const [group, ...hosts] = await Promise.all([
    live("auto-scaling-group"),
    ...zones.map((_zone, index) => live(`bastion-${index + 1}`) as Promise<InstanceLive | undefined>),
  ]);
  const running = group ? await groupInstances(aws, group.id) : [];
  const startedAt = ({ instance: { LaunchTime } }: (typeof running)[number]) => LaunchTime?.getTime() ?? 0;
  return {
    bastions: hosts.flatMap((host, index) =>
      host?.publicAddressFound ? [machine("bastion", index + 1, host.id, host.zone, host.publicAddressFound)] : [],
    ),
    web: [...running]
      .sort((one, other) => startedAt(one) - startedAt(other) || one.id.localeCompare(other.id))
      .map(({ id, instance: { PrivateIpAddress = "", Placement } }, index) =>
        machine("web", index + 1, id, Placement?.AvailabilityZone ?? "", PrivateIpAddress),
      ),
  };
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
