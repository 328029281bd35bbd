import type { Aws } from "../../../src/aws/aws.ts";
import { absentAs } from "../../../src/aws/errors.ts";
import { assertOurs, STACK_TAG, tagList, tagsFrom } from "../../../src/aws/owned.ts";
import { allPages } from "../../../src/aws/pages.ts";
import type { NotYet, Owner } from "../../../src/engine/resource.ts";

/** A parameter as DescribeParameters shows it: without its value and its tags. */
export interface Described {
  readonly name: string;
  readonly type: string;
}

/** The stack's parameters, found by their tag. AWS does not show the tags themselves. */
export const describeParameters = (aws: Aws, stack: string): Promise<readonly Described[]> =>
  aws.together(`ssm:parameters:${stack}`, async () => {
    const parameters = await allPages(
      (NextToken) =>
        aws.ssm.describeParameters({
          ParameterFilters: [{ Key: `tag:${STACK_TAG}`, Option: "Equals", Values: [stack] }],
          MaxResults: 50,
          NextToken,
        }),
      (page) => page.Parameters,
      (page) => page.NextToken,
    );
    return parameters.map(({ Name, Type }) => ({ name: Name ?? "", type: Type ?? "" }));
  });

/** True when the owner's parameter is there, by its own tags; throws `not-ours` when the name is somebody else's. */
export async function isOurs(aws: Aws, owner: Owner): Promise<boolean> {
  const answer = await absentAs(["InvalidResourceId"], () =>
    aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: owner.name }),
  );
  if (answer) assertOurs(owner, `parameter ${owner.name}`, tagsFrom(answer.TagList));
  return answer !== undefined;
}

/** Makes a parameter with its tags and answers its name. */
export async function createParameter(
  aws: Aws,
  owner: Owner,
  { Type, Value }: { readonly Type: "String" | "SecureString"; readonly Value: string },
): Promise<string> {
  // Without Overwrite: what is there stays as it is.
  await aws.ssm.putParameter({ Name: owner.name, Type, Value, Tags: tagList(owner.tags) });
  return owner.name;
}

export async function deleteParameter(aws: Aws, name: string): Promise<void> {
  await absentAs(["ParameterNotFound"], () => aws.ssm.deleteParameter({ Name: name }));
}

/**
 * The name is taken: by our own parameter, whose creation was not answered; by one just deleted, for half a minute (API
 * reference, DeleteParameter); or by somebody else's. The next look tells.
 */
export const NAME_TAKEN: readonly NotYet[] = ["ParameterAlreadyExists", "TooManyUpdates"];
