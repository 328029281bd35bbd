import {
  ALL_OUTBOUND,
  icmp,
  type SecurityGroupLive,
  type SecurityGroupSpec,
  securityGroup,
  tcp,
} from "../src/aws/ec2/security-group.ts";
import { nameFor } from "../src/aws/names.ts";
import type { Config } from "../src/config/schema.ts";
import { type Resource, resource, step } from "../src/engine/resource.ts";
import type { VpcStep } from "./vpc.ts";

/** Key of the group that shuts a replaced primary off. */
export const FENCE_GROUP = "group-db-fence";

interface Bastions {
  readonly bastionGroup: Resource<SecurityGroupSpec, SecurityGroupLive>;
}

/** Who may talk to the load balancer, the web instances, the file system and the databases. Nobody else may. */
export function securityGroupsStep(config: Config, { vpc }: VpcStep, { bastionGroup: bastion }: Bastions) {
  const loadBalancer = resource(
    securityGroup,
    "group-load-balancer",
    nameFor(config, securityGroup, "LoadBalance-Security"),
    { vpc },
    ({ vpc }) => ({
      vpcId: vpc.id,
      description: "Visitors to the load balancer",
      inbound: [tcp(80, { cidr: "0.0.0.0/0" }, "Buddy-HTTP"), tcp(443, { cidr: "0.0.0.0/0" }, "Buddy-HTTPS")],
      outbound: ALL_OUTBOUND,
    }),
  );
  const web = resource(
    securityGroup,
    "group-web",
    nameFor(config, securityGroup, "Buddy-WEB"),
    { vpc, loadBalancer, bastion },
    (live) => ({
      vpcId: live.vpc.id,
      description: "The load balancer and the bastions to the web instances",
      inbound: [
        tcp(80, { groupId: live.loadBalancer.id }, "Buddy-HTTP"),
        tcp(443, { groupId: live.loadBalancer.id }, "Buddy-HTTPS"),
        tcp(22, { groupId: live.bastion.id }, "Buddy-SSH"),
        icmp({ cidr: config.network.cidr }, "Buddy-Ping"),
      ],
      outbound: ALL_OUTBOUND,
    }),
  );
  const efs = resource(
    securityGroup,
    "group-efs",
    nameFor(config, securityGroup, "Buddy-EFS"),
    { vpc, web },
    ({ vpc, web }) => ({
      vpcId: vpc.id,
      description: "The web instances to the file system",
      inbound: [tcp(2049, { groupId: web.id }, "Buddy-NFS")],
      outbound: [],
    }),
  );
  const db = resource(
    securityGroup,
    "group-db",
    nameFor(config, securityGroup, "Buddy-DB"),
    { vpc, web, bastion },
    ({ vpc, web, bastion }) => ({
      vpcId: vpc.id,
      description: "The web instances and the bastions to the databases",
      inbound: [
        tcp(3306, { groupId: web.id }, "Buddy-Database-To-WEB"),
        tcp(3306, { groupId: bastion.id }, "Buddy-Database-To-Bastion"),
      ],
      outbound: [],
    }),
  );
  // What has no rule lets nobody in. It is always there, so that a failover has nothing to create while a zone is lost.
  const fence = resource(
    securityGroup,
    FENCE_GROUP,
    nameFor(config, securityGroup, "Buddy-DB-Fence"),
    { vpc },
    ({ vpc }) => ({
      vpcId: vpc.id,
      description: "Nobody to a database that another has replaced",
      inbound: [],
      outbound: [],
    }),
  );
  return step("security-groups", { loadBalancer, web, efs, db, fence });
}
export type SecurityGroupsStep = ReturnType<typeof securityGroupsStep>["resources"];
