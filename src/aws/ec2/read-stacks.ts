import type { Call, Services } from "../aws.ts";
import { STACK_TAG } from "../owned.ts";
import { allPages } from "../pages.ts";

/** What `stacks` sends in all regions. */
export const listCalls = ["ec2.describeRegions", "ec2.describeTags"] as const satisfies readonly Call[];

/** A stack, as the tags of EC2's objects tell it. */
export interface TaggedStack {
  readonly stack: string;
  /** Its VPCs: one, unless somebody has copied tags. */
  readonly vpcs: readonly string[];
  /** How many of its objects in EC2 bear its tag, by kind, as DescribeTags calls it. */
  readonly objects: Readonly<Record<string, number>>;
}

/** What a terminated instance leaves tagged for an hour (EC2 user guide, "Terminate instances"): no sign of a stack by itself. */
const LINGERS = new Set(["instance", "volume", "network-interface"]);

/** All stacks of a region that have objects in EC2, sorted by name. A page of 1,000 tags is a call. */
export async function taggedStacks({ ec2 }: Pick<Services, "ec2">): Promise<readonly TaggedStack[]> {
  const tags = await allPages(
    (NextToken) => ec2.describeTags({ Filters: [{ Name: "key", Values: [STACK_TAG] }], NextToken }),
    (page) => page.Tags,
    (page) => page.NextToken,
  );
  const ids = new Map<string, Map<string, string[]>>();
  for (const { Value = "", ResourceType = "", ResourceId = "" } of tags) {
    const kinds = ids.get(Value) ?? new Map<string, string[]>();
    ids.set(Value, kinds.set(ResourceType, [...(kinds.get(ResourceType) ?? []), ResourceId]));
  }
  return [...ids]
    .map(([stack, kinds]) => ({
      stack,
      vpcs: kinds.get("vpc") ?? [],
      objects: Object.fromEntries([...kinds].map(([kind, of]) => [kind, of.length]).sort()),
    }))
    .filter(({ objects }) => Object.keys(objects).some((kind) => !LINGERS.has(kind)))
    .sort((one, other) => one.stack.localeCompare(other.stack));
}
