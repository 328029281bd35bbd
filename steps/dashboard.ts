import { dashboard as dashboardType } from "../src/aws/cloudwatch/dashboard.ts";
import { nameFor } from "../src/aws/names.ts";
import { subscriptionName, subscription as subscriptionType } from "../src/aws/sns/subscription.ts";
import { topic as topicType } from "../src/aws/sns/topic.ts";
import type { Config } from "../src/config/schema.ts";
import { resource, step } from "../src/engine/resource.ts";
import { alarmsFor } from "./alarms.ts";
import { DASHBOARD } from "./inputs.ts";
import type { Monitored } from "./monitored.ts";
import { widgets } from "./widgets.ts";

function mailTo(config: Config, email: string) {
  const name = nameFor(config, topicType, "Buddy-Alarms");
  const topic = resource(topicType, "topic", name, {}, () => ({}));
  const subscription = resource(
    subscriptionType,
    `subscription-${email}`,
    subscriptionName(name, email),
    { topic },
    ({ topic }) => ({ topicArn: topic.id, email }),
  );
  return { topic, subscription };
}

/** The dashboard that shows how the site does, and the alarms that say when it does badly, by mail when an address is given. */
export function dashboardStep(config: Config, monitored: Monitored) {
  const { email } = config.monitoring;
  const { loadBalancer, targetGroup } = monitored.loadBalancer;
  const { nats, bastions } = monitored.natBastion;
  const { primary, replica } = monitored.rds;
  const { group } = monitored.autoScaling;
  const { fileSystem } = monitored.efs;

  const mail = email === null ? undefined : mailTo(config, email);
  const dashboard = resource(
    dashboardType,
    DASHBOARD,
    nameFor(config, dashboardType, "CPU-Per-Second"),
    { loadBalancer, targetGroup, nats, bastions, fileSystem, group, primary, replica: replica ? [replica] : [] },
    (live) => ({
      widgets: widgets({
        region: config.region,
        cpuTarget: config.web.cpuTarget,
        group: group.name,
        loadBalancer: live.loadBalancer.fullName,
        targetGroup: live.targetGroup.fullName,
        natKind: config.nat.mode,
        nats: nats.map(({ name }, index) => ({ id: live.nats[index]?.id ?? "", name })),
        bastions: bastions.map(({ name }, index) => ({ id: live.bastions[index]?.id ?? "", name })),
        databases: [primary.name, ...(replica ? [replica.name] : [])].map((name) => name.toLowerCase()),
        replica: replica?.name.toLowerCase(),
        fileSystemId: live.fileSystem.id,
      }),
    }),
  );

  return step("dashboard", { ...mail, alarms: alarmsFor(config, monitored, mail?.topic), dashboard });
}
