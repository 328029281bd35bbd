import { guests } from "../guests/guests.ts";
import type { SandboxService } from "../service.ts";
import { acm } from "./acm/acm.ts";
import { autoScaling } from "./auto-scaling/auto-scaling.ts";
import { backup } from "./backup/backup.ts";
import { cloudwatch } from "./cloudwatch/cloudwatch.ts";
import { ec2 } from "./ec2/ec2.ts";
import { efs } from "./efs/efs.ts";
import { elb } from "./elb/elb.ts";
import { iam } from "./iam/iam.ts";
import { kms } from "./kms/kms.ts";
import { logs } from "./logs/logs.ts";
import { pricing } from "./pricing/pricing.ts";
import { rds } from "./rds/rds.ts";
import { route53 } from "./route53/route53.ts";
import { s3 } from "./s3/s3.ts";
import { serviceQuotas } from "./service-quotas.ts";
import { sns } from "./sns/sns.ts";
import { ssm } from "./ssm/ssm.ts";
import { sts } from "./sts.ts";

/** All services of the sandbox, by the SDK package's suffix. What the sandbox knows of a service is in its folder. */
export const services: Readonly<Record<string, SandboxService>> = {
  ec2,
  efs,
  backup,
  rds,
  "elastic-load-balancing-v2": elb,
  "auto-scaling": autoScaling,
  iam,
  kms,
  ssm,
  acm,
  "route-53": route53,
  cloudwatch,
  "cloudwatch-logs": logs,
  sns,
  s3,
  sts,
  pricing,
  "service-quotas": serviceQuotas,
  // No service of AWS: what runs on its instances.
  guests,
};
