import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Databases, databasesOf } from "../../steps/databases.ts";
import { editionFound } from "../../steps/image-age.ts";
import { appliedCidrs, type Inputs, KEY_PAIR } from "../../steps/inputs.ts";
import type { Aws } from "../aws/aws.ts";
import type { Config } from "../config/schema.ts";
import { patiently } from "../engine/observe.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { newKeyPair } from "../lib/key-pair.ts";
import { removeIfThere, writeAtomically } from "../state/file.ts";
import type { StateStore } from "../state/store.ts";
import type { Application } from "./application.ts";
import type { Paths } from "./paths.ts";

/** The steps read it when a spec is made, so that a key made after the plan is still in time. */
export type MutableInputs = { -readonly [K in keyof Inputs]: Inputs[K] };

interface InputSources {
  readonly config: Config;
  readonly paths: Paths;
  readonly store: StateStore;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly sandbox: boolean;
  readonly resolvesAddress: boolean;
  readonly application: Pick<Application, "archive" | "project">;
  /** It asks AWS for what stands anyway; `doctor` says itself what it may not ask. */
  readonly looksAtStack: boolean;
  /** The edition that a new web image would get; undefined: none is asked for. */
  readonly newEdition: string | undefined;
}

export async function readInputs(circumstances: InputSources): Promise<MutableInputs> {
  const { config, paths, sandbox, application } = circumstances;
  return {
    publicKey: config.bastion.publicKeyFile
      ? readPublicKey(resolve(paths.folder, config.bastion.publicKeyFile))
      : readIfMade(keyFile(paths, sandbox)),
    allowedCidrs: await allowedCidrs(circumstances),
    appArchive: application.archive,
    project: application.project,
    imageEdition: await imageEdition(circumstances),
    databases: await databases(circumstances),
  };
}

const databases = ({ config, store, aws, clock, signal, looksAtStack }: InputSources): Promise<Databases> =>
  patiently({ clock, store, signal }, () =>
    databasesOf(looksAtStack ? aws : undefined, config.stack, (key) => store.get(key)?.name),
  );

/** A new edition only when the last one is in use: what was interrupted continues with the image that it began. */
async function imageEdition(sources: InputSources): Promise<string | undefined> {
  const { config, store, aws, newEdition, looksAtStack } = sources;
  const { imageRefresh, resources } = store;
  const { clock, signal } = sources;
  if (newEdition !== undefined && (imageRefresh?.done ?? true)) return newEdition;
  const lost = looksAtStack && imageRefresh === undefined && Object.keys(resources).length === 0;
  if (!lost) return imageRefresh?.edition;
  return patiently({ clock, store, signal }, () => editionFound(aws, config.stack));
}

const keyFile = (paths: Paths, sandbox: boolean): string =>
  join(dirname(resolve(paths.state)), `${KEY_PAIR}${sandbox ? ".sandbox" : ""}.pem`);
const readIfMade = (file: string): string | undefined =>
  existsSync(`${file}.pub`) ? readFileSync(`${file}.pub`, "utf8").trim() : undefined;

/** Makes the key pair where the config names none and none was made before: the private key is written once, mode 0600, beside the state. */
export function makeKeyPair({
  config,
  paths,
  sandbox,
  inputs,
}: {
  readonly config: Config;
  readonly paths: Paths;
  readonly sandbox: boolean;
  readonly inputs: MutableInputs;
}): string | undefined {
  if (inputs.publicKey !== undefined || config.bastion.publicKeyFile) return undefined;
  const file = keyFile(paths, sandbox);
  if (existsSync(file)) {
    throw new BuddyError({
      code: "config",
      message: `${file} is there, but its public half ${file}.pub is not`,
      about: { file },
      hint: `Make it again: ssh-keygen -y -f ${file} > ${file}.pub`,
    });
  }
  const { privateKey, publicKey } = newKeyPair(`${KEY_PAIR}@${config.stack}`);
  // Both or none, and each whole: half a key would be taken for the stack's.
  writeAtomically(file, privateKey);
  try {
    writeAtomically(`${file}.pub`, `${publicKey}\n`);
  } catch (error) {
    removeIfThere(file);
    throw error;
  }
  inputs.publicKey = publicKey;
  return file;
}

export const privateKeyFile = (paths: Paths, sandbox: boolean): string => keyFile(paths, sandbox);

function readPublicKey(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new BuddyError({
      code: "config",
      message: `${file} cannot be read`,
      about: { file, path: "bastion.publicKeyFile" },
      hint: "Name a public key file, as ~/.ssh/id_ed25519.pub, or null to have a key pair made.",
      cause: error,
    });
  }
  if (!/^(ssh-ed25519|ssh-rsa) [A-Za-z0-9+/=]+( .*)?$/.test(text)) {
    throw new BuddyError({
      code: "config",
      message: `${file} is not an OpenSSH public key that EC2 takes`,
      about: { file, path: "bastion.publicKeyFile" },
      hint: "EC2 imports ssh-ed25519 and ssh-rsa keys. Name the .pub file, never the private key.",
    });
  }
  return text;
}

/** "my-ip" becomes the caller's address of now, or, for commands that only look, the one that was applied last. */
async function allowedCidrs({
  config,
  store,
  aws: { network },
  resolvesAddress,
}: InputSources): Promise<readonly string[]> {
  const { allowedCidrs: given } = config.bastion;
  if (!given.includes("my-ip")) return given;
  const applied = appliedCidrs((key) => store.get(key)?.spec);
  if (!resolvesAddress && applied) return applied;
  const mine = resolvesAddress ? `${await network.publicAddress()}/32` : "my-ip";
  return given.map((cidr) => (cidr === "my-ip" ? mine : cidr));
}
