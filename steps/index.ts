import type { Config } from "../src/config/schema.ts";
import type { Step } from "../src/engine/resource.ts";
import type { Inputs } from "./inputs.ts";
import { subnetsStep } from "./subnets.ts";
import { vpcStep } from "./vpc.ts";

/** The stack, in the order in which a person reads and watches it, and which `down` reverses. */
export function stepsFor(config: Config, _inputs: Inputs): readonly Step[] {
  const vpc = vpcStep(config);
  const subnets = subnetsStep(config, vpc.resources);
  return [vpc, subnets];
}
