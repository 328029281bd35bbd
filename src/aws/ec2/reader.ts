import type { Foreseen, Identified, Owner, Tags } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { foreseeNamesake } from "../owned.ts";
import { allPages } from "../pages.ts";
import { type InVpc, ofStackIn } from "./in-vpc.ts";
import { ofStack } from "./tags.ts";

export type Filters = { Name: string; Values: string[] }[];

/** One kind of EC2 object as it is read. */
export interface Kind<Page, Item, Live> {
  /** Its AWS name in the plural, for coalescing: "vpcs". */
  readonly name: string;
  /** The filter that takes its ids. By an id parameter, one that is unknown would fail the whole call. */
  readonly idFilter: string;
  /** For kinds that are in a VPC: the filter that takes its id, and the kind as DescribeTags calls it. */
  readonly inVpc?: Omit<InVpc, "idFilter">;
  page(aws: Aws, filters: Filters, token: string | undefined): Promise<Page>;
  items(page: Page): readonly Item[] | undefined;
  /** Undefined: what was read is not there (any more). */
  live(item: Item, aws: Aws): Live | undefined | Promise<Live | undefined>;
}

export interface Reader<Live> {
  /** Reads what the filters name; what is asked for at the same moment with the same filters is one call. */
  filtered(aws: Aws, filters: Filters): Promise<readonly Live[]>;
  /** All of the stack's, by its tag. */
  list(aws: Aws, stack: string): Promise<readonly Live[]>;
  /** For `foresee` of what is not there: others that bear its name. */
  namesake(aws: Aws, spec: object, owner: Owner, there: Live | undefined): Promise<Foreseen | undefined>;
  /** One by its id, in one call with the others of its kind that are asked for at the same moment. */
  byId(aws: Aws, id: string): Promise<Live | undefined>;
}

/** The reads that every EC2 type has. */
export function ec2Reader<
  Page extends { readonly NextToken?: string | undefined },
  Item,
  Live extends Identified & { readonly tags: Tags },
>({ name, idFilter, inVpc, page, items, live }: Kind<Page, Item, Live>): Reader<Live> {
  const filtered = (aws: Aws, filters: Filters) =>
    aws.coalesce(`ec2:${name}:${JSON.stringify(filters)}`, async () => {
      const all = await allPages(
        (token) => page(aws, filters, token),
        items,
        ({ NextToken }) => NextToken,
      );
      const found = await Promise.all(all.map((item) => live(item, aws)));
      return found.filter((one) => one !== undefined);
    });
  return {
    filtered,
    list: (aws, stack) =>
      inVpc
        ? ofStackIn(aws, stack, { ...inVpc, idFilter }, (filters) => filtered(aws, filters))
        : filtered(aws, ofStack(stack)),
    async namesake(aws, _spec, owner, there) {
      if (there) return undefined;
      const found = await aws.batchById<readonly Live[]>(`ec2:named-${name}`, owner.name, async (names) => {
        const all = await filtered(aws, [{ Name: "tag:Name", Values: [...names] }]);
        return new Map(names.map((one) => [one, all.filter(({ tags }) => tags?.Name === one)]));
      });
      return foreseeNamesake(
        owner,
        (found ?? []).flatMap(({ id, tags }) => (tags ? { id, tags } : [])),
      );
    },
    byId: (aws, id) =>
      aws.batchById(`ec2:${name}`, id, async (ids) => {
        const found = await filtered(aws, [{ Name: idFilter, Values: [...ids] }]);
        return new Map(found.map((one) => [one.id, one]));
      }),
  };
}
