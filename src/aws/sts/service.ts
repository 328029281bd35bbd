import type { Service } from "../service.ts";

export const sts: Service<typeof import("./client.ts")> = {
  package: "sts",
  load: () => import("./client.ts"),
  types: [],
  safety: {},
};
