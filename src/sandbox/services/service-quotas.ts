import * as z from "zod";
import { awsError, operation, type SandboxService } from "../service.ts";
import { ADDRESSES_PER_REGION } from "./ec2/addresses.ts";
import { VCPU_QUOTA } from "./ec2/instances.ts";
import { VPCS_PER_REGION } from "./ec2/vpcs.ts";

/** The quotas that the sandbox holds its caller to. */
const QUOTAS: Readonly<Record<string, { readonly name: string; readonly value: number }>> = {
  "ec2/L-1216C47A": {
    name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
    value: VCPU_QUOTA,
  },
  "ec2/L-0263D0A3": { name: "EC2-VPC Elastic IPs", value: ADDRESSES_PER_REGION },
  "vpc/L-F678F1CE": { name: "VPCs per Region", value: VPCS_PER_REGION },
};

export const serviceQuotas: SandboxService = {
  operations: {
    GetServiceQuota: operation({ ServiceCode: z.string(), QuotaCode: z.string() }, ({ ServiceCode, QuotaCode }) => {
      const quota = QUOTAS[`${ServiceCode}/${QuotaCode}`];
      if (!quota)
        throw awsError("NoSuchResourceException", "The request failed because the specified service does not exist.");
      return { Quota: { ServiceCode, QuotaCode, QuotaName: quota.name, Value: quota.value, Unit: "None" } };
    }),
  },
};
