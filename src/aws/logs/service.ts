import type { Service } from "../service.ts";
import { logGroup } from "./log-group.ts";
import { narrowed } from "./narrowed.ts";
import { prices } from "./prices.ts";
import { forgottenLogGroups } from "./residuals.ts";

export const logs: Service<typeof import("./client.ts")> = {
  package: "cloudwatch-logs",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "logs",
    tagging: "logs:TagResource",
    changes: {
      CreateLogGroup: [
        "ListTagsForResource",
        "PutLogGroupDeletionProtection",
        "PutRetentionPolicy",
        "TagResource",
        "UntagResource",
      ],
    },
    narrowed,
  },
  errors: { transient: ["ServiceUnavailableException"] },
  types: [logGroup],
  colour: "#b0388a",
  prices,
  residuals: [forgottenLogGroups],
  safety: {
    CreateLogGroup: "name",
    DeleteLogGroup: "same",
    PutLogGroupDeletionProtection: "same",
    PutRetentionPolicy: "same",
    TagResource: "same",
    UntagResource: "same",
  },
};
