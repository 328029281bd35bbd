import * as z from "zod";
import { declaredQuota, grantedQuota, quotaOf } from "../quotas.ts";
import { awsError, operation, type SandboxService } from "../service.ts";
import type { Sim } from "../world.ts";

const asked = { ServiceCode: z.string(), QuotaCode: z.string() };
type Asked = { readonly ServiceCode: string; readonly QuotaCode: string };

function declared(sim: Sim, { ServiceCode, QuotaCode }: Asked) {
  const quota = declaredQuota(sim, `${ServiceCode}/${QuotaCode}`);
  if (!quota)
    throw awsError("NoSuchResourceException", "The request failed because the specified service does not exist.");
  return quota;
}
const shown = ({ ServiceCode, QuotaCode }: Asked, QuotaName: string, Value: number) => ({
  Quota: { ServiceCode, QuotaCode, QuotaName, Value, Unit: "None" },
});

export const serviceQuotas: SandboxService = {
  operations: {
    GetServiceQuota: operation(asked, (input, sim) => {
      const { name, defaultOnly } = declared(sim, input);
      const code = `${input.ServiceCode}/${input.QuotaCode}`;
      // Of some quotas there is no value of the account's own before one is granted (API reference, GetAWSDefaultServiceQuota).
      if (defaultOnly && grantedQuota(sim, code) === undefined)
        throw awsError("NoSuchResourceException", "The request failed because the specified quota does not exist.");
      return shown(input, name, quotaOf(sim, code));
    }),
    GetAWSDefaultServiceQuota: operation(asked, (input, sim) => {
      const { name, value } = declared(sim, input);
      return shown(input, name, value);
    }),
  },
};
