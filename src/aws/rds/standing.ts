import type { Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG } from "../owned.ts";
import { type InstanceLive, instanceHealth, listInstances } from "./read-instances.ts";

/**
 * AWS copies tags to what is restored from a snapshot (API reference, RestoreDBInstanceFromDBSnapshot, CopyTagsToSnapshot), and
 * keeps them with a renamed instance. The tags of such a one name another instance, and say nothing of itself.
 */
export const speaksForItself = ({ id, tags }: Pick<InstanceLive, "id" | "tags">): boolean => tags.Name === id;

/** Says of a primary that another one is to take its place, or has; its value is the instance's own name, as copies of it are not meant. */
export const FENCED_TAG = "buddyverse:fenced";
export const isFenced = ({ id, tags }: Pick<InstanceLive, "id" | "tags">): boolean => tags[FENCED_TAG] === id;

/** An instance that is under the stack's key for something else, and follows nobody: a replica that was promoted. */
export const isPromoted = (owner: Pick<Owner, "key">, instance: InstanceLive): boolean =>
  instance.source === "" &&
  speaksForItself(instance) &&
  instance.tags[KEY_TAG] !== undefined &&
  instance.tags[KEY_TAG] !== owner.key;

/** Names of the stack's instances, besides the primary of this name, that were its replicas and are databases of their own now. */
export const promotedBeside = async (aws: Aws, owner: Owner, primary: string): Promise<readonly string[]> =>
  (await listInstances(aws, owner.stack))
    .filter((one) => one.id !== primary && isPromoted(owner, one) && instanceHealth(one) !== "deleting")
    .map(({ id }) => id);

/** What the tags say of a stack's instances; keys are those of the graph. */
export interface Standing {
  /** Ids of those that are under this key, by tags that are about themselves. */
  under(key: string): readonly string[];
  /** All names that are taken, by whomever. */
  readonly taken: ReadonlySet<string>;
}

export function standingOf(stack: readonly InstanceLive[], taken: ReadonlySet<string>): Standing {
  const staying = stack.filter((one) => speaksForItself(one) && !isFenced(one) && instanceHealth(one) !== "deleting");
  return { taken, under: (key) => staying.filter(({ tags }) => tags[KEY_TAG] === key).map(({ id }) => id) };
}
