import type { Service } from "../service.ts";
import { encryptionKey } from "./key.ts";
import { narrowed } from "./narrowed.ts";
import { preflight } from "./preflight.ts";

export const kms: Service<typeof import("./client.ts")> = {
  package: "kms",
  load: () => import("./client.ts"),
  permissions: { prefix: "kms", narrowed },
  // KMS waits for something of its own: try again (API reference, DescribeKey).
  errors: { transient: ["DependencyTimeoutException", "KMSInternalException"] },
  types: [encryptionKey],
  colour: "#c23b4b",
  preflight,
  safety: {},
};
