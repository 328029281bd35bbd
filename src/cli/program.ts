import { writeFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import { BuddyError, exitCodeOf, explain } from "../lib/errors.ts";
import { shellWord } from "../lib/shell.ts";
import { completeTexts } from "../lib/text.ts";
import { commandLine } from "./command-line.ts";
import { COMMANDS } from "./command-table.ts";
import type { CommonOptions } from "./options.ts";
import { beginOutput, fitTo, isForPrograms, printError } from "./output.ts";
import { staged } from "./staged.ts";

/**
 * @param words what came after `--`; undefined: there was none
 * @param silent its errors are for `run` to tell
 */
function program(
  version: string,
  argv: readonly string[],
  words: readonly string[] | undefined,
  silent: boolean,
  done: (code: number) => void,
): Command {
  // A completion is of all commands.
  const top = commandLine(version, argv.includes("completion") ? undefined : argv);
  for (const { name, load } of COMMANDS) {
    const command = top.commands.find((one) => one.name() === name);
    // Commander adds the command itself after its options.
    command?.action(async (...given: unknown[]) => done(await (await load())(...(given as never[]))));
  }

  // Before anything else happens: a trace of a run that sent nothing is empty, not missing.
  top.hook("preAction", (_top, command) => {
    startTrace(command.opts<CommonOptions>().trace);
    completeTexts(staged(command.opts<CommonOptions>()));
    // As a history shows it.
    command.setOptionValue("typed", argv.map(shellWord).join(" "));
    command.setOptionValue("programVersion", version);
    if (words === undefined) return;
    const taken = COMMANDS.some(({ name, takesWords }) => takesWords && name === command.name());
    if (!taken)
      throw new BuddyError({
        code: "usage",
        message: `${command.name()} runs no command: nothing may come after "--"`,
        hint: `See \`buddyverse ${command.name()} --help\`.`,
      });
    command.setOptionValue("words", words);
  });

  const quiet = (command: Command): void => {
    command.exitOverride();
    if (silent) command.configureOutput({ writeErr: () => {} });
    for (const sub of command.commands) quiet(sub);
  };
  quiet(top);
  return top;
}

function startTrace(file: string | undefined): void {
  if (file === undefined) return;
  try {
    writeFileSync(file, "", { mode: 0o600 });
  } catch (error) {
    throw new BuddyError({
      code: "usage",
      message: `the trace ${file} cannot be written`,
      about: { file },
      hint: "Name a file in a folder that is there and writable: --trace FILE.",
      cause: error,
    });
  }
}

/** The stage that a command line names, also one that commander did not get to the end of. */
function stageOf(argv: readonly string[]): Parameters<typeof staged>[0] {
  const given = (name: string): string | undefined => {
    const at = argv.findIndex((word) => word === name || word.startsWith(`${name}=`));
    const word = argv[at];
    return word === name ? argv[at + 1] : word?.slice(name.length + 1);
  };
  const [config, state, profile, region] = ["--config", "--state", "--profile", "--region"].map(given);
  return { sandbox: argv.includes("--sandbox"), config, state, profile, region } as Parameters<typeof staged>[0];
}

/** Help of a command that there is not is that command's mistake: commander would show the help of all. Help of help is that of all. */
function aboutCommand(argv: readonly string[]): readonly string[] {
  const [help, name] = argv;
  if (help !== "help" || name === undefined || name.startsWith("-")) return argv;
  if (name === "help") return ["help", ...argv.slice(2)];
  return COMMANDS.some((one) => one.name === name) ? argv : argv.slice(1);
}

/** It was asked for help, and has got it. Commander answers with what the process would exit with so far, which is not 0 yet. */
const hasHelped = (thrown: unknown, argv: readonly string[]): boolean =>
  thrown instanceof CommanderError &&
  (thrown.exitCode === 0 || (thrown.code === "commander.help" && argv[0] === "help"));

/** Runs the command line. Answers the exit code; prints errors on stderr, or as JSON on stdout with --json and --json-lines. */
export async function run(line: readonly string[], version: string): Promise<number> {
  const end = line.indexOf("--");
  const argv = aboutCommand(end < 0 ? line : line.slice(0, end));
  const words = end < 0 ? undefined : line.slice(end + 1);
  // Also on a line that commander does not get to the end of.
  const forPrograms = { json: argv.includes("--json"), jsonLines: argv.includes("--json-lines") };
  let code = 0;
  beginOutput();
  try {
    await program(version, argv, words, isForPrograms(forPrograms), (given) => {
      code = given;
    }).parseAsync(argv, { from: "user" });
    return code;
  } catch (thrown) {
    if (hasHelped(thrown, argv)) return 0;
    const error = await inWords(thrown);
    const onStage = staged(stageOf(argv));
    const verbose = argv.includes("--verbose");
    let told = false;
    if (isForPrograms(forPrograms)) {
      const { code: kind, message, about, hint, problems } = known(error);
      const stack = verbose && thrown instanceof Error ? thrown.stack : undefined;
      told = printError(forPrograms, { code: kind, message, about, hint: hint && onStage(hint), problems, stack });
    }
    // Commander has said its own already.
    if (error instanceof CommanderError) return 2;
    if (!told) process.stderr.write(`${fitTo(process.stderr, onStage(explain(error, { verbose })))}\n`);
    await tellGithub(forPrograms, argv[0] ?? "", onStage(explain(error)));
    return exitCodeOf(error);
  } finally {
    completeTexts((text) => text);
  }
}

/** Loaded only there: a command that fails elsewhere has no use for it. */
async function tellGithub(options: Parameters<typeof isForPrograms>[0], command: string, text: string): Promise<void> {
  if (process.env.GITHUB_ACTIONS !== "true") return;
  const { annotate } = await import("./on-github.ts");
  annotate(options, () => [{ level: "error", title: `buddyverse ${command}`, message: text.replace(/^error: /, "") }]);
}

/** An error of AWS, of the way there or of the system, that nothing on its way has put into words. */
async function inWords(error: unknown): Promise<unknown> {
  if ((error as { readonly syscall?: unknown } | undefined)?.syscall === "uv_cwd")
    return new BuddyError({
      code: "usage",
      message: "the folder that this was started in is not there any more",
      hint: "Change into one that is there: cd FOLDER",
      cause: error,
    });
  const ofAws = error instanceof Error && ("$metadata" in error || "$fault" in error);
  if (!ofAws) return error;
  // Loaded only here: most commands that fail have said why.
  const { failureOf } = await import("../aws/failure.ts");
  return new BuddyError({ ...failureOf(error), cause: error });
}

function known(error: unknown): BuddyError {
  if (error instanceof BuddyError) return error;
  if (!(error instanceof CommanderError)) return new BuddyError({ code: "internal", message: String(error) });
  const [message = "", hint] = error.message.replace(/^error: /, "").split("\n");
  return new BuddyError({ code: "usage", message, hint: hint?.replace(/^\(|\)$/g, "") ?? "See `buddyverse --help`." });
}
