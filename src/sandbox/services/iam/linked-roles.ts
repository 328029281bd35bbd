import * as z from "zod";
import { linkedPrincipal, partitionOf } from "../../../aws/partition.ts";
import { awsError, operation, type SandboxService } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { ms } from "./durations.ts";

/** The role that a service acts by in the account. There is one for each, and it stays. */
interface LinkedRole {
  readonly service: string;
  readonly createdAt: number;
}
const table = (sim: Sim) => sim.table<LinkedRole>("iam.linkedRoles");

/** By principal: the role's name (the services' guides, "Using service-linked roles"). */
const NAMES: Readonly<Record<string, string>> = {
  [linkedPrincipal("autoscaling")]: "AWSServiceRoleForAutoScaling",
  [linkedPrincipal("backup")]: "AWSServiceRoleForBackup",
  [linkedPrincipal("elasticfilesystem")]: "AWSServiceRoleForAmazonElasticFileSystem",
  [linkedPrincipal("elasticloadbalancing")]: "AWSServiceRoleForElasticLoadBalancing",
  [linkedPrincipal("rds")]: "AWSServiceRoleForRDS",
};

export const linkedRoleArn = (sim: Sim, service: string): string =>
  `arn:${partitionOf(sim.region).name}:iam::${sim.account}:role/aws-service-role/${service}/${NAMES[service]}`;

/** A service is used: it makes its role for the caller where the account has none. Answers how long the role has been there, milliseconds. */
export function useLinkedRole(sim: Sim, service: string): number {
  const there = table(sim).get(service);
  if (!there) table(sim).putNow(service, { service, createdAt: sim.now });
  return there ? sim.now - there.createdAt : 0;
}

/** True when the service can act by its role: some time after that was made. */
export const linkedRoleUsable = (sim: Sim, service: string): boolean =>
  useLinkedRole(sim, service) >= ms("linkedRoleUsable");

export const linkedRoles: SandboxService["operations"] = {
  CreateServiceLinkedRole: operation(
    { AWSServiceName: z.string().min(1).max(128), Description: z.string().max(1000).optional() },
    ({ AWSServiceName: service }, sim) => {
      const name = NAMES[service];
      if (name === undefined)
        throw awsError("InvalidInputException", `Service ${service} is not valid for a service-linked role.`, {
          code: "InvalidInput",
        });
      if (table(sim).get(service))
        throw awsError(
          "InvalidInputException",
          `Service role name ${name} has been taken in this account, please try a different suffix.`,
          { code: "InvalidInput" },
        );
      useLinkedRole(sim, service);
      return {
        Role: {
          Path: `/aws-service-role/${service}/`,
          RoleName: name,
          RoleId: `AROALINKED${name.slice("AWSServiceRoleFor".length).toUpperCase()}`,
          Arn: linkedRoleArn(sim, service),
          CreateDate: new Date(sim.now),
        },
      };
    },
  ),
};
