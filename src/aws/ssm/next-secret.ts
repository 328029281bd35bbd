import type { Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { undefinedIf } from "../errors.ts";
import { isOwners, KEY_TAG, tagsFrom } from "../owned.ts";
import { createParameter, deleteParameter, findParameter, parameterNamed } from "./names.ts";
import { generateSecret } from "./secret-value.ts";

/** The parameter that holds the new value of a secret, while the old one is still in use too. */
export const nextName = (name: string): string => `${name}-next`;

/** Its owner: its own key, so that it is never taken for the secret itself. */
function nextOwner(owner: Owner): Owner {
  const [key, name] = [`${owner.key}-next`, nextName(owner.name)];
  return { ...owner, key, name, tags: { ...owner.tags, Name: name, [KEY_TAG]: key } };
}

/** True while a rotation of the owner's secret has begun and not ended. What bears the name without its tags is somebody else's. */
export async function isRotating(aws: Aws, owner: Owner): Promise<boolean> {
  const next = nextOwner(owner);
  if (!(await parameterNamed(aws, next.name))) return false;
  const answer = await undefinedIf(["InvalidResourceId"], () =>
    aws.ssm.listTagsForResource({ ResourceType: "Parameter", ResourceId: next.name }),
  );
  return answer !== undefined && isOwners(next, tagsFrom(answer.TagList));
}

/** Makes up the new value, unless it is there. Throws `not-ours` where somebody else has the name. @returns whether it made one */
export async function createNext(aws: Aws, owner: Owner): Promise<boolean> {
  const next = nextOwner(owner);
  if (await findParameter(aws, next, undefined)) return false;
  await createParameter(aws, next, { Type: "SecureString", Value: generateSecret() });
  return true;
}

export const deleteNext = (aws: Aws, owner: Pick<Owner, "name">): Promise<void> =>
  deleteParameter(aws, nextName(owner.name));

/**
 * Puts the new value in the place of the secret's; where the secret is lost, it is made again.
 * @returns the version that reads will show; undefined: no read shows the new value yet
 */
export async function adoptNext(aws: Aws, owner: Owner): Promise<number | undefined> {
  const Names = [owner.name, nextName(owner.name)];
  const { Parameters = [] } = await aws.ssm.getParameters({ Names, WithDecryption: true });
  const [secret, next] = Names.map((name) => Parameters.find(({ Name }) => Name === name));
  const Value = next?.Value;
  if (Value === undefined) return undefined;
  const put = { Type: "SecureString", Value } as const;
  if (secret?.Value === Value) return secret.Version;
  if (secret) return (await aws.ssm.putParameter({ ...put, Name: owner.name, Overwrite: true })).Version;
  await createParameter(aws, owner, put);
  return 1;
}
