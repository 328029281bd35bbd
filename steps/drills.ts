import type { InstanceLive } from "../src/aws/ec2/instance.ts";
import type { SubnetLive } from "../src/aws/ec2/subnet.ts";
import type { TargetGroupLive } from "../src/aws/elb/target-group.ts";
import { readAlarms, readGroupCpu } from "../src/verify/aws/monitoring.ts";
import { readActivities, readScalingGroup, readTargets } from "../src/verify/aws/scaling.ts";
import type { DrillWorld } from "../src/verify/drills/world.ts";
import { type Around, finding } from "./verify.ts";

/** What only the program around can do for a drill. */
type Given = Pick<DrillWorld, "clock" | "interrupted" | "machines" | "visit" | "planned" | "heal">;

/** What drills of this stack see and do. The stack must be up. */
export async function drillWorld(around: Omit<Around, "keys" | "operators"> & Given): Promise<DrillWorld> {
  const { config, aws, now, nameOf, clock, interrupted, machines, visit, planned, heal } = around;
  const one = finding(around);
  const groupName = nameOf("auto-scaling-group");
  const [targetGroup, subnets] = await Promise.all([
    one<TargetGroupLive>("target-group"),
    Promise.all(config.zones.map((_zone, index) => one<SubnetLive>(`subnet-web-${index + 1}`))),
  ]);
  const subnetIn = (zone: string) => subnets.find((subnet) => subnet.zone === zone)?.id ?? zone;
  const zoneOf = (id: string) => subnets.find((subnet) => subnet.id === id)?.zone ?? id;
  const { instanceType, cpuTarget } = config.web;

  return {
    config: { instanceType, cpuTarget, natMode: config.nat.mode },
    clock,
    interrupted,
    machines,
    visit,
    planned,
    heal,
    group: () => readScalingGroup(aws, groupName, zoneOf),
    targets: () => readTargets(aws, targetGroup.id),
    activities: (since) => readActivities(aws, groupName, since),
    cpu: (since) => readGroupCpu(aws, groupName, since, now()),
    nats: () =>
      Promise.all(
        config.zones.map(async (zone, index) => {
          const key = `nat-instance-${index + 1}`;
          return {
            id: (await one<InstanceLive>(key)).id,
            name: nameOf(key),
            zone,
            alarm: nameOf(`alarm-nat-instance-${index + 1}`),
          };
        }),
      ),
    alarmState: async (name) => (await readAlarms(aws, [name], now()))[0]?.state,
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
