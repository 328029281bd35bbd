import type { GroupLive } from "../src/aws/auto-scaling/group.ts";
import type { AlarmLive } from "../src/aws/cloudwatch/alarm.ts";
import type { StatusItem } from "../src/engine/status.ts";
import { GROUP_KEY } from "./auto-scaling.ts";
import type { LogName } from "./log-names.ts";

/** Something that is not well. */
export interface Trouble {
  readonly key: string;
  readonly name: string;
  /** Its type. */
  readonly object: string;
  readonly why: string;
  /** What a person can do. */
  readonly toDo: string;
  /** Where the lines are that tell more. */
  readonly logs: readonly LogName[];
  /** The instance that it is about; undefined: none in particular. */
  readonly instance: string | undefined;
}

const TELL_OF_WEB: readonly LogName[] = ["boot", "release", "app"];

/** The instance that a text is about. */
const instanceIn = (text: string | undefined): string | undefined => /\bi-[0-9a-f]{8,17}\b/.exec(text ?? "")?.[0];

/** How much it matters that an object stands so; what is not here is well, or a difference that `status` shows. */
const WEIGHT: Readonly<Partial<Record<StatusItem["standing"], number>>> = { unhealthy: 0, missing: 2, blocked: 3 };

const logsOf = ({ key }: StatusItem): readonly LogName[] => {
  if (key === GROUP_KEY) return TELL_OF_WEB;
  if (key.startsWith("builder-")) return ["builder"];
  return key.startsWith("nat-instance-") ? ["nat"] : [];
};

const unwellIn = (group: GroupLive | undefined): readonly string[] =>
  (group?.unwell ?? []).map(({ id, why }) => `${id} is unhealthy: ${why}`);

/**
 * What of the stack is not well, what matters most first, from what `status` has found: objects that failed, web instances that do not
 * serve, what is missing, what waits for a person, alarms that ring.
 * @param live what is there, by key
 */
export function troublesOf(
  items: readonly StatusItem[],
  live: (key: string) => object | undefined,
): readonly Trouble[] {
  const weighed: { readonly weight: number; readonly trouble: Trouble }[] = [];
  for (const item of items) {
    const { key, name, object, standing, reason, remedies } = item;
    const about = { key, name, object };
    const group = key === GROUP_KEY ? (live(key) as GroupLive | undefined) : undefined;
    const serving = group && group.serving < group.desired ? group : undefined;
    const alarm = key.startsWith("alarm-") ? (live(key) as AlarmLive | undefined) : undefined;
    // What was never made is a change to come.
    const weight = standing === "missing" && item.id === undefined ? undefined : WEIGHT[standing];
    if (weight !== undefined) {
      const command = remedies.flatMap(({ commands }) => commands)[0];
      const why = [reason, ...unwellIn(group)].filter(Boolean).join("; ") || "it is not there";
      const toDo =
        command ?? (standing === "blocked" ? "do what it says, then `buddyverse up`" : "`buddyverse up` mends it");
      const trouble = { ...about, why, toDo, logs: logsOf(item), instance: instanceIn(why) };
      weighed.push({ weight, trouble });
    } else if (serving) {
      const why = [`${serving.serving} of ${serving.desired} instances serve`, ...unwellIn(serving), reason]
        .filter(Boolean)
        .join("; ");
      const toDo =
        "the group replaces what does not serve by itself; look again in a few minutes, then `buddyverse up`";
      weighed.push({ weight: 1, trouble: { ...about, why, toDo, logs: logsOf(item), instance: instanceIn(why) } });
    }
    if (alarm?.state === "ALARM") {
      const toDo = "`buddyverse verify` looks at what it watches; the dashboard shows the curve";
      const trouble = { ...about, why: `it is in ALARM: ${alarm.description}`, toDo, logs: [], instance: undefined };
      weighed.push({ weight: 4, trouble });
    }
  }
  return weighed.sort((one, other) => one.weight - other.weight).map(({ trouble }) => trouble);
}
