import type { Service } from "../service.ts";

export const pricing: Service<typeof import("./client.ts")> = {
  package: "pricing",
  load: () => import("./client.ts"),
  // The price list answers in a few regions, for all of them.
  permissions: { prefix: "pricing", global: true },
  types: [],
  safety: {},
};
