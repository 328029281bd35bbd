import type { Difference } from "../../engine/differences.ts";
import type { PlanItem } from "../../engine/plan.ts";
import { counted } from "../../lib/text.ts";
import { valueText } from "../differences.ts";

/** From so many objects on a change of tags is told once for all. */
const FROM = 3;

type Texts = Readonly<Record<string, unknown>>;

/** A plan's items without the changes of tags that many of them share, and these: "tag team = platform on 63 objects". */
export function foldedTags(items: readonly PlanItem[]): {
  readonly items: readonly PlanItem[];
  readonly tags: readonly string[];
} {
  const counts = new Map<string, number>();
  for (const { differences } of items)
    for (const text of differences.flatMap(tagTexts)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const isFolded = (one: Difference) =>
    one.field === "tags" && tagTexts(one).every((text) => (counts.get(text) ?? 0) >= FROM);
  const told = items.flatMap((item) => {
    const differences = item.differences.filter((one) => !isFolded(one));
    if (differences.length === item.differences.length) return [item];
    return differences.length > 0 || hasMore(item) ? [{ ...item, differences }] : [];
  });
  const tags = [...counts].flatMap(([text, count]) => (count < FROM ? [] : [`${text} ${counted(count, "object")}`]));
  return { items: told, tags };
}

/** There is more to say of it than what differs. */
const hasMore = ({ action, interruption, rollout, notes, note, reason, refused }: PlanItem): boolean =>
  action !== "update" ||
  interruption.what !== "" ||
  notes.length > 0 ||
  [rollout, note, reason, refused].some((one) => one !== undefined);

function tagTexts({ field, found, wanted }: Difference): string[] {
  if (field !== "tags") return [];
  const [before, after] = [(found ?? {}) as Texts, (wanted ?? {}) as Texts];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((key) => {
    if (after[key] === undefined) return `tag ${key} taken off`;
    if (before[key] === undefined) return `tag ${key} = ${valueText(after[key])} on`;
    return `tag ${key}: ${valueText(before[key])} → ${valueText(after[key])} on`;
  });
}
