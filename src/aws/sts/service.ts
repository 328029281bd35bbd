import type { Service } from "../service.ts";

export const sts: Service<typeof import("./client.ts")> = {
  package: "sts",
  load: () => import("./client.ts"),
  permissions: { prefix: "sts", global: true },
  types: [],
  safety: {},
};
