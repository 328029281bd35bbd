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

/** A release that came to nothing, and that the config still asks for. */
export interface VainRelease {
  readonly number: number;
  /** In the words of `releases`. */
  readonly result: string;
  readonly reason: string;
  /** The release that serves. */
  readonly current: string;
  /** Milliseconds since 1970. */
  readonly endedAt: number;
}

/** The number of the release that came to nothing and that the config still asks for; undefined: there is none. */
export function inVain(
  items: readonly StatusItem[],
  live: (key: string) => object | undefined,
): Pick<VainRelease, "number" | "current" | "endedAt"> | undefined {
  const pending = items.find(({ key }) => key === GROUP_KEY)?.pending ?? [];
  const { refresh, own } = (live(GROUP_KEY) as GroupLive | undefined) ?? {};
  const version = refresh?.template?.version;
  if (!refresh || refresh.endedAt === undefined || refresh.status === "Successful" || !own) return undefined;
  return pending.some(({ field, wanted }) => field === "launchTemplateVersion" && wanted === version)
    ? { number: Number(version), current: own.version, endedAt: refresh.endedAt }
    : undefined;
}

/** How much it matters that an object stands so; what is not here is well, or a difference that `status` shows. */
const WEIGHT: Readonly<Partial<Record<StatusItem["standing"], number>>> = { unhealthy: 0, missing: 2, blocked: 3 };

/** It is so, and since when nobody tells: as new as can be. */
const NOW = Number.POSITIVE_INFINITY;

const logsOf = ({ key }: StatusItem): readonly LogName[] => {
  if (key === GROUP_KEY) return TELL_OF_WEB;
  if (key.startsWith("builder-")) return ["builder"];
  return key.startsWith("nat-instance-") ? ["nat"] : [];
};

const unwellIn = (group: GroupLive | undefined): readonly string[] =>
  (group?.unwell ?? []).map(({ id, why }) => `${id} is unhealthy: ${why}`);

/**
 * What of the stack is not well, the newest first, from what `status` has found: objects that failed, web instances that do not
 * serve, what is missing, what waits for a person, alarms that ring. AWS tells only of alarms since when they are as they are: the others
 * are so now, and come first. What is equally new comes by what matters most.
 * @param live what is there, by key
 * @param vain what `inVain` has found, looked into
 */
export function troublesOf(
  items: readonly StatusItem[],
  live: (key: string) => object | undefined,
  vain?: VainRelease,
): readonly Trouble[] {
  const weighed: { readonly since: number; readonly weight: number; readonly trouble: Trouble }[] = [];
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
      weighed.push({ since: NOW, weight, trouble });
    } else if (serving) {
      const why = [`${serving.serving} of ${serving.desired} instances serve`, ...unwellIn(serving), reason]
        .filter(Boolean)
        .join("; ");
      const toDo =
        "the group replaces what does not serve by itself; look again in a few minutes, then `buddyverse up`";
      weighed.push({
        since: NOW,
        weight: 1,
        trouble: { ...about, why, toDo, logs: logsOf(item), instance: instanceIn(why) },
      });
    }
    if (alarm?.state === "ALARM") {
      const toDo = "`buddyverse verify` looks at what it watches; the dashboard shows the curve";
      const trouble = { ...about, why: `it is in ALARM: ${alarm.description}`, toDo, logs: [], instance: undefined };
      weighed.push({ since: alarm.stateSince ?? NOW, weight: 4, trouble });
    }
  }
  const group = items.find(({ key }) => key === GROUP_KEY);
  if (vain && group) {
    const { number, result, reason, current, endedAt } = vain;
    const why = `release ${number}, which the config asks for, ${result === "rolled back" ? "was rolled back" : "failed"}, and the site goes on with release ${current}${reason === "" ? "" : `: ${reason}`}`;
    const toDo = "mend the cause, then `buddyverse up`; or put the config back";
    const about = { key: group.key, name: group.name, object: group.object };
    const trouble = { ...about, why, toDo, logs: TELL_OF_WEB, instance: instanceIn(reason) };
    weighed.push({ since: endedAt, weight: 2, trouble });
  }
  const newer = (one: number, other: number) => (one === other ? 0 : other - one);
  return weighed
    .sort((one, other) => newer(one.since, other.since) || one.weight - other.weight)
    .map(({ trouble }) => trouble);
}
