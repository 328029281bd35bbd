import type { NotYet, Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { absentAs } from "../errors.ts";
import { assertOurs, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";

export interface Found {
  readonly name: string;
  readonly type: string;
  /** Of a SecureString it is the cipher text. */
  readonly value: string;
}

/** The folder of the stack's parameters. The image builder's marker, which the builder writes, lies beside it. */
export const parameterPath = (stack: string): string => `/buddyverse/${stack}/database`;

/** All that is in the stack's folder, in one call; nothing is decrypted. */
const inFolder = (aws: Aws, stack: string): Promise<readonly Found[]> =>
  aws.together(`ssm:parameters:${stack}`, async () => {
    const parameters = await allPages(
      (NextToken) => aws.ssm.getParametersByPath({ Path: parameterPath(stack), NextToken }),
      (page) => page.Parameters,
      (page) => page.NextToken,
    );
    return parameters.map(({ Name, Type, Value }) => ({ name: Name ?? "", type: Type ?? "", value: Value ?? "" }));
  });

/**
 * The owner's parameter. AWS shows a parameter's tags only in a call of its own, so they are asked for only where the id
 * was not recorded: the name may then be somebody else's, which throws `not-ours`.
 */
export async function findParameter(aws: Aws, owner: Owner, id: string | undefined): Promise<Found | undefined> {
  const found = (await inFolder(aws, owner.stack)).find(({ name }) => name === owner.name);
  if (!found || id === owner.name) return found;
  const answer = await absentAs(["InvalidResourceId"], () =>
    aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: owner.name }),
  );
  if (!answer) return undefined;
  assertOurs(owner, `parameter ${owner.name}`, tagsFrom(answer.TagList));
  return found;
}

/** The stack's parameters by their tag, for a sweep. AWS does not show the tags themselves. */
export async function taggedParameters(aws: Aws, stack: string, type: "String" | "SecureString") {
  const described = await aws.together(`ssm:tagged:${stack}`, () =>
    allPages(
      (NextToken) =>
        aws.ssm.describeParameters({
          ParameterFilters: [{ Key: `tag:${STACK_TAG}`, Option: "Equals", Values: [stack] }],
          MaxResults: 50,
          NextToken,
        }),
      (page) => page.Parameters,
      (page) => page.NextToken,
    ),
  );
  return described
    .filter(({ Type }) => Type === type)
    .map(({ Name = "" }) => ({ id: Name, tags: { Name, [STACK_TAG]: stack } }));
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
