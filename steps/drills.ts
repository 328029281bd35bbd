import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import type { SubnetLive } from "../src/aws/ec2/subnet.ts";
import type { TargetGroupLive } from "../src/aws/elb/target-group.ts";
import type { Identified } from "../src/engine/resource.ts";
import { readAlarms, readGroupCpu } from "../src/verify/aws/monitoring.ts";
import { readActivities, readScalingGroup, readTargets } from "../src/verify/aws/scaling.ts";
import type { DrillStack } from "../src/verify/drills/drill-stack.ts";
import { factsReader, requireLive, type StackSource } from "../src/verify/facts.ts";
import type { Site } from "../src/verify/site.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import { loadBalancer, siteAddress } from "./checks/facts.ts";
import { zonesOf } from "./zones.ts";

/** What only the program around can do for a drill. */
interface Tools
  extends Pick<
    DrillStack,
    | "clock"
    | "interrupted"
    | "machines"
    | "trial"
    | "filesTrial"
    | "planned"
    | "heal"
    | "cutPrimary"
    | "failOver"
    | "carryOn"
    | "removeOld"
  > {
  readonly site: Site;
}

/** What drills of this stack see and do. The stack must be up. */
export async function drillStack(source: StackSource, { site, ...tools }: Tools): Promise<DrillStack> {
  const { config, aws, clock, stack } = source;
  const live = <L extends Identified>(key: string) => requireLive<L>(stack, key);
  const nameOf = (key: string) => stack.graph.nodes.get(key)?.name ?? key;
  const read = factsReader(source);
  const groupName = nameOf(GROUP_KEY);
  const [targetGroup, subnets, { url, via }, { healthCheck }] = await Promise.all([
    live<TargetGroupLive>("target-group"),
    Promise.all(zonesOf(config).map(({ number }) => live<SubnetLive>(`subnet-web-${number}`))),
    read(siteAddress),
    read(loadBalancer),
  ]);
  const subnetIn = (zone: string) => subnets.find((subnet) => subnet.zone === zone)?.id ?? zone;
  const zoneOf = (id: string) => subnets.find((subnet) => subnet.id === id)?.zone ?? id;

  return {
    ...tools,
    config,
    async visit() {
      try {
        const { status } = await site.get(`${url}${healthCheck.path}`, { via });
        return { status };
      } catch (error) {
        return { error: error instanceof Error ? error.message : String(error) };
      }
    },
    group: () => readScalingGroup(aws, groupName, zoneOf),
    targets: () => readTargets(aws, targetGroup.id),
    activities: (since) => readActivities(aws, groupName, since),
    cpu: (since) => readGroupCpu(aws, groupName, since, clock.now()),
    nats: () =>
      Promise.all(
        zonesOf(config).map(async ({ name: zone, number }) => {
          const key = `nat-instance-${number}`;
          return { id: (await live<InstanceLive>(key)).id, name: nameOf(key), zone, alarm: nameOf(`alarm-${key}`) };
        }),
      ),
    alarmState: async (name) => (await readAlarms(aws, [name], clock.now()))[0]?.state,
    async setDesired(desired) {
      await aws.autoScaling.setDesiredCapacity({ AutoScalingGroupName: groupName, DesiredCapacity: desired });
    },
    async setZones(zones) {
      const VPCZoneIdentifier = zones.map(subnetIn).join(",");
      await aws.autoScaling.updateAutoScalingGroup({ AutoScalingGroupName: groupName, VPCZoneIdentifier });
    },
    async terminate(instanceId) {
      await aws.ec2.terminateInstances({ InstanceIds: [instanceId] });
    },
  };
}
