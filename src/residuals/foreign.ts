import type { Aws } from "../aws/aws.ts";
import { allIn, type Content, type Contents, contentsOf, withoutParts } from "../aws/ec2/read-vpc-contents.ts";
import { STACK_TAG } from "../aws/owned.ts";

/**
 * What others put into a VPC of the stack: it will be in the way when the VPC is to be removed. What AWS makes with every VPC
 * (default group, main table), and what its services make for the stack's own objects, is not among it. Only reads.
 * @param going ids of what goes before the VPC.
 */
export async function findForeignResources(
  aws: Aws,
  vpcId: string,
  stack: string,
  going: ReadonlySet<string> = new Set(),
): Promise<Contents> {
  const contents = await contentsOf(aws, vpcId);
  return { ...contents, found: foreignIn(contents.found, stack, going) };
}

/** All in a VPC of the stack that is not its own, also what was changed in what AWS makes with every VPC. Only reads. */
export async function findNeighbours(
  aws: Aws,
  vpcId: string,
  stack: string,
  known: ReadonlySet<string>,
): Promise<Contents> {
  const contents = await allIn(aws, vpcId, known);
  return { ...contents, found: foreignIn(contents.found, stack, known).filter(({ passing }) => !passing) };
}

function foreignIn(found: readonly Content[], stack: string, going: ReadonlySet<string>): readonly Content[] {
  const ours = ({ tags }: Content) => tags[STACK_TAG] === stack;
  const ourGroups = new Set(found.filter(ours).map(({ id }) => id));
  // Services give interfaces of theirs the groups of what they are for.
  const serves = ({ networkInterface }: Content) =>
    networkInterface?.Groups?.some(({ GroupId }) => GroupId !== undefined && ourGroups.has(GroupId));
  const goes = ({ anyOf = [] }: Content) => anyOf.length > 0 && anyOf.every((id) => going.has(id));
  return withoutParts(found).filter((one) => !ours(one) && !serves(one) && !goes(one));
}
