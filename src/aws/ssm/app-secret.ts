import type { Foreseen, Identified, Owner, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { ownPath } from "../names.ts";
import { KEY_TAG, ownershipTags } from "../owned.ts";
import { deleteParameter, findParameter, taggedParameters } from "./names.ts";

/** Nothing is asked of it but to have a value. */
export type AppSecretSpec = Readonly<Record<never, never>>;
export interface AppSecretLive extends AppSecretSpec, Identified {
  /** Goes up with each value that it is given. */
  readonly version: number;
  /** When it got its value, ISO 8601. */
  readonly writtenAt: string;
}

/** Below it lie the secrets of the application, each under the name of its environment variable. */
export const appSecretPath = (stack: string): string => `${ownPath(stack)}app/`;
/** Its key in the stack. @param variable the environment variable */
export const appSecretKey = (variable: string): string => `app-secret-${variable}`;
/** The environment variable of the parameter of that name. */
export const variableOf = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** The owner of a secret, whether or not the config names it. @param tags the config's */
export function appSecretOwner(stack: string, variable: string, tags: Readonly<Record<string, string>>): Owner {
  const [key, name] = [appSecretKey(variable), `${appSecretPath(stack)}${variable}`];
  return { stack, key, name, tags: ownershipTags(stack, key, name, tags), needs: [] };
}

export const isAppSecret = (stack: string, name: string): boolean => name.startsWith(appSecretPath(stack));

/** All secrets of the stack's application, whether or not the config names them. */
export const listAppSecrets = async (aws: Aws, stack: string) =>
  (await taggedParameters(aws, stack, "SecureString"))
    .filter(({ id }) => isAppSecret(stack, id))
    // AWS does not show the tags; the key is in the name.
    .map((found) => ({ ...found, tags: { ...found.tags, [KEY_TAG]: appSecretKey(variableOf(found.id)) } }));

const missing = ({ name }: Owner): Foreseen => ({
  kind: "refused",
  message: `app.secrets names ${variableOf(name)}, which has no value`,
  hint: `buddyverse secret set ${variableOf(name)}`,
});

/**
 * A secret of the application in a SecureString parameter. A person gives it its value (`buddyverse secret set`), and nobody
 * can make that up again: `up` never makes or removes one, and `down` removes them all.
 */
export const appSecret: ResourceType<AppSecretSpec, AppSecretLive> = {
  name: "ssm:app-secret",
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  external: true,
  absent: "it has no value",
  listNeedsExtraCalls: true,
  list: listAppSecrets,

  async find(aws, owner, id) {
    const found = await findParameter(aws, owner, id);
    return found && { id: found.name, version: found.version, writtenAt: found.writtenAt };
  },

  async foresee(_aws, _spec, owner, live) {
    return live ? undefined : missing(owner);
  },

  farewell: ({ id }) => ({
    note: `Secret ${variableOf(id)}: its value is deleted, and no copy of it is made. It has to be set again for another \`up\`.`,
  }),

  delete: (aws, { id }) => deleteParameter(aws, id),
};
