import type { Foreseen, Health, Identified, Owner, Tags } from "../engine/resource.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Aws } from "./aws.ts";

/** Tag keys that say whose an object is. They are the truth about ownership; the state file is a cache of it. */
export const STACK_TAG = "buddyverse:stack";
export const KEY_TAG = "buddyverse:key";
/** Of an object that was made beside a former one with the same key: from 2. The highest is the owner's. */
export const GENERATION_TAG = "buddyverse:generation";

export function ownershipTags(stack: string, key: string, name: string, extra: Tags): Tags {
  return { ...extra, Name: name, [STACK_TAG]: stack, [KEY_TAG]: key };
}

/** True for a tag that this tool gives to its objects, whatever the config says. */
export const isOwnTag = (key: string): boolean => key === "Name" || key.startsWith("buddyverse:");

/** Those of an object's tags that the config gives. */
export const configTags = (tags: Tags): Tags =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !isOwnTag(key)));

/** AWS's list of Key/Value pairs (EC2, RDS, ELB, EFS, IAM, ACM, SSM, SNS) as a record; AWS's own `aws:` tags are left out. */
export function tagsFrom(
  list: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] | undefined,
): Tags {
  const tags: Record<string, string> = {};
  for (const { Key, Value } of list ?? []) if (Key !== undefined && !Key.startsWith("aws:")) tags[Key] = Value ?? "";
  return tags;
}

/**
 * True for a copy that AWS Backup or Data Lifecycle Manager made: it carries the tags of what it is a copy of, and theirs
 * beside them (cloud-custodian#9459, openshift/installer#9964). EC2 refuses to delete AWS Backup's, and deletes the others.
 */
export const isBackup = (list: readonly { readonly Key?: string | undefined }[] | undefined): boolean =>
  list?.some(({ Key = "" }) => /^aws:(backup|dlm):/.test(Key)) ?? false;

/** A record of tags as AWS's list, in stable order: a repeated create with a token must be the same to the byte. */
export function tagList(tags: Tags): { Key: string; Value: string }[] {
  return Object.keys(tags)
    .sort()
    .map((Key) => ({ Key, Value: tags[Key] ?? "" }));
}

type Tagged = Identified & { readonly tags: Tags };

export const generationOf = ({ tags = {} }: Pick<Identified, "tags">): number => Number(tags[GENERATION_TAG] ?? 1);

/**
 * The usual `find`: of the stack's objects of one type, the owner's. The recorded id wins, also where somebody has taken ownership
 * tags off it, which is a difference then; after it the one that carries the owner's key and is not on its way out.
 * @param byId looks a recorded id up that the list does not show.
 */
export function findOwned<L extends Tagged>(
  list: (aws: Aws, stack: string) => Promise<readonly L[]>,
  options: {
    readonly health?: (live: L) => Health;
    readonly byId?: (aws: Aws, id: string) => Promise<L | undefined>;
  } = {},
): (aws: Aws, owner: Owner, id?: string) => Promise<L | undefined> {
  return async (aws, owner, id) => {
    const ours = (await list(aws, owner.stack)).filter(
      (live) => live.tags[KEY_TAG] === owner.key && !owner.former?.includes(live.id),
    );
    const recorded = ours.find((live) => live.id === id);
    const all = ours.filter((live) => options.health?.(live) !== "deleting");
    // Where nothing is recorded, a former one may be there still.
    const newest = Math.max(...all.map(generationOf));
    const staying = all.filter((live) => generationOf(live) === newest);
    if (recorded && (all.includes(recorded) || all.length === 0)) return recorded;
    const unseen = recorded || id === undefined || owner.former?.includes(id) ? undefined : id;
    const untagged = unseen === undefined ? undefined : await options.byId?.(aws, unseen);
    if (untagged) {
      assertOurs(owner, untagged.id, untagged.tags, "id");
      if (options.health?.(untagged) !== "deleting" || all.length === 0) return untagged;
    }
    if (staying.length > 1) {
      throw new BuddyError({
        code: "ambiguous",
        message: `${staying.length} objects carry the key "${owner.key}" of stack "${owner.stack}": ${staying.map((live) => live.id).join(", ")}`,
        about: { key: owner.key },
        hint: "Keep one: remove the others, or take their buddyverse:key tag away.",
      });
    }
    return staying[0] ?? ours[0];
  };
}

/** How an object is known besides by its tags: the state names its id, which AWS gives once; or its name, which others may take. */
export type Recorded = "id" | "name";

/**
 * Throws `not-ours` unless the tags are the owner's. Of what is recorded some may be missing, as long as none says something
 * else, and something of it besides the name says whose it is.
 */
export function assertOurs(owner: Owner, id: string, tags: Tags, recorded?: Recorded | false): void {
  if (isOwners(owner, tags) || (recorded && isStillOwners(owner, tags, recorded))) return;
  throw new BuddyError({ code: "not-ours", about: { key: owner.key, id }, ...takenBy(owner, id, tags) });
}

export const isOwners = (owner: Owner, tags: Tags): boolean =>
  tags[STACK_TAG] === owner.stack && tags[KEY_TAG] === owner.key;

function isStillOwners({ stack, key }: Owner, tags: Tags, recorded: Recorded): boolean {
  const { [STACK_TAG]: ofStack, [KEY_TAG]: ofKey } = tags;
  if ((ofStack ?? stack) !== stack || (ofKey ?? key) !== key) return false;
  return recorded === "id" || ofStack !== undefined || ofKey !== undefined;
}

/** That a name is taken, by whom as far as the tags tell, and what to do. */
export function takenBy(owner: Owner, id: string, tags: Tags): { readonly message: string; readonly hint: string } {
  const other = tags[STACK_TAG];
  if (other === undefined || other === owner.stack)
    return {
      message: `${id} exists already and does not belong to stack "${owner.stack}"`,
      hint: freeTheName(owner, id),
    };
  return {
    message: `${id} is that of stack "${other}"`,
    hint: `Take stack "${other}" down first, or give this one another name ("stack" in the config), which is in the names of its objects.`,
  };
}

const freeTheName = (owner: Owner, id: string): string =>
  `buddyverse touches only what carries its tags. Rename or remove ${id}, or, if it is this stack's, put the tags ${STACK_TAG}=${owner.stack} and ${KEY_TAG}=${owner.key} on it.`;

/**
 * What stands in the way of making an object under a name that another one has, or in what way it should be known: one that
 * has lost an ownership tag may be the stack's own, made by a run whose state is lost.
 */
export function foreseeNamesake(
  owner: Owner,
  there: readonly { readonly id: string; readonly tags: Tags }[],
): Foreseen | undefined {
  const namesakes = there.filter(({ tags }) => tags.Name === owner.name && !isOwners(owner, tags));
  const lost = namesakes.find(({ tags }) => isStillOwners(owner, tags, "name"));
  if (lost)
    return {
      kind: "clash",
      message: `${lost.id} is named ${owner.name}, but ${lost.tags[STACK_TAG] === undefined ? STACK_TAG : KEY_TAG} is not among its tags: another one is not made beside it`,
      hint: freeTheName(owner, lost.id),
    };
  const [other] = namesakes.filter(({ tags }) => tags[STACK_TAG] === undefined);
  return (
    other && {
      kind: "note",
      note: `${other.id} is named ${owner.name}, too, and bears no tags of a stack. If it is this stack's, stop here and put the tags ${STACK_TAG}=${owner.stack} and ${KEY_TAG}=${owner.key} on it.`,
    }
  );
}
