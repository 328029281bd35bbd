import type { Safety } from "../safety.ts";

export {
  CloudWatchClient as Client,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
  TagResourceCommand,
} from "@aws-sdk/client-cloudwatch";

export const safety: Readonly<Record<string, Safety>> = {
  // Both put the whole thing under its name.
  PutMetricAlarm: "same",
  PutDashboard: "same",
  TagResource: "same",
  DeleteAlarms: "same",
  DeleteDashboards: "same",
};
