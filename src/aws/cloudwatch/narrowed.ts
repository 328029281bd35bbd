import type { Narrowed, PolicyScope } from "../permissions.ts";

const READS = /^(Describe|Get|List)/;

/** What all of the names begin with. */
function commonStart([first = "", ...others]: readonly string[]): string {
  let length = first.length;
  for (const other of others) while (!other.startsWith(first.slice(0, length))) length -= 1;
  return first.slice(0, length);
}

/** The stack's name where all of them end with it. */
const commonEnd = (names: readonly string[], stack: string): string =>
  names.every((name) => name.endsWith(`-${stack}`)) ? `-${stack}` : "";

/**
 * The stack's dashboard by its name, its alarms by what their names begin and end with, so that those of an older config can be
 * deleted, too. IAM knows no tags of a dashboard, and those of an alarm not for every action (Service Authorization Reference).
 */
export function narrowed({ stack, region, arn, inputs }: PolicyScope): readonly Narrowed[] {
  const named = (operation: string, parameter: string) => [
    ...new Set(inputs(operation).map((input) => String(input[parameter]))),
  ];
  const alarms = named("PutMetricAlarm", "AlarmName");
  return [
    {
      takes: (action) => !READS.test(action),
      statements: [
        {
          Sid: "AlarmsAndDashboards",
          Resource: [
            arn(`cloudwatch:${region}:*:alarm:${commonStart(alarms)}*${commonEnd(alarms, stack)}`),
            ...named("PutDashboard", "DashboardName").map((name) => arn(`cloudwatch::*:dashboard/${name}`)),
          ],
        },
      ],
    },
  ];
}
