import type { DashboardLive } from "../../src/aws/cloudwatch/dashboard.ts";
import type { SubscriptionLive } from "../../src/aws/sns/subscription.ts";
import { some } from "../../src/lib/text.ts";
import { type Alarm, readAlarms, readWidgets, type Widget } from "../../src/verify/aws/monitoring.ts";
import type { Check } from "../../src/verify/check.ts";
import type { Fact } from "../../src/verify/facts.ts";

export const widgets: Fact<readonly Widget[]> = async ({ aws, now, requireLive }) =>
  readWidgets(aws, (await requireLive<DashboardLive>("dashboard")).widgets, now());

/** The alarms of the stack, also those that do not exist. */
export const alarms: Fact<readonly Alarm[]> = ({ aws, now, keys, nameOf }) =>
  readAlarms(aws, keys.filter((key) => key.startsWith("alarm-")).map(nameOf), now());

export const subscription: Fact<Pick<SubscriptionLive, "confirmed">> = ({ config, requireLive }) =>
  requireLive<SubscriptionLive>(`subscription-${config.monitoring.email}`);

/** EC2's basic monitoring sends every five minutes, and CloudWatch shows it a minute later. */
const FIRST_DATA = { everySeconds: 30, forSeconds: 7 * 60 };

/** R5: monitoring of performance, availability, errors. */
export const monitoring: readonly Check[] = [
  {
    id: "dashboard-data",
    requirement: "R5",
    title: "Every widget of the dashboard has data",
    method: "every metric of every widget, three hours back; waits seven minutes for a new stack",
    retry: FIRST_DATA,
    async run({ read }) {
      const found = await read(widgets);
      const count = (data: Widget["data"]) => found.filter((widget) => widget.data === data).length;
      const empty = found.filter(({ data }) => data === "none").map(({ title }) => `"${title}"`);
      return {
        evidence: [
          `${count("some")} of ${found.length} widgets have data`,
          ...(count("quiet") > 0 ? [`${count("quiet")} had nothing to count yet`] : []),
          ...(empty.length > 0 ? [`empty: ${some(empty)}`] : []),
        ].join("; "),
        ok: found.length > 0 && empty.length === 0,
        pending: empty.length > 0,
      };
    },
  },
  {
    id: "alarms",
    requirement: "R5",
    title: "Every alarm exists and has enough data to tell, or is younger than the time it needs",
    method:
      "the state of each alarm: not INSUFFICIENT_DATA once it is old enough, but for want of visitors; waits seven minutes for what it watches to be no longer new",
    limits: "that mail arrives",
    // What it watches may have been made anew: a replica after a failover.
    retry: FIRST_DATA,
    async run({ read }) {
      const found = await read(alarms);
      const missing = found.filter(({ state }) => state === undefined);
      const lacking = found.filter(({ state }) => state === "INSUFFICIENT_DATA");
      const idle = lacking.filter(({ needsMany }) => needsMany);
      const young = lacking.filter((alarm) => !idle.includes(alarm) && alarm.ageSeconds < alarm.needsSeconds);
      const blind = lacking.filter((alarm) => !idle.includes(alarm) && !young.includes(alarm));
      const ringing = found.filter(({ state }) => state === "ALARM");
      const about = (what: string, those: readonly Alarm[]) =>
        those.length > 0 ? [`${what}: ${some(those.map(({ name }) => name))}`] : [];
      return {
        evidence: [
          `${found.length - missing.length} of ${found.length} alarms`,
          ...about("missing", missing),
          ...about("without data", blind),
          ...about("too young to tell", young),
          ...about("too few visitors to tell", idle),
          ...about("in ALARM", ringing),
        ].join("; "),
        ok: found.length > 0 && missing.length === 0 && blind.length === 0,
        pending: blind.length > 0,
      };
    },
  },
  {
    id: "subscription",
    requirement: "R5",
    title: "The e-mail address has confirmed that it wants the alarms",
    method: "the subscription of `monitoring.email`",
    skip: ({ monitoring: { email } }) => (email === null ? "the config names no e-mail address" : undefined),
    async run({ config, read }) {
      const { email } = config.monitoring;
      const { confirmed } = await read(subscription);
      return {
        evidence: confirmed
          ? `${email} gets the alarms`
          : `${email} has not followed the link in AWS's mail: no alarm reaches it`,
        ok: confirmed,
      };
    },
  },
];
