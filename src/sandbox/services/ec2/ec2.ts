import type { SandboxService } from "../../service.ts";
import { interfaces } from "./interfaces.ts";
import { subnets } from "./subnets.ts";
import { tagging } from "./tags.ts";
import { vpcs } from "./vpcs.ts";

const parts: readonly SandboxService[] = [vpcs, subnets, interfaces, tagging];

export const ec2: SandboxService = {
  operations: Object.assign({}, ...parts.map((part) => part.operations)),
  timers: Object.assign({}, ...parts.map((part) => part.timers)),
};
