import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Databases, databasesOf } from "../../steps/databases.ts";
import { editionFound } from "../../steps/image-age.ts";
import { appliedRules, BASTION_GROUP, type Inputs } from "../../steps/inputs.ts";
import { keyPairName } from "../../steps/key-pair.ts";
import { callerName, type LetIn, letIn, MY_IP } from "../../steps/let-in.ts";
import type { Aws } from "../aws/aws.ts";
import { inboundOf } from "../aws/ec2/security-group.ts";
import type { Config } from "../config/schema.ts";
import { patiently } from "../engine/observe.ts";
import type { Identified } from "../engine/resource.ts";
import type { Clock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import { newKeyPair } from "../lib/key-pair.ts";
import { readRegular } from "../lib/regular-file.ts";
import { removeIfThere, writeAtomically } from "../state/file.ts";
import type { StateStore } from "../state/store.ts";
import type { Application } from "./application.ts";
import { keyComment, type Paths } from "./paths.ts";
import type { Session } from "./session.ts";

/** The steps read it when a spec is made, so that a key made after the plan is still in time. */
export type MutableInputs = { -readonly [K in keyof Inputs]: Inputs[K] };

interface InputSources {
  readonly config: Config;
  readonly paths: Paths;
  readonly store: StateStore;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly resolvesAddress: boolean | "if-found";
  readonly note: (text: string) => void;
  readonly application: Pick<Application, "archive" | "project">;
  /** It asks AWS for what stands anyway; `doctor` says itself what it may not ask. */
  readonly looksAtStack: boolean;
  /** The edition that a new web image would get; undefined: none is asked for. */
  readonly newEdition: string | undefined;
}

export async function readInputs(circumstances: InputSources): Promise<MutableInputs> {
  const { config, paths, application } = circumstances;
  const ranges = await rangesOf(circumstances);
  return {
    publicKey: config.bastion.publicKeyFile
      ? readPublicKey(resolve(paths.folder, config.bastion.publicKeyFile))
      : readIfMade(privateKeyFile(paths)),
    allowedCidrs: ranges.map(({ cidr }) => cidr),
    letIn: ranges,
    appArchive: application.archive,
    project: application.project,
    imageEdition: await imageEdition(circumstances),
    databases: await databases(circumstances),
  };
}

const databases = ({ config, store, aws, clock, signal, looksAtStack }: InputSources): Promise<Databases> =>
  patiently({ clock, store, signal }, () =>
    databasesOf(looksAtStack ? aws : undefined, config, (key) => store.get(key)?.name),
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

/** Of the key pair that is made where the config names none. */
export const privateKeyFile = ({ key }: Pick<Paths, "key">): string => `${key}.pem`;
const readIfMade = (file: string): string | undefined =>
  existsSync(`${file}.pub`) ? readFileSync(`${file}.pub`, "utf8").trim() : undefined;

/** Makes the key pair where the config names none and none was made before: the private key is written once, mode 0600, beside the state. */
export function makeKeyPair({
  config,
  paths,
  inputs,
}: {
  readonly config: Config;
  readonly paths: Paths;
  readonly inputs: MutableInputs;
}): string | undefined {
  if (inputs.publicKey !== undefined || config.bastion.publicKeyFile) return undefined;
  const file = privateKeyFile(paths);
  if (existsSync(file)) {
    throw new BuddyError({
      code: "config",
      message: `${file} is there, but its public half ${file}.pub is not`,
      about: { file },
      hint: `Make it again: ssh-keygen -y -f ${file} > ${file}.pub`,
    });
  }
  const { privateKey, publicKey } = newKeyPair(keyComment(config.stack));
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

/**
 * That a key pair made here stands, and its private half is not where it was written; undefined: it is, or is the user's own.
 * @param live the key pair, as it is in AWS
 */
export function lostKey(
  { config, paths, aws }: Pick<Session, "config" | "paths"> & { readonly aws: Pick<Aws, "cli" | "region"> },
  live: Identified | undefined,
): string | undefined {
  const file = privateKeyFile(paths);
  if (!live || config.bastion.publicKeyFile || existsSync(file)) return undefined;
  return `the private key of the key pair ${keyPairName(config)} is not at ${file}, so ssh into the machines fails. Put it back there, with its .pub beside it; if it is lost, \`${aws.cli} ec2 delete-key-pair --key-name ${keyPairName(config)} --region ${aws.region}\` and then \`buddyverse up\` make a new one`;
}

function readPublicKey(file: string): string {
  let text: string;
  try {
    text = readRegular(file).trim();
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

/**
 * Who may reach the bastions. "my-ip" becomes the caller's address of now beside those of others; for commands that only look,
 * it is whoever was let in, and where nobody knows, itself.
 */
async function rangesOf(sources: InputSources): Promise<readonly LetIn[]> {
  const { config, store, aws, looksAtStack, clock, signal } = sources;
  const { allowedCidrs: given } = config.bastion;
  if (!given.includes(MY_IP)) return letIn(given, [], undefined);
  const recorded = appliedRules((key) => store.get(key)?.spec);
  const before =
    recorded ??
    (looksAtStack ? await patiently({ clock, store, signal }, () => inboundOf(aws, config.stack, BASTION_GROUP)) : []);
  const address = await addressOf(sources);
  const mine = address === undefined ? undefined : { caller: callerName(aws.caller), cidr: `${address}/32` };
  const ranges = letIn(given, before, mine);
  const anybody = ranges.some(({ callers }) => callers.length > 0);
  return anybody || mine ? ranges : [...ranges, { cidr: MY_IP, callers: [] }];
}

/** The caller's address; undefined where nobody asks for it, or it is not found and may be left open. */
async function addressOf({ aws, resolvesAddress, note }: InputSources): Promise<string | undefined> {
  if (!resolvesAddress) return undefined;
  try {
    return await aws.network.publicAddress();
  } catch (error) {
    if (resolvesAddress !== "if-found" || !(error instanceof BuddyError)) throw error;
    note(`${error.message}. What is shown leaves it open; \`buddyverse up\` needs it. ${error.hint}`);
    return undefined;
  }
}
