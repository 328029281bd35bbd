import type { Safety } from "../safety.ts";

export {
  CloudWatchClient as Client,
  DeleteAlarmsCommand,
  DeleteDashboardsCommand,
  DescribeAlarmsCommand,
  GetDashboardCommand,
  GetMetricDataCommand,
  ListTagsForResourceCommand,
  PutDashboardCommand,
  PutMetricAlarmCommand,
} from "@aws-sdk/client-cloudwatch";

export const safety: Readonly<Record<string, Safety>> = {
  // Both put the whole thing under its name.
  PutMetricAlarm: "same",
  PutDashboard: "same",
  DeleteAlarms: "same",
  DeleteDashboards: "same",
};
