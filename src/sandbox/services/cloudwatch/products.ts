import { at, type ServiceProducts } from "../pricing/product.ts";

const CLOUDWATCH = ["AmazonCloudWatch", "AmazonCloudWatch"] as const;

export const cloudWatchProducts: ServiceProducts = {
  inRegion: (place, tiers) => [
    {
      service: CLOUDWATCH,
      family: "Alarm",
      usagetype: `${place.prefix}CW:AlarmMonitorUsage`,
      operation: "Unknown",
      unit: "Alarms",
      tiers: tiers("cloudwatch:alarm"),
      attributes: { ...at(place), alarmType: "Standard" },
    },
  ],
  everywhere: (tiers) =>
    ["DashboardsUsageHour-Basic", "DashboardsUsageHour"].map((usagetype) => ({
      service: CLOUDWATCH,
      family: "Dashboard",
      usagetype,
      operation: "DashboardHour",
      unit: "Dashboards",
      tiers: tiers("cloudwatch:dashboard"),
      attributes: { location: "Any", locationType: "AWS Region" },
    })),
};
