import * as z from "zod";
import { awsError, operation, type SandboxService } from "../service.ts";

export const serviceQuotas: SandboxService = {
  operations: {
    GetServiceQuota: operation(
      { ServiceCode: z.string(), QuotaCode: z.string() },
      ({ ServiceCode, QuotaCode }, sim) => {
        const code = `${ServiceCode}/${QuotaCode}`;
        const quota = sim.services.map(({ quotas }) => quotas?.[code]).find((one) => one !== undefined);
        if (!quota)
          throw awsError("NoSuchResourceException", "The request failed because the specified service does not exist.");
        return { Quota: { ServiceCode, QuotaCode, QuotaName: quota.name, Value: quota.value, Unit: "None" } };
      },
    ),
  },
};
