import type { LoadBalancerLive } from "../../src/aws/elb/load-balancer.ts";
import type { TargetGroupLive } from "../../src/aws/elb/target-group.ts";
import type { InstanceLive as DatabaseLive } from "../../src/aws/rds/read-instances.ts";
import type { Config } from "../../src/config/schema.ts";
import { readInstances, readNetwork, readSubnets } from "../../src/verify/aws/network.ts";
import { type Member, readScalingGroup, readTargets, type ScalingGroup } from "../../src/verify/aws/scaling.ts";
import { readMountTargets } from "../../src/verify/aws/storage.ts";
import { type CheckContext, CheckFailed } from "../../src/verify/check.ts";
import type { Fact, FactsContext } from "../../src/verify/facts.ts";
import { type Interface, type Network, zoneOf as zoneIn } from "../../src/verify/reach.ts";
import { GROUP_KEY } from "../auto-scaling.ts";
import { VPC } from "../vpc.ts";

/** What several checks ask about this stack. What only one asks is beside that check. */

const vpc: Fact<{ readonly id: string }> = ({ requireLive }) => requireLive(VPC);

const subnets: Fact<Awaited<ReturnType<typeof readSubnets>>> = async ({ aws, read }) =>
  readSubnets(aws, (await read(vpc)).id);

/** All instances in the VPC. */
export const instances: Fact<Awaited<ReturnType<typeof readInstances>>> = async ({ aws, read }) =>
  readInstances(aws, (await read(vpc)).id);

/** The VPC with all that is in it. */
export const network: Fact<Network> = async ({ aws, read }) => {
  const { id } = await read(vpc);
  return readNetwork(aws, id, { subnets: read(subnets), instances: read(instances) });
};

/** The interfaces in the VPC for which it is true. */
export async function interfacesWhere(
  { read }: FactsContext,
  isWanted: (candidate: Interface, network: Network) => boolean,
): Promise<readonly Interface[]> {
  const found = await read(network);
  return found.interfaces.filter((candidate) => isWanted(candidate, found));
}

/** The zone of a subnet. */
const zoneOf: Fact<(subnetId: string) => string> = async ({ read }) => {
  const zones = new Map(
    (await read(subnets)).map(({ SubnetId = "", AvailabilityZone = "" }) => [SubnetId, AvailabilityZone]),
  );
  return (subnetId) => zones.get(subnetId) ?? subnetId;
};

/** The Auto Scaling group of the web instances. */
export const scalingGroup: Fact<ScalingGroup> = async ({ aws, nameOf, read }) =>
  readScalingGroup(aws, nameOf(GROUP_KEY), await read(zoneOf));

/** The group's instances that are in service and healthy, says the group. */
export const inService = ({ instances }: ScalingGroup): readonly Member[] =>
  instances.filter((instance) => instance.inService);

export const perZone = (zones: readonly string[], members: readonly { readonly zone: string }[]) =>
  zones.map((zone) => ({ zone, number: members.filter((member) => member.zone === zone).length }));

/** The interfaces of the web instances in service. */
export const webInterfaces: Fact<readonly Interface[]> = async (stack) => {
  const members = inService(await stack.read(scalingGroup));
  return interfacesWhere(stack, ({ instanceId }) => members.some(({ id }) => id === instanceId));
};

const targetGroup: Fact<TargetGroupLive> = ({ requireLive }) => requireLive("target-group");

export const targets: Fact<Awaited<ReturnType<typeof readTargets>>> = async ({ aws, read }) =>
  readTargets(aws, (await read(targetGroup)).id);

export const loadBalancer = async ({ requireLive, read }: FactsContext) => {
  const [{ dnsName, fullName, subnetIds }, { healthCheckPath, healthCheckCodes }, zone] = await Promise.all([
    requireLive<LoadBalancerLive>("load-balancer"),
    read(targetGroup),
    read(zoneOf),
  ]);
  return {
    dnsName,
    fullName,
    zones: subnetIds.map(zone),
    healthCheck: { path: healthCheckPath, codes: healthCheckCodes },
  };
};

/** The site's names; empty: it has no domain, and so no https. */
export const siteNames = ({ domain }: Config): readonly string[] => {
  if (domain === null) return [];
  return domain.www ? [domain.name, `www.${domain.name}`] : [domain.name];
};

/** The site's own address, to be asked at the load balancer (`via`) whatever the DNS says. */
export const siteAddress: Fact<{ readonly url: string; readonly via: string }> = async ({ config, read }) => {
  const { dnsName } = await read(loadBalancer);
  const [name] = siteNames(config);
  return { url: name === undefined ? `http://${dnsName}` : `https://${name}`, via: dnsName };
};

/** The mount targets of the file system that are available, by the zones that they are in. */
export const mountTargets = async ({ aws, requireLive, read }: FactsContext) => {
  const [found, zone] = await Promise.all([
    requireLive("file-system").then(({ id }) => readMountTargets(aws, id)),
    read(zoneOf),
  ]);
  return found.map(({ subnetId, interfaceId }) => ({ zone: zone(subnetId), interfaceId }));
};

/** The primary, then its replica where the config wants one. */
export const databases: Fact<readonly DatabaseLive[]> = ({ config, requireLive }) =>
  Promise.all(
    (config.database.replica ? ["database", "replica"] : ["database"]).map((key) => requireLive<DatabaseLive>(key)),
  );

/** The network interfaces of the databases. */
export const databaseInterfaces: Fact<readonly Interface[]> = async (stack) => {
  const found = await stack.read(databases);
  return interfacesWhere(
    stack,
    (candidate, network) =>
      // RDS describes all its interfaces by this word: zone and groups tell whose one is.
      candidate.what === "RDSNetworkInterface" &&
      found.some(
        ({ zone, groupIds }) =>
          zoneIn(network, candidate) === zone && groupIds.some((id) => candidate.groupIds.includes(id)),
      ),
  );
};

/** Throws `CheckFailed` when there is none. */
export function atLeastOne<T>(found: readonly T[], otherwise: string): readonly [T, ...T[]] {
  const [first, ...rest] = found;
  if (first === undefined) throw new CheckFailed(otherwise);
  return [first, ...rest];
}

/** The instances that work, whatever the load balancer says of them. */
export const membersInService = async ({ read }: CheckContext): Promise<readonly [Member, ...Member[]]> =>
  atLeastOne(inService(await read(scalingGroup)), "no instance is in service");
