import { shellWord } from "../lib/shell.ts";
import type { CommonOptions } from "./options.ts";

export type Stage = Pick<CommonOptions, "sandbox" | "config" | "state" | "profile" | "region">;

/** The words that name the stage and the files of a command line, for another one. */
export const stageWords = (options: Stage): readonly string[] => [
  ...(options.sandbox ? ["--sandbox"] : []),
  ...(["config", "state", "profile", "region"] as const).flatMap((name) => {
    const value = options[name];
    return value === undefined ? [] : [`--${name}`, shellWord(value)];
  }),
];

/** The commands that work on a stage. */
export const STAGED =
  "up down status history why snapshots restore plan verify failover rotate releases rollback secret logs run ssh tunnel outputs cost graph doctor stacks state unlock".split(
    " ",
  );

/** Those that ask nobody, or only the sandbox, and are about the config's stack all the same. */
export const OF_FILES: readonly string[] = ["policy", "sandbox"];

/** What a command's argument says that it is about. */
const ABOUT = "(?: (?:database|files|password|list|web|bastion|init|move|reset|serve|NUMBER|(?:set|rm) \\w+)\\b)?";
const STAGE = "--(?:sandbox|config|state|profile|region)\\b";
/** Until where a text goes on with the same command: it may name its stage there already, where it is quoted also in the next line. */
const REST = "[^\\n`;&()]*?";
const QUOTED_REST = "(?<=`buddyverse \\1)[^`;&()]*?";
const NAMED = new RegExp(
  `\\bbuddyverse ((?:${[...STAGED, ...OF_FILES].join("|")})\\b${ABOUT})(?! (?:is|are|says?|which|lists|makes)\\b)(?!${REST} ${STAGE})(?!${QUOTED_REST}\\s${STAGE})`,
  "g",
);

/**
 * Has the commands in a text for people name the stage and the files of the command that says it: what is copied from a rehearsal must
 * not reach AWS, nor another account or stack.
 */
export function staged(options: Stage): (text: string) => string {
  const ofStage = stageWords(options);
  if (ofStage.length === 0) return (text) => text;
  const ofFiles = stageWords({ ...options, sandbox: false });
  return (text) =>
    text.replace(NAMED, (_, command: string) => {
      const words = OF_FILES.includes(command.split(" ")[0] ?? "") ? ofFiles : ofStage;
      return ["buddyverse", command, ...words].join(" ");
    });
}

/** The same in all texts of a value. */
export function stagedIn<T>(options: Stage, value: T): T {
  if (stageWords(options).length === 0) return value;
  const text = staged(options);
  const within = (one: unknown): unknown => {
    if (typeof one === "string") return text(one);
    if (Array.isArray(one)) return one.map(within);
    if (one === null || typeof one !== "object" || Object.getPrototypeOf(one) !== Object.prototype) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, within(inner)]));
  };
  return within(value) as T;
}
