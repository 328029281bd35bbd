import type { Service } from "../service.ts";

export const serviceQuotas: Service<typeof import("./client.ts")> = {
  package: "service-quotas",
  load: () => import("./client.ts"),
  permissions: { prefix: "servicequotas" },
  types: [],
  safety: {},
};
