import type { Command } from "commander";
import { PRIMARY, REPLICA } from "../../../steps/databases.ts";
import { stepsFor } from "../../../steps/index.ts";
import { profileNames } from "../../aws/credentials.ts";
import { fileText } from "../../state/file.ts";
import { historyFile, readHistory } from "../../state/history.ts";
import type { StackState } from "../../state/state.ts";
import { outputNames } from "../commands/outputs.ts";
import type { CommonOptions } from "../options.ts";
import { configOf, pathsOf } from "../paths.ts";
import { recordedState } from "../recorded.ts";
import { sharedPlaceOf } from "../state-place.ts";

/** What a line that is being typed says so far. */
interface Typed {
  readonly options: CommonOptions;
  /** The command's arguments before the cursor. */
  readonly given: readonly string[];
}

/** Values that only the config, the state, the history or the sandbox's file here know. */
const ASKED = {
  runs: ({ options }: Typed) =>
    isLocal(options)
      ? readHistory(fileText(historyFile(pathsOf(options).state)))
          .runs.map(({ number }) => String(number))
          .reverse()
      : [],
  outputs: ({ options }: Typed) => (isLocal(options) ? outputNames(options) : []),
  keys: async ({ options }: Typed) => Object.keys((await stateOf(options))?.resources ?? {}),
  databases: async ({ options }: Typed) => {
    const { resources } = (await stateOf(options)) ?? {};
    return [PRIMARY, REPLICA].flatMap((key) => resources?.[key]?.name ?? []);
  },
  machines: async ({ options, given: [what] }: Typed) => {
    if (what !== "bastion") return webNumbers(options);
    const { resources = {} } = (await stateOf(options)) ?? {};
    const ids = Object.entries(resources).flatMap(([key, { id }]) => (/^bastion-\d+$/.test(key) ? (id ?? []) : []));
    return [...configOf(options).zones.map((_, index) => String(index + 1)), ...ids];
  },
  web: ({ options }: Typed) => webNumbers(options),
  secrets: ({ options }: Typed) => configOf(options).app.secrets,
  profiles: () => profileNames(),
  steps: ({ options }: Typed) =>
    stepsFor(configOf(options), { publicKey: undefined, allowedCidrs: [], appArchive: undefined }).map(
      ({ name }) => name,
    ),
  async sandbox({ options: { sandbox: _, ...options }, given: [action, ...about] }: Typed) {
    const { sandboxWords } = await import("../commands/sandbox.ts");
    return sandboxWords({ ...options, sandbox: true }, action, about);
  },
} satisfies Readonly<Record<string, (typed: Typed) => readonly string[] | Promise<readonly string[]>>>;

/** A sort of values that a script asks this program for. */
export type AskedKind = keyof typeof ASKED;
export const isAsked = (kind: string): kind is AskedKind => Object.hasOwn(ASKED, kind);

/**
 * The values of a kind, for a line that is being typed. Asks nobody and never fails: where nothing is known there is nothing to offer.
 * @param line the words before the cursor, without the program's name
 */
export async function askedValues(kind: AskedKind, top: Command, line: readonly string[]): Promise<readonly string[]> {
  try {
    return await ASKED[kind](typedIn(top, line));
  } catch {
    return [];
  }
}

/** Options and arguments as the command line takes them, of a line that need not be whole. */
function typedIn(top: Command, [name, ...line]: readonly string[]): Typed {
  const known = top.commands.find((command) => command.name() === name)?.options ?? [];
  const options: Record<string, unknown> = {};
  const given: string[] = [];
  // bash has "--config=x" in three words.
  const words = line.filter((word) => word !== "=");
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    const [long, value] = word.split(/=(.*)/s);
    const option = known.find((one) => one.long === long);
    if (option) options[option.attributeName()] = option.required ? (value ?? words[++index]) : true;
    else if (!word.startsWith("-")) given.push(word);
  }
  return { options: options as unknown as CommonOptions, given };
}

/** False where the state is in S3: nobody waits for AWS while typing. */
const isLocal = (options: CommonOptions): boolean => sharedPlaceOf(options, configOf(options)) === undefined;

const stateOf = async (options: CommonOptions): Promise<StackState | undefined> =>
  isLocal(options) ? recordedState(options, pathsOf(options), configOf(options)) : undefined;

const webNumbers = (options: CommonOptions): readonly string[] =>
  Array.from({ length: configOf(options).web.max }, (_, index) => String(index + 1));
