import type { Owner } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG } from "../owned.ts";
import { type InstanceLive, instanceHealth, listInstances } from "./read-instances.ts";
import { isFenced, speaksForItself } from "./tags.ts";

/** It is a database of its own, and under a key of the stack by tags that are about itself. */
export const followsNobody = (instance: InstanceLive): boolean =>
  instance.source === "" && speaksForItself(instance) && instance.tags[KEY_TAG] !== undefined;

/** It is so under the key of something else than the primary: a replica that was promoted. */
export const isPromoted = (owner: Pick<Owner, "key">, instance: InstanceLive): boolean =>
  followsNobody(instance) && instance.tags[KEY_TAG] !== owner.key;

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
