import * as z from "zod";
import { awsError } from "../../service.ts";
import type { Sim } from "../../world.ts";
import { tagTable } from "./tables.ts";

/** Parameters that many EC2 operations have. */
export const tagSpecifications = (...kinds: readonly [string, ...string[]]) =>
  z
    .array(
      z.strictObject({
        ResourceType: z.enum(kinds),
        Tags: z.array(z.strictObject({ Key: z.string().min(1).max(127), Value: z.string().max(255) })).max(50),
      }),
    )
    .optional();
export type TagSpecifications = z.infer<ReturnType<typeof tagSpecifications>>;

export const filters = z
  .array(z.strictObject({ Name: z.string(), Values: z.array(z.string()).min(1).max(200) }))
  .optional();
export type Filters = z.infer<typeof filters>;

/** Keeps the tags that a create call gives to the object of that kind. */
export function tagOnCreate(sim: Sim, id: string, kind: string, specifications: TagSpecifications): void {
  const given = (specifications ?? []).filter((one) => one.ResourceType === kind).flatMap((one) => one.Tags);
  tagTable(sim).putNow(id, { tags: Object.fromEntries(given.map(({ Key, Value }) => [Key, Value])) });
}

export const tagsOf = (sim: Sim, id: string): { Key: string; Value: string }[] =>
  Object.entries(tagTable(sim).visible(id)?.tags ?? {}).map(([Key, Value]) => ({ Key, Value }));

/**
 * EC2's filters: an object passes when for each filter one of its values is one of the wanted (`*` and `?` are wild).
 * @param known the values of each filter that the operation knows; `tag:…` and `tag-key` are known for all.
 */
export function passes(
  sim: Sim,
  id: string,
  wanted: Filters,
  known: Readonly<Record<string, readonly string[]>>,
): boolean {
  return (wanted ?? []).every(({ Name, Values }) => {
    let values: readonly string[] | undefined;
    if (Name.startsWith("tag:"))
      values = tagsOf(sim, id).flatMap((tag) => (tag.Key === Name.slice(4) ? [tag.Value] : []));
    else if (Name === "tag-key") values = tagsOf(sim, id).map((tag) => tag.Key);
    else values = known[Name];
    if (!values) throw awsError("InvalidParameterValue", `The filter '${Name}' is invalid`);
    return values.some((value) => Values.some((pattern) => matches(pattern, value)));
  });
}

function matches(pattern: string, value: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === value;
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`).test(value);
}

/** One page of a describe call. The sandbox's worlds are small: it gives everything on one page unless asked for less. */
export function page<T>(
  items: readonly T[],
  input: { MaxResults?: number | undefined; NextToken?: string | undefined },
): { items: T[]; NextToken?: string } {
  const from = input.NextToken ? Number(input.NextToken) : 0;
  const to = input.MaxResults ? from + input.MaxResults : items.length;
  return { items: items.slice(from, to), ...(to < items.length ? { NextToken: String(to) } : {}) };
}
