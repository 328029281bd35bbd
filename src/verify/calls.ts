import type { Call } from "../aws/aws.ts";
import { commandCalls } from "./aws/commands.ts";
import { monitoringCalls } from "./aws/monitoring.ts";
import { scalingCalls } from "./aws/scaling.ts";
import { storageCalls } from "./aws/storage.ts";

/** What `verify` sends besides what `up`, `status` and `down` do: its readers say it. */
export const verifyCalls: readonly Call[] = [...commandCalls, ...monitoringCalls, ...scalingCalls, ...storageCalls];

/** What drills send (for the stack in `steps/drills.ts`) besides what `verify` and `up` do. */
export const drillCalls = [
  "autoScaling.describeScalingActivities",
  "autoScaling.setDesiredCapacity",
  "autoScaling.updateAutoScalingGroup",
  "ec2.terminateInstances",
] as const satisfies readonly Call[];
