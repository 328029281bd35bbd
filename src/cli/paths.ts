import { existsSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { KEY_PAIR } from "../../steps/inputs.ts";
import { regionComplaint } from "../config/kinds.ts";
import { CONFIG_FILE, loadConfig, parseConfig } from "../config/load.ts";
import { type Config, configSchema } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { readRegular } from "../lib/regular-file.ts";
import { shellWord } from "../lib/shell.ts";
import type { CommonOptions } from "./options.ts";

/** Where a run's files are. */
export interface Paths {
  readonly config: string;
  /** The folder of the config: what the config names is relative to it. */
  readonly folder: string;
  readonly state: string;
  readonly lock: string;
  /** Beside the state: the private key of a key pair that is made for the stack, without ".pem". */
  readonly key: string;
  /** The state that the config's name asks for, where another one is used; undefined: that one. */
  readonly insteadOf?: string;
}

/** What files are named after: "stage" of "stage.config.json", of "stage.state.json" and of "stage.json". */
export const stemOf = (file: string): string =>
  basename(file)
    .replace(/\.json$/, "")
    .replace(/\.(config|state|sandbox)$/, "");

const STEM = stemOf(CONFIG_FILE);

/** True for what this program writes for any stack: states and keys, and what has their names with an ending: backups, locks, halves. */
export const isStackFile = (file: string): boolean =>
  /\.(state|sandbox)\.json(\.|$)/.test(file) ||
  new RegExp(String.raw`^${KEY_PAIR}(\.|-.*\.(pem|pub|ssh_config|known_hosts)(\.|$))`).test(basename(file));

/** `--state s3://bucket/key`. */
export const isShared = (state: string | undefined): state is string => state?.startsWith("s3://") ?? false;

/** The files of a run whose state is in S3 are named as without `--state`. */
function withoutShared({ state, ...rest }: CommonOptions): CommonOptions {
  return state === undefined || isShared(state) ? rest : { ...rest, state };
}

/**
 * Where a run's files are: they are named after `--state`, or else after the config. The sandbox's are apart, and never mix with a
 * real account's: `--state stage.state.json` is stage.sandbox.json there.
 */
export function pathsOf(given: CommonOptions): Paths {
  const options = withoutShared(given);
  throwIfFolder(options.state);
  const config = options.config ?? CONFIG_FILE;
  const folder = dirname(resolve(config));
  const beside = options.state === undefined ? folder : dirname(resolve(options.state));
  const stem = stemOf(options.state ?? config) || STEM;
  const at = (stem: string, state = join(beside, `${stem}.${options.sandbox ? "sandbox" : "state"}.json`)): Paths => ({
    config,
    folder,
    state,
    lock: `${state}.lock`,
    key: join(beside, `${KEY_PAIR}${stem === STEM ? "" : `-${stem}`}${options.sandbox ? ".sandbox" : ""}`),
  });
  const own = at(stem, options.sandbox ? undefined : options.state);
  if (stem === STEM) return own;
  // All configs of a folder had one state once, and one key; and a variant of a config may mean the same stack.
  const common = at(STEM);
  const stateIsCommon = options.state === undefined && !existsSync(own.state) && isStateOf(common.state, options);
  if (stateIsCommon) return { ...common, insteadOf: own.state };
  const keyIsCommon = !existsSync(`${own.key}.pem`) && isKeyOf(common.key, options);
  return keyIsCommon ? { ...own, key: common.key } : own;
}

/** False where that cannot be seen, too: who reads it says why. */
function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function throwIfFolder(state: string | undefined): void {
  if (state === undefined || !isFolder(state)) return;
  throw new BuddyError({
    code: "usage",
    message: `${state} is a folder, not a state file`,
    about: { file: state },
    hint: `Name the file in it: --state ${shellWord(join(state, `${STEM}.state.json`))}`,
  });
}

/** True when a state is of the stack and the region that the options mean. */
function isStateOf(file: string, options: CommonOptions): boolean {
  const wanted = stackIn(options);
  if (!wanted) return false;
  // A sandbox's is a part of its file; while it is served, a file beside that.
  const found = options.sandbox ? (jsonIn(`${file}.state`) ?? jsonIn(file)?.state) : jsonIn(file);
  const { stack, region } = (found ?? {}) as { readonly stack?: unknown; readonly region?: unknown };
  return stack === wanted.stack && region === wanted.region;
}

/** What the comment of a public key says whose it is. */
export const keyComment = (stack: string): string => `${KEY_PAIR}@${stack}`;

function isKeyOf(key: string, options: CommonOptions): boolean {
  const comment = textIn(`${key}.pem.pub`)?.trim().split(" ")[2];
  const wanted = comment === undefined ? undefined : stackIn(options);
  return wanted !== undefined && comment === keyComment(wanted.stack);
}

/** What the config names, without a look at the rest; undefined: it cannot be read, which whoever reads it says. */
function stackIn(options: CommonOptions): Pick<Config, "stack" | "region"> | undefined {
  const config = jsonIn(options.config ?? CONFIG_FILE);
  if (config === undefined) return undefined;
  const standard = configSchema.parse({});
  const { stack, region } = config as { readonly stack?: string; readonly region?: string };
  return { stack: stack ?? standard.stack, region: options.region ?? region ?? standard.region };
}

function textIn(file: string): string | undefined {
  try {
    return readRegular(file);
  } catch {
    return undefined;
  }
}

function jsonIn(file: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(textIn(file)?.replace(/^\uFEFF/, "") ?? "");
    return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** A rehearsal needs no config: without one it is of the defaults. */
export const isOfDefaults = (options: CommonOptions): boolean =>
  Boolean(options.sandbox) && options.config === undefined && !existsSync(CONFIG_FILE);

export function configOf(options: CommonOptions): Config {
  const over = options.region ? { region: options.region } : {};
  throwIfNoRegion(options.region);
  return isOfDefaults(options) ? parseConfig(over, CONFIG_FILE) : loadConfig(pathsOf(options).config, over);
}

/** The config has no part in what was typed. */
export function throwIfNoRegion(region: string | undefined): void {
  const complaint = region === undefined ? undefined : regionComplaint(region);
  if (complaint === undefined) return;
  throw new BuddyError({ code: "usage", message: `--region: ${complaint.message}`, hint: `${complaint.hint}.` });
}
