import { command, type Extra, type ExtraReader, idsIn, standing } from "../extra.ts";
import { allAlarms } from "./alarm.ts";

/** What Auto Scaling makes for its target tracking, and removes with it. */
const BY_AUTO_SCALING = /^TargetTracking-/;
/** An alarm's action that changes what it watches, instead of telling somebody. */
const ACTS = /^arn:[^:]+:(automate|autoscaling|ssm|swf|lambda):/;

const alarms: ExtraReader = {
  what: "alarms",
  async read(aws, _stack, seen) {
    const own = new Set(standing(seen, "cloudwatch:alarm").map(({ name }) => name));
    const known = idsIn(seen);
    // Dimensions name load balancers and target groups by the end of their ARNs.
    const about = (value: string) =>
      known.has(value) || [...known].some((id) => id.startsWith("arn:") && value.includes("/") && id.endsWith(value));
    return (await allAlarms(aws))
      .filter(({ AlarmName = "" }) => !own.has(AlarmName) && !BY_AUTO_SCALING.test(AlarmName))
      .flatMap(({ AlarmName: id = "", MetricName = "", Dimensions = [], AlarmActions = [] }): Extra[] => {
        const on = Dimensions.find(({ Value = "" }) => about(Value))?.Value;
        if (on === undefined) return [];
        const acts = AlarmActions.filter((action) => ACTS.test(action));
        return [
          {
            what: "alarm",
            id,
            on,
            effect: `watches ${MetricName}${acts.length > 0 ? `, and acts: ${acts.join(", ")}` : ""}`,
            whose: "",
            danger: undefined,
            commands: [command(aws, `cloudwatch delete-alarms --alarm-names ${id}`)],
          },
        ];
      });
  },
};

export const extras: readonly ExtraReader[] = [alarms];
