import type { AnyType } from "../engine/resource.ts";
import { acm } from "./acm/service.ts";
import { autoScaling } from "./auto-scaling/service.ts";
import { backup } from "./backup/service.ts";
import { cloudWatch } from "./cloudwatch/service.ts";
import { ec2 } from "./ec2/service.ts";
import { efs } from "./efs/service.ts";
import { elb } from "./elb/service.ts";
import { iam } from "./iam/service.ts";
import { kms } from "./kms/service.ts";
import { logs } from "./logs/service.ts";
import { pricing } from "./pricing/service.ts";
import { rds } from "./rds/service.ts";
import { route53 } from "./route53/service.ts";
import { s3 } from "./s3/service.ts";
import type { Service } from "./service.ts";
import { serviceQuotas } from "./service-quotas/service.ts";
import { sns } from "./sns/service.ts";
import { ssm } from "./ssm/service.ts";
import { sts } from "./sts/service.ts";

/** Every AWS service that the tool talks to, by the name that `Aws` gives it. */
export const services = {
  ec2,
  rds,
  efs,
  backup,
  elb,
  autoScaling,
  acm,
  route53,
  cloudWatch,
  logs,
  iam,
  kms,
  ssm,
  sns,
  s3,
  sts,
  pricing,
  serviceQuotas,
} as const;

export type ServiceName = keyof typeof services;

export const serviceNames = Object.keys(services) as readonly ServiceName[];

/** Every service, for what asks them all. */
export const eachService: readonly Service[] = Object.values(services);

/** The service of each type, by the type's name: "ec2:vpc". */
export const serviceOfType: ReadonlyMap<string, Service> = new Map(
  eachService.flatMap((service) => service.types.map(({ name }) => [name, service])),
);

/** Every type that this version knows, by its name in the state file. */
export const types: ReadonlyMap<string, AnyType> = new Map(
  eachService.flatMap((service) => service.types.map((type) => [type.name, type])),
);
