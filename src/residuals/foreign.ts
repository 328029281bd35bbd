import type { Aws } from "../aws/aws.ts";
import { type Contents, contentsOf, foreignIn } from "../aws/ec2/read-vpc-contents.ts";

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
