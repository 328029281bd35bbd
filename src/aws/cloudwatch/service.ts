import type { Service } from "../service.ts";
import { alarm } from "./alarm.ts";
import { dashboard } from "./dashboard.ts";
import { extras } from "./extras.ts";
import { narrowed } from "./narrowed.ts";
import { prices } from "./prices.ts";
import { forgottenAlarms } from "./residuals.ts";

export const cloudWatch: Service<typeof import("./client.ts")> = {
  package: "cloudwatch",
  load: () => import("./client.ts"),
  permissions: {
    prefix: "cloudwatch",
    tagging: "cloudwatch:TagResource",
    changes: { PutMetricAlarm: ["ListTagsForResource", "UntagResource"], PutDashboard: ["UntagResource"] },
    narrowed,
  },
  extras,
  types: [alarm, dashboard],
  colour: "#b0388a",
  prices,
  residuals: [forgottenAlarms],
  safety: {
    // Both put the whole thing under its name.
    PutMetricAlarm: "same",
    PutDashboard: "same",
    DeleteAlarms: "same",
    DeleteDashboards: "same",
    TagResource: "same",
    UntagResource: "same",
  },
};
