import type { Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { wordsOfAll } from "../completion/words.ts";
import { zshScript } from "../completion/zsh.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Prints the script that completes this command line in a shell. */
export async function completion(
  shell: keyof typeof SCRIPTS,
  options: CommonOptions,
  { parent }: Command,
): Promise<number> {
  const script = SCRIPTS[shell](parent === null ? [] : wordsOfAll(parent));
  printResult(options, script.trimEnd(), { shell, script });
  return 0;
}
