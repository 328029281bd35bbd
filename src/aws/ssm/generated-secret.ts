import { randomInt } from "node:crypto";
import type { Identified, Irreplaceable, ResourceType } from "../../engine/resource.ts";
import { KEY_TAG, STACK_TAG } from "../owned.ts";
import { createParameter, deleteParameter, findParameter, NAME_TAKEN, retag, taggedParameters } from "./names.ts";

export interface SecretSpec {
  /** What users notice when a lost one is made up again. Absent: it is not made up again while something has its value. */
  readonly madeAnew?: string;
}
export interface SecretLive extends SecretSpec, Identified {
  readonly version: number;
  /** When this version was written, ISO 8601. */
  readonly writtenAt: string;
}

/**
 * Letters and digits only: nothing in them means anything to Parameter Store (which refuses `{{`: API reference, PutParameter),
 * RDS (which refuses / " @ and spaces), a shell, a MySQL option file (where # begins a comment) or a URL.
 */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** RDS for MySQL takes 8 to 41. Of 62 characters 32 are 190 bits. */
const LENGTH = 32;

const generate = (): string =>
  Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");

const revision = ({ version, writtenAt }: SecretLive): string => `version ${version} of ${writtenAt}`;

/** For bash and zsh. The value goes through pipes: it is in no argument, no history and on no screen. */
const remedies: Irreplaceable<SecretLive, SecretSpec>["remedies"] = (aws, { stack, key, name }, setSecret, changed) => {
  const at = `--region ${aws.region} --name ${name}`;
  // The CLI reads an argument from a file, and a pipe is one (aws-cli issue 5982).
  const put = `${aws.cli} ssm put-parameter ${at} --type SecureString --value file:///dev/stdin ${changed ? "--overwrite" : `--tags Key=${STACK_TAG},Value=${stack} Key=${KEY_TAG},Value=${key}`}`;
  const before = Number(/^version (\d+) /.exec(changed?.recorded ?? "")?.[1]);
  // A parameter that was deleted and created again has no history from before.
  const inHistory = changed !== undefined && before < changed.live.version;
  const old = `${aws.cli} ssm get-parameter-history ${at} --with-decryption --query 'Parameters[?Version==\`${before}\`].Value' --output text | tr -d '\\n'`;
  const piped = 'printf %s "$VALUE" |';
  return [
    inHistory
      ? { to: "put the old value back", commands: [`${old} | ${put}`] }
      : { to: "put the old value back (it is asked for)", commands: ["read -rs VALUE", `${piped} ${put}`] },
    ...(setSecret.length === 0
      ? []
      : [
          {
            to: "set a new value in both places",
            commands: ["VALUE=$(openssl rand -hex 16)", ...[...setSecret, put].map((command) => `${piped} ${command}`)],
          },
        ]),
  ];
};

/**
 * A secret in a SecureString parameter, which has the resource's name. It is made up here, sent once, and never read
 * back, kept or shown by this type.
 */
export const generatedSecret: ResourceType<SecretSpec, SecretLive> = {
  name: "ssm:generated-secret",
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { create: NAME_TAKEN },
  irreplaceable: { revision, remedies, madeAnew: (spec) => spec.madeAnew },
  same: { madeAnew: () => true },
  unrecorded: ["madeAnew"],

  tagsUnread: true,
  listNeedsExtraCalls: true,
  list: (aws, stack) => taggedParameters(aws, stack, "SecureString"),

  async find(aws, owner, id) {
    const found = await findParameter(aws, owner, id);
    return found && { id: found.name, version: found.version, writtenAt: found.writtenAt };
  },

  create: (aws, _spec, owner) => createParameter(aws, owner, { Type: "SecureString", Value: generate() }),

  update: (aws, { id }, _spec, changed, owner) => retag(aws, id, changed, owner),

  delete: (aws, { id }) => deleteParameter(aws, id),
};
