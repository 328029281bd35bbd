import type { Aws } from "../src/aws/aws.ts";
import type { DashboardLive } from "../src/aws/cloudwatch/dashboard.ts";
import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import type { FileSystemLive } from "../src/aws/efs/file-system.ts";
import type { LoadBalancerLive } from "../src/aws/elb/load-balancer.ts";
import type { TargetGroupLive } from "../src/aws/elb/target-group.ts";
import type { InstanceLive as DatabaseLive } from "../src/aws/rds/read-instances.ts";
import type { SubscriptionLive } from "../src/aws/sns/subscription.ts";
import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";
import { readAlarms, readWidgets } from "../src/verify/aws/monitoring.ts";
import { readInstances, readNetwork, readSubnets } from "../src/verify/aws/network.ts";
import { readPolicies, readScalingGroup, readTargets } from "../src/verify/aws/scaling.ts";
import { metadataOf, readMounts, readVolumes } from "../src/verify/aws/storage.ts";
import { Refuted } from "../src/verify/check.ts";
import { type Interface, type Network, zoneOf } from "../src/verify/reach.ts";
import type { Facts, Wanted } from "../src/verify/world.ts";

/** The stack as a whole, as far as it is known what is in it. */
export interface Around {
  readonly config: Config;
  readonly aws: Aws;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Looks for the object of that key; undefined: it is not there. */
  readonly find: (key: string) => Promise<Identified | undefined>;
  /** All keys of the stack. */
  readonly keys: readonly string[];
  /** The name of the object of that key. */
  readonly nameOf: (key: string) => string;
  /** Who may reach the bastions: ranges, or "my-ip" where no address was ever applied. */
  readonly operators: readonly string[];
}

export const wantedBy = ({ zones, web, domain, database, monitoring }: Config): Wanted => ({
  zones,
  min: web.min,
  max: web.max,
  cpuTarget: web.cpuTarget,
  names: domain === null ? [] : domain.www ? [domain.name, `www.${domain.name}`] : [domain.name],
  replica: database.replica,
  email: monitoring.email ?? undefined,
});

const MINE = "my-ip";

/** Looks for an object that must be there, of the type that its key stands for. Throws `Refuted` when it is not. */
export const finding =
  ({ find, nameOf }: Pick<Around, "find" | "nameOf">) =>
  async <L extends Identified>(key: string): Promise<L> => {
    const found = await find(key);
    if (!found) throw new Refuted(`${nameOf(key)} is not there`);
    return found as L;
  };

/** What the checks of this stack look at: its objects by their keys, each read once. */
export function factsOf(around: Around): Facts {
  const { config, aws, now, keys, nameOf, operators } = around;
  const one = finding(around);

  const subnets = once(async () => readSubnets(aws, (await one("vpc")).id));
  const instances = once(async () => readInstances(aws, (await one("vpc")).id));
  const network = once(async () =>
    readNetwork(aws, (await one("vpc")).id, { subnets: subnets(), instances: instances() }),
  );
  const zones = once(
    async () =>
      new Map((await subnets()).map(({ SubnetId = "", AvailabilityZone = "" }) => [SubnetId, AvailabilityZone])),
  );
  const group = once(async () => {
    const known = await zones();
    return readScalingGroup(aws, nameOf("auto-scaling-group"), (id) => known.get(id) ?? id);
  });
  const mounts = once(async () => readMounts(aws, (await one("file-system")).id));
  const databases = once(() =>
    Promise.all(
      (config.database.replica ? ["database", "replica"] : ["database"]).map((key) => one<DatabaseLive>(key)),
    ),
  );
  const those = async (counts: (one: Interface, network: Network) => boolean): Promise<readonly Interface[]> => {
    const found = await network();
    return found.interfaces.filter((one) => counts(one, found));
  };
  const targetGroup = once(() => one<TargetGroupLive>("target-group"));
  const balancer = once(() => one<LoadBalancerLive>("load-balancer"));

  return {
    wanted: wantedBy(config),
    network,
    group,
    policies: once(() => readPolicies(aws, nameOf("auto-scaling-group"))),
    targets: once(async () => readTargets(aws, (await targetGroup()).id)),
    loadBalancer: once(async () => {
      const [{ dnsName, subnetIds }, target, found] = await Promise.all([balancer(), targetGroup(), zones()]);
      return {
        dnsName,
        zones: subnetIds.map((id) => found.get(id) ?? id),
        healthCheck: { path: target.healthCheckPath, codes: target.healthCheckCodes },
      };
    }),
    fileSystem: once(async () => {
      const [{ id }, targets, found] = await Promise.all([one("file-system"), mounts(), zones()]);
      return { id, zones: targets.map(({ subnetId }) => found.get(subnetId) ?? subnetId) };
    }),
    databases: once(async () =>
      Promise.all(
        (await databases()).map(async ({ id, zone, publicAccess, groupIds }) => ({
          id,
          zone,
          publicAccess,
          // RDS calls all its interfaces that: zone and groups tell whose it is.
          interfaces: await those(
            (one, found) =>
              one.what === "RDSNetworkInterface" &&
              zoneOf(found, one) === zone &&
              groupIds.some((group) => one.groupIds.includes(group)),
          ),
        })),
      ),
    ),
    entrances: once(async () => {
      const [{ fullName }, bastions] = await Promise.all([
        balancer(),
        Promise.all(config.zones.map((_zone, index) => one<InstanceLive>(`bastion-${index + 1}`))),
      ]);
      return {
        // ELB names its interfaces after the load balancer (user guide, "Update the security groups").
        loadBalancer: await those(({ what }) => what === `ELB ${fullName}`),
        bastions: await those(({ id }) => bastions.some(({ interfaceId }) => interfaceId === id)),
        operators: await Promise.all(
          operators.map(async (range) => (range === MINE ? `${await aws.network.publicAddress()}/32` : range)),
        ),
      };
    }),
    web: once(async () => {
      const { instances: members } = await group();
      return those(({ instanceId }) => members.some(({ id, inService }) => inService && id === instanceId));
    }),
    mounts: once(async () => {
      const targets = await mounts();
      return those(({ id }) => targets.some(({ interfaceId }) => interfaceId === id));
    }),
    stores: once(async () => {
      const [machines, { encrypted }, all] = await Promise.all([
        instances(),
        one<FileSystemLive>("file-system"),
        databases(),
      ]);
      return [
        ...(await readVolumes(aws, config.stack, machines)),
        { what: `file system ${nameOf("file-system")}`, encrypted },
        ...all.map((database) => ({ what: `database ${database.id}`, encrypted: database.encrypted })),
      ];
    }),
    metadata: once(async () => metadataOf(await instances())),
    alarms: once(() => readAlarms(aws, keys.filter((key) => key.startsWith("alarm-")).map(nameOf), now())),
    widgets: async () => readWidgets(aws, (await one<DashboardLive>("dashboard")).widgets, now()),
    subscribed: once(async () => (await one<SubscriptionLive>(`subscription-${config.monitoring.email}`)).confirmed),
  };
}

/** The same answer, or the same failure, however often it is asked for. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= read();
    return answer;
  };
}
