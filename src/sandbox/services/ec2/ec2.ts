import type { SandboxService } from "../../service.ts";
import { images } from "./images.ts";
import { instances } from "./instances.ts";
import { interfaces } from "./interfaces.ts";
import { launchTemplates } from "./launch-templates.ts";
import { machine } from "./machine.ts";
import { offerings } from "./offerings.ts";
import { subnets } from "./subnets.ts";
import { tagging } from "./tags.ts";
import { vpcs } from "./vpcs.ts";

const parts: readonly SandboxService[] = [
  vpcs,
  subnets,
  interfaces,
  tagging,
  images,
  instances,
  launchTemplates,
  machine,
  offerings,
];

export const ec2: SandboxService = {
  operations: Object.assign({}, ...parts.map((part) => part.operations)),
  timers: Object.assign({}, ...parts.map((part) => part.timers)),
};
