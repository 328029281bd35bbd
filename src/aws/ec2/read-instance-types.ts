import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import type { InstanceTypeName } from "./tags.ts";

/** Those of the types that run x86_64 images. A type that AWS does not know makes the answer none at all. */
export async function x86Types(aws: Aws, types: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await undefinedIf(["InvalidInstanceType"], () =>
    aws.ec2.describeInstanceTypes({ InstanceTypes: types as InstanceTypeName[] }),
  );
  return new Set(
    (found?.InstanceTypes ?? [])
      .filter(({ ProcessorInfo }) => ProcessorInfo?.SupportedArchitectures?.includes("x86_64"))
      .map(({ InstanceType }) => InstanceType as string),
  );
}
