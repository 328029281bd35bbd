import type { Identified, Irreplaceable, Owner, Remedy, ResourceType } from "../../engine/resource.ts";
import type { Aws } from "../aws.ts";
import { KEY_TAG, STACK_TAG } from "../owned.ts";
import { isAppSecret } from "./app-secret.ts";
import { createParameter, deleteParameter, findParameter, NAME_TAKEN, retag, taggedParameters } from "./names.ts";
import { deleteNext, isRotating, nextName } from "./next-secret.ts";
import { generateSecret } from "./secret-value.ts";

export interface SecretSpec {
  /** What users notice when a lost one is made up again. Absent: it is not made up again while something has its value. */
  readonly madeAnew?: string;
}
export interface SecretLive extends SecretSpec, Identified {
  readonly version: number;
  /** When this version was written, ISO 8601. */
  readonly writtenAt: string;
  /** A new value is there beside it, which takes its place when all who use it have it. */
  readonly rotating?: boolean;
}

const revision = ({ version, writtenAt }: SecretLive): string => `version ${version} of ${writtenAt}`;

const piped = 'printf %s "$VALUE" |';
const at = ({ region }: Aws, name: string): string => `--region ${region} --name ${name}`;

/** The command that writes the value that it reads from standard input. */
function putCommand(aws: Aws, { stack, key, name }: Owner, overwrites: boolean): string {
  // The CLI reads an argument from a file, and a pipe is one (aws-cli issue 5982).
  const put = `${aws.cli} ssm put-parameter ${at(aws, name)} --type SecureString --value file:///dev/stdin`;
  return `${put} ${overwrites ? "--overwrite" : `--tags Key=${STACK_TAG},Value=${stack} Key=${KEY_TAG},Value=${key}`}`;
}

/**
 * For bash and zsh. The value goes through pipes: it is in no argument, no history and on no screen.
 * @param setSecret the commands of those that were given the value, each reads it from standard input
 */
export const setAnew = (aws: Aws, owner: Owner, setSecret: readonly string[], overwrites: boolean): Remedy => ({
  to: "set a new value in both places",
  commands: [
    "VALUE=$(openssl rand -hex 16)",
    ...[...setSecret, putCommand(aws, owner, overwrites)].map((command) => `${piped} ${command}`),
  ],
});

const remedies: Irreplaceable<SecretLive, SecretSpec>["remedies"] = (aws, owner, setSecret, changed) => {
  const put = putCommand(aws, owner, changed !== undefined);
  const before = Number(/^version (\d+) /.exec(changed?.recorded ?? "")?.[1]);
  // A parameter that was deleted and created again has no history from before.
  const inHistory = changed !== undefined && before < changed.live.version;
  const old = `${aws.cli} ssm get-parameter-history ${at(aws, owner.name)} --with-decryption --query 'Parameters[?Version==\`${before}\`].Value' --output text | tr -d '\\n'`;
  return [
    // Web instances keep the password that they have while the parameter is gone, and can log in with it.
    ...(setSecret.length > 0 && !changed
      ? [{ to: "have a new one, without a failed request", commands: ["buddyverse rotate password"] }]
      : []),
    inHistory
      ? { to: "put the old value back", commands: [`${old} | ${put}`] }
      : { to: "put the old value back (it is asked for)", commands: ["read -rs VALUE", `${piped} ${put}`] },
    ...(setSecret.length === 0 ? [] : [setAnew(aws, owner, setSecret, changed !== undefined)]),
  ];
};

/**
 * A secret in a SecureString parameter, which has the resource's name. It is made up here, sent once, and never read
 * back, kept or shown by this type.
 */
export const generatedSecret: ResourceType<SecretSpec, SecretLive> = {
  name: "ssm:generated-secret",
  coverage: {
    covers: { madeAnew: "unshown" },
    ignores: { Version: "compared by itself: another one than recorded was written by somebody else" },
    unshown: { madeAnew: "a sentence for people", value: "a secret is never read", tags: "another call" },
  },
  timing: { createSeconds: 2, timeoutSeconds: 300, deleteSeconds: 1 },
  retryable: { create: NAME_TAKEN },
  irreplaceable: { revision, remedies, madeAnew: (spec) => spec.madeAnew },
  same: { madeAnew: () => true },
  unrecorded: ["madeAnew"],

  tagsUnread: true,
  listNeedsExtraCalls: true,
  async list(aws, stack) {
    const secure = await taggedParameters(aws, stack, "SecureString");
    const all = secure.filter(({ id }) => !isAppSecret(stack, id));
    // The new value of a secret that is there belongs to it.
    const ofAnother = new Set(all.map(({ id }) => nextName(id)));
    return all.filter(({ id }) => !ofAnother.has(id));
  },

  async find(aws, owner, id) {
    const [found, rotating] = await Promise.all([findParameter(aws, owner, id), isRotating(aws, owner)]);
    return (
      found && {
        id: found.name,
        version: found.version,
        writtenAt: found.writtenAt,
        rotating,
        described: found.described,
      }
    );
  },

  notes: ({ rotating }) =>
    rotating
      ? [
          "a new password is on its way: a rotation was not finished, and the databases take both until `buddyverse rotate password` has finished it",
        ]
      : [],

  create: (aws, _spec, owner) => createParameter(aws, owner, { Type: "SecureString", Value: generateSecret() }),

  update: (aws, { id }, _spec, changed, owner) => retag(aws, id, changed, owner),

  async delete(aws, { id, rotating }) {
    if (rotating) await deleteNext(aws, { name: id });
    await deleteParameter(aws, id);
  },
};
