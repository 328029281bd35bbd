import { some } from "../../lib/text.ts";
import type { Check } from "../check.ts";
import type { World } from "../world.ts";

/** EC2's basic monitoring sends every five minutes, and CloudWatch shows it a minute later. */
const DATA_WITHIN_MS = 7 * 60_000;
const LOOK_AGAIN_MS = 30_000;

/** R5: monitoring of performance, availability, errors. */
export const monitoring: readonly Check<World>[] = [
  {
    id: "dashboard-data",
    requirement: "R5",
    title: "Every widget of the dashboard has data",
    async run({ widgets, clock, signal }) {
      const until = clock.now() + DATA_WITHIN_MS;
      let found = await widgets();
      // A stack that was made a moment ago has sent little yet.
      while (found.some(({ data }) => data === "none") && clock.now() < until) {
        await clock.sleep(LOOK_AGAIN_MS, signal);
        found = await widgets();
      }
      const count = (data: string) => found.filter((widget) => widget.data === data).length;
      const empty = found.filter(({ data }) => data === "none").map(({ title }) => `"${title}"`);
      return {
        saw: [
          `${count("some")} of ${found.length} widgets have data`,
          ...(count("quiet") > 0 ? [`${count("quiet")} had nothing to count yet`] : []),
          ...(empty.length > 0 ? [`empty: ${some(empty)}`] : []),
        ].join("; "),
        ok: found.length > 0 && empty.length === 0,
      };
    },
  },
  {
    id: "alarms",
    requirement: "R5",
    title: "Every alarm exists and has enough data to tell, or is younger than the time it needs",
    async run({ alarms }) {
      const found = await alarms();
      const missing = found.filter(({ state }) => state === undefined);
      const lacking = found.filter(({ state }) => state === "INSUFFICIENT_DATA");
      const young = lacking.filter(({ ageSeconds, needsSeconds }) => ageSeconds < needsSeconds);
      const blind = lacking.filter((alarm) => !young.includes(alarm));
      const off = found.filter(({ state }) => state === "ALARM");
      const named = (alarms: readonly { readonly name: string }[]) => some(alarms.map(({ name }) => name));
      return {
        saw: [
          `${found.length - missing.length} of ${found.length} alarms`,
          ...(missing.length > 0 ? [`missing: ${named(missing)}`] : []),
          ...(blind.length > 0 ? [`without data: ${named(blind)}`] : []),
          ...(young.length > 0 ? [`too young to tell: ${named(young)}`] : []),
          ...(off.length > 0 ? [`in ALARM: ${named(off)}`] : []),
        ].join("; "),
        ok: found.length > 0 && missing.length === 0 && blind.length === 0,
      };
    },
  },
  {
    id: "subscription",
    requirement: "R5",
    title: "The e-mail address has confirmed that it wants the alarms",
    async run({ wanted, subscribed }) {
      const confirmed = await subscribed();
      return {
        saw: confirmed
          ? `${wanted.email} gets the alarms`
          : `${wanted.email} has not followed the link in AWS's mail: no alarm reaches it`,
        ok: confirmed,
      };
    },
  },
];
