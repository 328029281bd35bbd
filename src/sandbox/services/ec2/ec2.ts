import type { SandboxService } from "../../service.ts";
import { addresses } from "./addresses.ts";
import { withDryRun } from "./dry-run.ts";
import { gateways } from "./gateways.ts";
import { groups } from "./groups.ts";
import { images } from "./images.ts";
import { instances } from "./instances.ts";
import { interfaces } from "./interfaces.ts";
import { keyPairs } from "./key-pairs.ts";
import { launchTemplates } from "./launch-templates.ts";
import { machine } from "./machine.ts";
import { natGateways } from "./nat-gateways.ts";
import { offerings } from "./offerings.ts";
import { routeTables } from "./route-tables.ts";
import { spot } from "./spot.ts";
import { subnets } from "./subnets.ts";
import { tagging } from "./tags.ts";
import { volumes } from "./volumes.ts";
import { vpcs } from "./vpcs.ts";

const parts: readonly SandboxService[] = [
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
  launchTemplates,
  machine,
  volumes,
  offerings,
  spot,
];

const operations: SandboxService["operations"] = Object.assign({}, ...parts.map((part) => part.operations));

/** Those of which the permission is probed. */
const PROBED = ["AllocateAddress", "CreateInternetGateway", "CreateVpc", "RunInstances"];

export const ec2: SandboxService = {
  operations: Object.fromEntries(
    Object.entries(operations).map(([name, one]) => [name, PROBED.includes(name) ? withDryRun(one) : one]),
  ),
  timers: Object.assign({}, ...parts.map((part) => part.timers)),
};
