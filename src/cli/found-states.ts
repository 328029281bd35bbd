import { readdirSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import type { Aws } from "../aws/aws.ts";
import { failureOf } from "../aws/failure.ts";
import { loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { BuddyError } from "../lib/errors.ts";
import { once } from "../lib/once.ts";
import { fileText, type Text } from "../state/file.ts";
import { historyFile, readHistory } from "../state/history.ts";
import type { SharedText } from "../state/shared.ts";
import type { StackState } from "../state/state.ts";
import { readState } from "../state/store.ts";
import type { CommonOptions } from "./options.ts";
import { isShared, type Paths } from "./paths.ts";
import { localText } from "./recorded.ts";
import { configuredPlace, type SharedPlace, sharedPlaceOf, sharedTexts, urlOf, usualKey } from "./state-place.ts";

/** What a state says of a stack of the account. */
interface KnownState {
  /** The file's name, or its place in S3. */
  readonly path: string;
  readonly state: StackState;
  readonly lastRun: { readonly at: string; readonly command: string; readonly result: string } | undefined;
}

/** The states that can be found from here. */
export interface FoundStates {
  /** With the reason, where there is none of that stack. */
  of(
    stack: string,
    region: string,
  ): Promise<
    { readonly known: KnownState; readonly reason?: never } | { readonly known?: never; readonly reason: string }
  >;
}

/**
 * Looks for states in the files beside the run's own, where the configs beside it say, and in the buckets that these name, under the
 * name that a stack's state has there unless its config says otherwise.
 */
export function findStates(options: CommonOptions, paths: Paths, config: Config, aws: Aws): FoundStates {
  const places = placesOf(options, paths, config);
  const files = once(() => statesInFiles(options, paths));
  const readings = new Map<string, Promise<Reading>>();
  const reading = (place: SharedPlace) => {
    const url = urlOf(place);
    const read = readings.get(url) ?? readPlace(aws, place);
    readings.set(url, read);
    return read;
  };
  return {
    async of(stack, region) {
      const isIts = ({ state }: KnownState) =>
        state.stack === stack && state.region === region && state.account === aws.account;
      const inFile = (await files()).find(isIts);
      if (inFile) return { known: inFile };
      const named = places.filter(({ of }) => of === undefined || (of.stack === stack && of.region === region));
      const usual = places.map(({ place }) => ({ ...place, key: usualKey(stack) }));
      const tried = [
        ...new Map([...named.map(({ place }) => place), ...usual].map((place) => [urlOf(place), place])).values(),
      ];
      const read = await Promise.all(tried.map(reading));
      const known = read.flatMap((one) => one.known ?? []).find(isIts);
      return known ? { known } : { reason: reasonOf(tried, read) };
    },
  };
}

const reasonOf = (tried: readonly SharedPlace[], read: readonly Reading[]): string => {
  const failed = read.flatMap(({ failure }) => failure ?? []);
  if (failed.length > 0) return failed.join("; ");
  const also = tried.length > 0 ? `, nor at ${tried.map(urlOf).join(" or ")}` : "";
  return `its state is not beside the config here${also}`;
};

interface NamedPlace {
  readonly place: SharedPlace;
  /** Whose state it is, by its config; undefined: the command line has named it. */
  readonly of: Pick<Config, "stack" | "region"> | undefined;
}

/** Where the run's own config and those beside it say that their states are in S3. */
function placesOf(options: CommonOptions, paths: Paths, config: Config): readonly NamedPlace[] {
  const own = sharedPlaceOf(options, config);
  const beside = filesIn(paths.folder, ".config.json").flatMap((file) => {
    try {
      const other = loadConfig(file);
      const place = configuredPlace(other);
      return place ? [{ place, of: other }] : [];
    } catch (error) {
      // With mistakes in it: whoever works with it is told.
      if (error instanceof BuddyError) return [];
      throw error;
    }
  });
  return [...(own ? [{ place: own, of: isShared(options.state) ? undefined : config }] : []), ...beside];
}

async function statesInFiles(options: CommonOptions, paths: Paths): Promise<readonly KnownState[]> {
  const own = resolve(paths.state);
  const beside = filesIn(dirname(own), options.sandbox ? ".sandbox.json" : ".state.json");
  const states = await Promise.all(
    [...new Set([own, ...beside])].map(async (file) => {
      try {
        const text = { ...(await localText(options, file)), path: basename(file) };
        return knownFrom(text, fileText(historyFile(file))) ?? [];
      } catch (error) {
        // Whoever works with it is told.
        if (error instanceof BuddyError && error.code === "state") return [];
        throw error;
      }
    }),
  );
  return states.flat();
}

interface Reading {
  readonly known?: KnownState | undefined;
  readonly failure?: string;
}

async function readPlace(aws: Aws, place: SharedPlace): Promise<Reading> {
  const { state, history } = sharedTexts(aws, place);
  const read = async ({ path, read: ask }: SharedText): Promise<Pick<Text, "path" | "read">> => {
    const found = await ask();
    return { path, read: () => found?.text };
  };
  try {
    return { known: knownFrom(await read(state), await read(history)) };
  } catch (error) {
    if (error instanceof BuddyError && error.code === "interrupted") throw error;
    return { failure: `${state.path} could not be read: ${failureOf(error, aws.cli).message}` };
  }
}

function knownFrom(text: Pick<Text, "path" | "read">, history: Pick<Text, "read">): KnownState | undefined {
  const state = readState(text);
  const last = readHistory(history).runs.at(-1);
  return (
    state && { path: text.path, state, lastRun: last && { at: last.at, command: last.command, result: last.result } }
  );
}

const filesIn = (folder: string, ending: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
