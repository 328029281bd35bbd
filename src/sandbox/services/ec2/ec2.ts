import { composed, type SandboxService } from "../../service.ts";
import { account } from "./account.ts";
import { addresses } from "./addresses.ts";
import { credits } from "./credits.ts";
import { dhcpOptions } from "./dhcp-options.ts";
import { withDryRun } from "./dry-run.ts";
import { durations } from "./durations.ts";
import { addDefaultNetwork } from "./fresh.ts";
import { gateways } from "./gateways.ts";
import { groups } from "./groups.ts";
import { images } from "./images.ts";
import { instanceProfiles } from "./instance-profiles.ts";
import { instances } from "./instances.ts";
import { interfaces } from "./interfaces.ts";
import { keyPairs } from "./key-pairs.ts";
import { launchPermissions } from "./launch-permissions.ts";
import { launchTemplates } from "./launch-templates.ts";
import { metrics } from "./metrics.ts";
import { monitoring } from "./monitoring.ts";
import { natGateways } from "./nat-gateways.ts";
import { networkAcls } from "./network-acls.ts";
import { offerings } from "./offerings.ts";
import { others } from "./others.ts";
import { regions } from "./regions.ts";
import { routeTables } from "./route-tables.ts";
import { spot } from "./spot.ts";
import { subnets } from "./subnets.ts";
import { tagging } from "./tags.ts";
import { volumes } from "./volumes.ts";
import { vpcs } from "./vpcs.ts";
import { launchFailures } from "./zones.ts";

const whole = composed(
  vpcs,
  subnets,
  interfaces,
  gateways,
  routeTables,
  groups,
  addresses,
  natGateways,
  keyPairs,
  tagging,
  images,
  instances,
  credits,
  monitoring,
  launchTemplates,
  instanceProfiles,
  dhcpOptions,
  volumes,
  offerings,
  regions,
  others,
  networkAcls,
  launchPermissions,
  spot,
  account,
  {
    durations,
    metrics,
    errors: {
      missingParameter: "MissingParameter",
      malformedParameter: "InvalidParameterValue",
      throttled: "RequestLimitExceeded",
      throttledStatus: 503,
      internal: "InternalError",
    },
    failures: launchFailures,
    quotas: {
      "ec2/L-1216C47A": {
        name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
        // Of an account that is no longer new.
        value: 64,
      },
      "ec2/L-0263D0A3": { name: "EC2-VPC Elastic IPs", value: 5 },
      "vpc/L-A4707A72": { name: "Internet gateways per Region", value: 5 },
      "vpc/L-F678F1CE": { name: "VPCs per Region", value: 5 },
    },
    inventory: {
      "ec2.vpcs": "VPCs",
      "ec2.subnets": "subnets",
      "ec2.internetGateways": "internet gateways",
      "ec2.routeTables": "route tables",
      "ec2.groups": "security groups",
      "ec2.interfaces": "network interfaces",
      "ec2.addresses": "Elastic IP addresses",
      "ec2.natGateways": "NAT gateways",
      "ec2.keyPairs": "key pairs",
      "ec2.instances": "instances",
      "ec2.images": "images",
      "ec2.snapshots": "snapshots",
      "ec2.launchTemplates": "launch templates",
      "ec2.others": "endpoints, attachments and gateways of others",
    },
    fresh: addDefaultNetwork,
  },
);

/** Those of which the permission is probed. */
const PROBED = [
  "AllocateAddress",
  "CreateInternetGateway",
  "CreateVpc",
  "RevokeSecurityGroupEgress",
  "RevokeSecurityGroupIngress",
  "RunInstances",
];

export const ec2: SandboxService = {
  ...whole,
  operations: Object.fromEntries(
    Object.entries(whole.operations).map(([name, one]) => [name, PROBED.includes(name) ? withDryRun(one) : one]),
  ),
};
