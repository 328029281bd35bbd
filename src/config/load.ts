import { existsSync, lstatSync, readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { FIRST } from "../aws/names.ts";
import { BuddyError, type Problem } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { readRegular } from "../lib/regular-file.ts";
import { shellWord } from "../lib/shell.ts";
import { list } from "../lib/text.ts";
import { findJsonMistake } from "./json.ts";
import { problemsOf } from "./problems.ts";
import { type Config, configSchema, defaultZones } from "./schema.ts";

export const CONFIG_FILE = "buddyverse.config.json";

/**
 * What a file says with another region in it: its zones are those of the same letters there; where they are the ones that the
 * file's region has by default, those that the other has by default.
 */
function inRegion(value: Readonly<Record<string, unknown>>, region: string): Record<string, unknown> {
  const { region: before = FIRST.region, zones } = value;
  const moved = { ...value, region };
  if (typeof before !== "string" || before === region || !Array.isArray(zones)) return moved;
  if (isDeepStrictEqual(zones, defaultZones(before))) return { ...moved, zones: defaultZones(region) };
  const elsewhere = (zone: unknown) =>
    typeof zone === "string" && zone.length === before.length + 1 && zone.startsWith(before)
      ? `${region}${zone.slice(-1)}`
      : zone;
  return { ...moved, zones: zones.map(elsewhere) };
}

/**
 * Reads and checks a config file. `overrides` take the place of what the file says: with another region come its zones.
 * @throws BuddyError `config`: the file is missing, unreadable or not JSON, or holds mistakes, all of which are in `problems`.
 */
export function loadConfig(path: string, overrides: { readonly region?: string } = {}): Config {
  const value = parseJson(read(path), path);
  const { region } = overrides;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return parseConfig(
    region !== undefined && isObject ? inRegion(value as Record<string, unknown>, region) : value,
    path,
  );
}

/**
 * Checks a config that is already read. `file` is only for the messages.
 * @throws BuddyError `config` with all mistakes in `problems`.
 */
export function parseConfig(value: unknown, file: string): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  throw configError(file, problemsOf(result.error, value));
}

/** What to do where there is no config. */
function withoutConfig(path: string): string {
  const folder = dirname(resolve(path));
  const there = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".config.json")) : [];
  const one = nearest(basename(path), there) ?? there[0];
  const make =
    path === CONFIG_FILE
      ? "`buddyverse init` makes one; a rehearsal (--sandbox) needs none."
      : `\`buddyverse init --config ${shellWord(path)}\` makes it.`;
  if (one === undefined) return `${make} Or name another: --config FILE.`;
  return `Beside it ${there.length === 1 ? "is" : "are"} ${list(there)}: name ${there.length === 1 ? "it" : "one"}, as --config ${shellWord(join(dirname(path), one))}. Or ${make}`;
}

/** What to do where there is one that cannot be read. */
function unreadable(path: string, code: string | undefined): string {
  if (code === "EISDIR") return `Name the file in it: --config ${shellWord(join(path, CONFIG_FILE))}`;
  if (code === "EACCES" || code === "EPERM") return "Check its permissions.";
  return code === "ENOTSUP"
    ? "Put the config into a file: the stack's other files are beside it, and are named after it."
    : "Name another config: --config FILE.";
}

function read(path: string): string {
  try {
    return readRegular(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" && lstatSync(path, { throwIfNoEntry: false })) {
      throw new BuddyError({
        code: "config",
        message: `${path} is a link to what is not there.`,
        about: { file: path },
        hint: "Set the link right, or name another config: --config FILE.",
      });
    }
    if (code === "ENOENT") {
      throw new BuddyError({
        code: "config",
        message: `There is no ${path}.`,
        about: { file: path },
        hint: withoutConfig(path),
      });
    }
    throw new BuddyError({
      code: "config",
      message: code === "EISDIR" ? `${path} is a folder, not a config file.` : `${path} cannot be read.`,
      about: { file: path },
      hint: unreadable(path, code),
      cause: error,
    });
  }
}

function parseJson(withMark: string, file: string): unknown {
  // Windows editors put a byte order mark first; JSON.parse refuses it.
  const text = withMark.replace(/^\uFEFF/, "");
  if (text.trim() === "") {
    throw new BuddyError({
      code: "config",
      message: `${file} is empty.`,
      about: { file },
      hint: "Write {} into it for the defaults, or run `buddyverse init`.",
    });
  }
  // What Windows PowerShell writes with `>`: every other byte is 0, and the mark at its begin is none in UTF-8.
  if (text.startsWith("\uFFFD\uFFFD") || text.includes("\0")) {
    throw new BuddyError({
      code: "config",
      message: `${file} is not text in UTF-8.`,
      about: { file },
      hint: "It looks like UTF-16: save it as UTF-8.",
    });
  }
  const mistake = findJsonMistake(text);
  if (mistake === undefined) return JSON.parse(text);
  const { line, column, message, hint } = mistake;
  throw configError(file, [{ path: `line ${line}, column ${column}`, message, hint }]);
}

function configError(file: string, problems: readonly Problem[]): BuddyError {
  const count = problems.length === 1 ? "a mistake" : `${problems.length} mistakes`;
  const path = problems.length === 1 ? problems[0]?.path : undefined;
  return new BuddyError({
    code: "config",
    message: `${file} has ${count}:`,
    about: { file, ...(path === undefined || path === "" ? {} : { path }) },
    hint: "Correct the config, then run the command again.",
    problems,
  });
}
