import type { Service } from "../service.ts";

export const pricing: Service<typeof import("./client.ts")> = {
  package: "pricing",
  load: () => import("./client.ts"),
  types: [],
  safety: {},
};
