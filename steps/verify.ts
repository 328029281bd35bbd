import type { Stack } from "../src/engine/stack.ts";
import type { Check } from "../src/verify/check.ts";
import { availability } from "./checks/availability.ts";
import { capacity } from "./checks/capacity.ts";
import { https } from "./checks/https.ts";
import { monitoring } from "./checks/monitoring.ts";
import { protection } from "./checks/protection.ts";
import { reachability } from "./checks/reachability.ts";
import { reads } from "./checks/reads.ts";
import { VPC } from "./vpc.ts";

/** All checks, in the order of the requirements. R2 is a matter of money: `buddyverse cost`. */
export const allChecks: readonly Check[] = [
  ...capacity,
  ...availability,
  ...reads,
  ...monitoring,
  ...https,
  ...reachability,
  ...protection,
];

/** True when there is something to verify: without its network nothing of the stack exists. */
export const isUp = async ({ find }: Pick<Stack, "find">): Promise<boolean> => (await find(VPC)) !== undefined;
