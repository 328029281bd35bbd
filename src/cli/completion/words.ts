import type { Argument, Command, Option } from "commander";
import type { AskedKind } from "./values.ts";

/** What a shell is to offer where a value stands. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "file"; readonly ending?: string }
  | { readonly kind: "folder" }
  /** What this program answers from the files here: `completion SHELL --values OF -- WORD…`. */
  | { readonly kind: "asked"; readonly of: AskedKind }
  /** Something that only the user knows. */
  | { readonly kind: "any" };

export interface OptionWords {
  readonly long: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined: it takes no value. */
  readonly value:
    | { readonly name: string; readonly values: Values; readonly optional: boolean; readonly many: boolean }
    | undefined;
}

export interface ArgumentWords {
  readonly name: string;
  readonly values: Values;
  readonly many: boolean;
}

export interface CommandWords {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionWords[];
  readonly arguments: readonly ArgumentWords[];
}

/** What can be typed, of the whole command line. */
export function wordsOfAll(top: Command): readonly CommandWords[] {
  const help = top.createHelp();
  const commands = top.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: help.visibleOptions(command).map(optionWords),
    arguments: command.registeredArguments.map((argument) => argumentWords(command.name(), argument)),
  }));
  const names = commands.map(({ name }) => name);
  const about = { name: "command", values: { kind: "words", words: names }, many: false } as const;
  return [...commands, { name: "help", description: "show the help of a command", options: [], arguments: [about] }];
}

const words = (...all: readonly string[]): Values => ({ kind: "words", words: all });
const asked = (of: AskedKind): Values => ({ kind: "asked", of });

/** Of options whose names say more than those of their values. */
const OPTIONS: Readonly<Record<string, Values>> = {
  "--config": { kind: "file", ending: ".json" },
  "--state": { kind: "file", ending: ".json" },
  "--profile": asked("profiles"),
  "--step": asked("steps"),
  "--sandbox-speed": words("1", "60", "max"),
  "--accept": asked("keys"),
  "--mend": asked("keys"),
  "--upgrade": asked("databases"),
  "--from-snapshot": words("latest"),
  "--files": words("latest", "none"),
  "--to": words("latest"),
};

/** Of arguments, by their command and name. */
const ARGUMENTS: Readonly<Record<string, Values>> = {
  "history number": asked("runs"),
  "outputs name": asked("outputs"),
  "ssh which": asked("machines"),
  "secret key": asked("secrets"),
  "sandbox what": asked("sandbox"),
  "state place": { kind: "file", ending: ".json" },
};

function optionWords(option: Option): OptionWords {
  const { long = "", short, description, required, optional, variadic } = option;
  const [, name = ""] = /[<[]([^\].>]+)/.exec(option.flags) ?? [];
  const takes = required || optional;
  return {
    long,
    short,
    description,
    value: takes
      ? { name, values: OPTIONS[long] ?? valuesOf(name, option.argChoices), optional, many: variadic }
      : undefined,
  };
}

function argumentWords(command: string, argument: Argument): ArgumentWords {
  const name = argument.name();
  const values = ARGUMENTS[`${command} ${name}`] ?? valuesOf(name, argument.argChoices);
  return { name, values, many: argument.variadic };
}

function valuesOf(name: string, choices: readonly string[] | undefined): Values {
  if (choices) return { kind: "words", words: choices };
  if (name === "file") return { kind: "file" };
  if (name === "which") return asked("web");
  return name === "folder" ? { kind: "folder" } : { kind: "any" };
}
