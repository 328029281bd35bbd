import type { AutoScalingStep } from "./auto-scaling.ts";
import type { EfsStep } from "./efs.ts";
import type { LoadBalancerStep } from "./load-balancer.ts";
import type { NatBastionStep } from "./nat-bastion.ts";
import type { RdsStep } from "./rds.ts";

type WithReplica = Extract<RdsStep, { readonly replica: unknown }>;

/** What is watched. */
export interface Monitored {
  readonly natBastion: Pick<NatBastionStep, "nats" | "bastions">;
  readonly efs: Pick<EfsStep, "fileSystem">;
  readonly rds: Pick<RdsStep, "primary"> & { readonly replica?: WithReplica["replica"] };
  readonly loadBalancer: Pick<LoadBalancerStep, "loadBalancer" | "targetGroup">;
  readonly autoScaling: Pick<AutoScalingStep, "group">;
}
