import type { Service } from "../service.ts";

export const serviceQuotas: Service<typeof import("./client.ts")> = {
  package: "service-quotas",
  load: () => import("./client.ts"),
  // The default is asked for only where the account has no value of its own.
  permissions: { prefix: "servicequotas", changes: { GetServiceQuota: ["GetAWSDefaultServiceQuota"] } },
  types: [],
  safety: {},
};
