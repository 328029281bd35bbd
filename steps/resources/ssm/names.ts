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

/** Asks for the parameter's tags and throws `not-ours` when they are not the owner's. False: there is no such parameter. */
async function assertOurParameter(aws: Aws, owner: Owner): Promise<boolean> {
  const answer = await absentAs(["InvalidResourceId"], () =>
    aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: owner.name }),
  );
  if (answer) assertOurs(owner, `parameter ${owner.name}`, tagsFrom(answer.TagList));
  return answer !== undefined;
}

/** True when the name is the owner's; throws `not-ours` when it is somebody else's. For names that the tag filter does not show (yet). */
export const isOurParameter = assertOurParameter;

/**
 * Makes a parameter with its tags and answers its name. When the name is taken, by ourselves (the answer of an earlier
 * call was lost), what is there stays as it is.
 */
export async function createParameter(
  aws: Aws,
  owner: Owner,
  { Type, Value }: { readonly Type: "String" | "SecureString"; readonly Value: string },
): Promise<string> {
  try {
    await aws.ssm.putParameter({ Name: owner.name, Type, Value, Tags: tagList(owner.tags) });
  } catch (error) {
    const taken = (error as { name?: string }).name === "ParameterAlreadyExists";
    if (!taken || !(await assertOurParameter(aws, owner))) throw error;
  }
  return owner.name;
}

export async function deleteParameter(aws: Aws, name: string): Promise<void> {
  await absentAs(["ParameterNotFound"], () => aws.ssm.deleteParameter({ Name: name }));
}

/** A name just deleted is held for half a minute (API reference, DeleteParameter). */
export const NAME_HELD: readonly NotYet[] = ["ParameterAlreadyExists", "TooManyUpdates"];
