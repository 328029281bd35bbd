import { randomInt } from "node:crypto";
import type { Identified, ResourceType } from "../../engine/resource.ts";
import { createParameter, deleteParameter, findParameter, NAME_TAKEN, taggedParameters } from "./names.ts";

/** All printable ASCII but what RDS refuses in a password (/ " @ space) and what shells and config files trip over (' \ ` $). */
const ALPHABET = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index))
  .filter((character) => !"/\"@'\\`$".includes(character))
  .join("");
/** RDS for MySQL takes 8 to 41. */
const LENGTH = 32;

const generate = (): string =>
  Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");

/**
 * A password in a SecureString parameter, which has the resource's name. It is made up here, sent once, and never read
 * back, kept or shown by this type; while the parameter exists, it is never made anew.
 */
export const generatedSecret: ResourceType<object, Identified> = {
  name: "ssm:generated-secret",
  patience: { usual: 2, limit: 300, gone: 1 },
  retryable: { create: NAME_TAKEN },

  listCosts: true,
  list: (aws, stack) => taggedParameters(aws, stack, "SecureString"),

  async find(aws, owner, id) {
    const found = await findParameter(aws, owner, id);
    return found && { id: found.name };
  },

  create: (aws, _spec, owner) => createParameter(aws, owner, { Type: "SecureString", Value: generate() }),

  delete: (aws, { id }) => deleteParameter(aws, id),
};
