import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CONFIG_FILE, loadConfig, parseConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import type { CommonOptions } from "./options.ts";

export const STATE_FILE = "buddyverse.state.json";
export const SANDBOX_FILE = "buddyverse.sandbox.json";

export interface Paths {
  readonly config: string;
  /** The folder of the config: what the config names is relative to it. */
  readonly folder: string;
  readonly state: string;
  readonly lock: string;
}

/** Where a run's files are: the sandbox's state is apart, and never mixes with a real account's. */
export function pathsOf(options: CommonOptions): Paths {
  const config = options.config ?? CONFIG_FILE;
  const folder = dirname(resolve(config));
  const state = options.sandbox
    ? join(options.state ? dirname(resolve(options.state)) : folder, SANDBOX_FILE)
    : (options.state ?? join(folder, STATE_FILE));
  return { config, folder, state, lock: `${state}.lock` };
}

/** A rehearsal needs no config: without one it is of the defaults. */
export const isOfDefaults = (options: CommonOptions): boolean =>
  Boolean(options.sandbox) && options.config === undefined && !existsSync(CONFIG_FILE);

export function configOf(options: CommonOptions): Config {
  const over = options.region ? { region: options.region } : {};
  return isOfDefaults(options) ? parseConfig(over, CONFIG_FILE) : loadConfig(pathsOf(options).config, over);
}
