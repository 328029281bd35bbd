import type { NotYet, Owner } from "../../engine/resource.ts";
import { chunksOf } from "../../lib/chunks.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { assertOurs, STACK_TAG, tagList, tagsFrom } from "../owned.ts";
import { allPages } from "../pages.ts";

export interface Found {
  readonly name: string;
  readonly type: string;
  /** Of a SecureString it is the cipher text. */
  readonly value: string;
  /** Goes up with each time it is written; starts again when it is deleted and created. */
  readonly version: number;
  /** When this version was written, ISO 8601. */
  readonly writtenAt: string;
  /** AWS's answer, without the value. */
  readonly described: object;
}

/** GetParameters takes ten names at most (API reference). */
const NAMES_PER_CALL = 10;

/** The parameter of that name, wherever it lies; those that are asked for at the same moment in one call. Nothing is decrypted. */
export const parameterNamed = (aws: Aws, name: string): Promise<Found | undefined> =>
  aws.batchById("ssm:parameters", name, async (names) => {
    const chunks = chunksOf(names, NAMES_PER_CALL);
    // Names that are not there come in a list of their own, not as an error.
    const answers = await Promise.all(chunks.map((Names) => aws.ssm.getParameters({ Names })));
    return new Map(
      answers
        .flatMap(({ Parameters = [] }) => Parameters)
        .map(({ Value = "", ...described }) => {
          const { Name = "", Type = "", Version = 0, LastModifiedDate } = described;
          const writtenAt = LastModifiedDate?.toISOString() ?? "";
          return [Name, { name: Name, type: Type, value: Value, version: Version, writtenAt, described }];
        }),
    );
  });

/** The text of a parameter, AWS's public ones too; undefined: there is none. */
export const parameterText = async (aws: Aws, name: string): Promise<string | undefined> =>
  (await parameterNamed(aws, name))?.value;

/**
 * The owner's parameter. AWS shows a parameter's tags only in a call of its own, so they are asked for only where the id
 * was not recorded: the name may then be somebody else's, which throws `not-ours`.
 */
export async function findParameter(aws: Aws, owner: Owner, id: string | undefined): Promise<Found | undefined> {
  const found = await parameterNamed(aws, owner.name);
  if (!found || id === owner.name) return found;
  const answer = await undefinedIf(["InvalidResourceId"], () =>
    aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: owner.name }),
  );
  if (!answer) return undefined;
  assertOurs(owner, `parameter ${owner.name}`, tagsFrom(answer.TagList));
  return found;
}

/** The stack's parameters by their tag, for a sweep. AWS does not show the tags themselves. */
export async function taggedParameters(aws: Aws, stack: string, type: "String" | "SecureString") {
  const described = await aws.coalesce(`ssm:tagged:${stack}`, () =>
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
    .map(({ Name = "", Version = 0, LastModifiedDate }) => ({
      id: Name,
      tags: { Name, [STACK_TAG]: stack },
      version: Version,
      writtenAt: LastModifiedDate?.toISOString() ?? "",
    }));
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

/** Closes a difference in tags. */
export async function retag(aws: Aws, name: string, changed: ReadonlySet<string>, owner: Owner): Promise<void> {
  if (!changed.has("tags")) return;
  const parameter = { ResourceType: "Parameter", ResourceId: name } as const;
  const { tags, obsoleteTags = [] } = owner;
  if (obsoleteTags.length > 0) await aws.ssm.removeTagsFromResource({ ...parameter, TagKeys: [...obsoleteTags] });
  await aws.ssm.addTagsToResource({ ...parameter, Tags: tagList(tags) });
}

export async function deleteParameter(aws: Aws, name: string): Promise<void> {
  await undefinedIf(["ParameterNotFound"], () => aws.ssm.deleteParameter({ Name: name }));
}

/**
 * The name is taken: by our own parameter, whose creation was not answered; by one just deleted, for half a minute (API
 * reference, DeleteParameter); or by somebody else's. The next look tells.
 */
export const NAME_TAKEN: readonly NotYet[] = ["ParameterAlreadyExists", "TooManyUpdates"];
