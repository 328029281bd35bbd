import type { ResourceType as Ec2ResourceType, TagDescription } from "@aws-sdk/client-ec2";
import type { Identified, Tags } from "../../engine/resource.ts";
import { chunksOf } from "../../lib/chunks.ts";
import { groupBy } from "../../lib/group.ts";
import type { Aws } from "../aws.ts";
import { STACK_TAG } from "../owned.ts";
import { allPages } from "../pages.ts";
import type { Filters } from "./reader.ts";
import { ofStack } from "./tags.ts";

/** Where objects of a kind are, for reading the stack's own and others' with one call. */
export interface InVpc {
  /** The filter that takes the VPC's id. */
  readonly filter: string;
  /** As DescribeTags calls the kind. */
  readonly kind: Ec2ResourceType;
  readonly idFilter: string;
}

/** The VPC that a look tells of with all that is in it; undefined: it tells of the stack's own objects only. */
export const lookedAtVpc = ({ amongOthers = new Set() }: Pick<Aws, "amongOthers">): string | undefined =>
  [...amongOthers].find((id) => id.startsWith("vpc-"));

/** "You can specify up to 200 filter values" (EC2 user guide, "Find your Amazon EC2 resources"). */
const VALUES_PER_FILTER = 200;

/** All that carries the stack's tag, by kind. */
const carriersOf = (
  aws: Aws,
  stack: string,
): Promise<ReadonlyMap<Ec2ResourceType | undefined, readonly TagDescription[]>> =>
  aws.coalesce(`ec2:tagged:${stack}`, async () => {
    const tags = await allPages(
      (NextToken) =>
        aws.ec2.describeTags({
          Filters: [
            { Name: "key", Values: [STACK_TAG] },
            { Name: "value", Values: [stack] },
          ],
          NextToken,
        }),
      (page) => page.Tags,
      (page) => page.NextToken,
    );
    return groupBy(tags, ({ ResourceType }) => ResourceType);
  });

/**
 * All of the stack's objects of a kind. EC2's filters are all to be met, so that one call takes either what is in a VPC or what
 * carries a tag. Where what others have in the VPC is told, too, that is the call, and what carries the tag elsewhere (left over
 * from another VPC, detached, terminated) is seen by one DescribeTags for all kinds and, where there is some, read by its ids.
 */
export async function ofStackIn<Live extends Identified & { readonly tags: Tags }>(
  aws: Aws,
  stack: string,
  { filter, kind, idFilter }: InVpc,
  read: (filters: Filters) => Promise<readonly Live[]>,
): Promise<readonly Live[]> {
  const vpcId = lookedAtVpc(aws);
  if (vpcId === undefined) return read(ofStack(stack));
  const [inside, tagged] = await Promise.all([read([{ Name: filter, Values: [vpcId] }]), carriersOf(aws, stack)]);
  const seen = new Set(inside.map(({ id }) => id));
  const elsewhere = (tagged.get(kind) ?? []).flatMap(({ ResourceId: id = "" }) => (seen.has(id) ? [] : [id]));
  const chunks = chunksOf(elsewhere, VALUES_PER_FILTER);
  return [
    ...inside.filter(({ tags }) => tags[STACK_TAG] === stack),
    ...(await Promise.all(chunks.map((Values) => read([{ Name: idFilter, Values }])))).flat(),
  ];
}
