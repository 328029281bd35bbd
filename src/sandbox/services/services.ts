import type { SandboxService } from "../service.ts";
import { ec2 } from "./ec2/ec2.ts";
import { efs } from "./efs/efs.ts";
import { iam } from "./iam/iam.ts";
import { ssm } from "./ssm/ssm.ts";
import { sts } from "./sts.ts";

/** All services of the sandbox, by the SDK package's suffix. */
export const services: Readonly<Record<string, SandboxService>> = { ec2, ssm, sts, efs, iam };
