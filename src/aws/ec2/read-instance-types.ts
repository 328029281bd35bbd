import type { InstanceTypeInfo } from "@aws-sdk/client-ec2";
import type { Aws } from "../aws.ts";
import { allPages } from "../pages.ts";

/** Values of one filter, at most (EC2 user guide, "List and filter"). */
const VALUES = 200;

/** What EC2 says of the types; those that it does not know here are left out. (Asked for by name, one of them makes the answer none at all.) */
export async function typeFacts(aws: Aws, types: readonly string[]): Promise<ReadonlyMap<string, InstanceTypeInfo>> {
  const wanted = [...new Set(types)].sort();
  const found: InstanceTypeInfo[] = [];
  for (let from = 0; from < wanted.length; from += VALUES) {
    const Filters = [{ Name: "instance-type", Values: wanted.slice(from, from + VALUES) }];
    const infos = await aws.coalesce(`ec2:instance-types:${Filters[0]?.Values.join()}`, () =>
      allPages(
        (NextToken) => aws.ec2.describeInstanceTypes({ Filters, NextToken }),
        (page) => page.InstanceTypes,
        (page) => page.NextToken,
      ),
    );
    found.push(...infos);
  }
  return new Map(found.map((info) => [info.InstanceType as string, info]));
}
