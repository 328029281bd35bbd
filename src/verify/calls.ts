import type { Call } from "../aws/aws.ts";

/** What `verify` sends (in `verify/aws` and for the stack in `steps/verify.ts`) besides what `up`, `status` and `down` do. */
export const verifyCalls = [
  "cloudWatch.getMetricData",
  "ec2.describeSnapshots",
  "ec2.describeVolumes",
  "elb.describeTargetHealth",
  "ssm.describeInstanceInformation",
  "ssm.getCommandInvocation",
  "ssm.sendCommand",
] as const satisfies readonly Call[];

/** What drills send (for the stack in `steps/drills.ts`) besides what `verify` and `up` do. */
export const drillCalls = [
  "autoScaling.describeScalingActivities",
  "autoScaling.setDesiredCapacity",
  "autoScaling.updateAutoScalingGroup",
  "ec2.terminateInstances",
] as const satisfies readonly Call[];
