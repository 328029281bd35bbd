import type { Command } from "commander";
import { BuddyError } from "../../lib/errors.ts";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { wordsOfAll } from "../completion/words.ts";
import { zshScript } from "../completion/zsh.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

interface CompletionOptions extends CommonOptions {
  /** A sort of values that a script asks for: these are printed instead, a line each. */
  readonly values?: string;
  /** The line that is being typed, up to the cursor. */
  readonly words?: readonly string[];
}

/** Prints the script that completes this command line in a shell, or what the script asks for. */
export async function completion(
  shell: keyof typeof SCRIPTS,
  options: CompletionOptions,
  { parent }: Command,
): Promise<number> {
  const { values: kind, words = [] } = options;
  if (parent === null) throw new BuddyError({ code: "internal", message: "a command without a program" });
  if (kind !== undefined) {
    const { askedValues, isAsked } = await import("../completion/values.ts");
    const values = isAsked(kind) ? await askedValues(kind, parent, words) : [];
    if (values.length > 0) printResult(options, values.join("\n"), { values });
    return 0;
  }
  const script = SCRIPTS[shell](wordsOfAll(parent));
  printResult(options, script.trimEnd(), { shell, script });
  return 0;
}
