import { everywhere, inRegions, price, type ServicePrices, usageType } from "../price.ts";

export const alarmMonth = price(
  "cloudwatch:alarm",
  { name: "month", aws: ["alarms"] },
  {
    service: "AmazonCloudWatch",
    region: "regionCode",
    filters: { productFamily: "Alarm" },
    usage: usageType("CW:AlarmMonitorUsage"),
  },
);
// Up to 50 metrics (CloudWatch guide, "Analyzing CloudWatch billing"). "Any" location, no regionCode.
export const dashboardMonth = price(
  "cloudwatch:dashboard",
  { name: "month", aws: ["dashboards"] },
  { service: "AmazonCloudWatch", filters: { productFamily: "Dashboard" }, usage: /^DashboardsUsageHour-Basic$/ },
);

/** How alarms are shown: together, whoever makes them. */
export const ALARMS = "alarms";

export const prices: ServicePrices = {
  facts: [
    inRegions(alarmMonth, [0.1, "F1", "2025-09-23", "B"], [0.1, "F1 I1", "2025-09-23", "B"]),
    everywhere(dashboardMonth, [3, "F1 I1", "2025-09-23", "A"]),
  ],
  free: [
    { price: dashboardMonth, quantity: 3, what: "dashboards", source: "F1 I1 A1", sure: "A" },
    // Of standard resolution.
    { price: alarmMonth, quantity: 10, what: "alarms", source: "A1", sure: "B" },
  ],
};
