import { writeFileSync } from "node:fs";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { BuddyError, exitCodeOf, explain } from "../lib/errors.ts";
import { shellWord } from "../lib/shell.ts";
import { COMMANDS, positive } from "./command-table.ts";
import type { CommonOptions } from "./options.ts";
import { beginOutput, isForPrograms, printError } from "./output.ts";
import { staged } from "./staged.ts";

const EXIT_CODES = `
Exit codes: 0 done, nothing to do; 1 failed; 2 wrong usage or config, or refused; 3 differences found (status, plan
--detailed-exit-code), or a check that could not be made (verify); 4 locked by another run; 5 interrupted,
resumable; 6 wrong account or region for this state; 141 nobody read the output to its end.`;

const speed = (value: string): string => {
  if (value !== "max" && !(Number(value) > 0)) throw new InvalidArgumentError('It must be a number above 0, or "max".');
  return value;
};

function common(command: Command): Command {
  return command
    .option("--config <file>", "the config (default: buddyverse.config.json)")
    .option("--state <file>", "the state (default: beside the config, named after it: buddyverse.state.json)")
    .option("--profile <name>", "the AWS profile to use")
    .option("--region <name>", "the AWS region, over the config's")
    .option("--sandbox", "run against the embedded AWS: no account, no network")
    .addOption(new Option("--sandbox-speed <times>", "how fast the sandbox's time goes").default("60").argParser(speed))
    .option("--chaos <faults>", "on the sandbox: what goes wrong, as throttle=0.3,lose-answer=0.05,seed=7")
    .addOption(new Option("--json", "one JSON document on stdout, nothing else there").conflicts("jsonLines"))
    .option("--json-lines", "events as JSON lines on stdout while it works")
    .option("--no-color", "no colours (so does NO_COLOR)")
    .option("--quiet", "only the result and failures")
    .option("--verbose", "more, with stack traces of failures")
    .option("--trace <file>", "write every AWS call as a JSON line")
    .option("--concurrency <n>", "AWS calls under way at the same time, at most (default: 16)", positive);
}

const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}\n${EXIT_CODES}`;

/**
 * @param typed the line as a history shows it
 * @param words what came after `--`; undefined: there was none
 * @param silent its errors are for `run` to tell
 */
function program(
  version: string,
  typed: string,
  words: readonly string[] | undefined,
  silent: boolean,
  done: (code: number) => void,
): Command {
  const top = new Command("buddyverse")
    .description("Stands the BUDDYVERSE platform up on AWS, shows what it is, and takes it down again.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "show help")
    .showHelpAfterError("(add --help for the options)")
    .addHelpText(
      "after",
      examples(
        "buddyverse up --sandbox --yes      rehearse the whole stack without an account",
        "buddyverse plan                   what up would do",
        "buddyverse up",
        "buddyverse status",
        "buddyverse down",
      ),
    );
  for (const { name, description, own = (command: Command) => command, examples: lines, load } of COMMANDS) {
    own(common(top.command(name)))
      .description(description)
      .addHelpText("after", examples(...lines))
      // Commander adds the command itself after its options.
      .action(async (...given: unknown[]) => done(await (await load())(...(given.slice(0, -1) as never[]))));
  }

  // Before anything else happens: a trace of a run that sent nothing is empty, not missing.
  top.hook("preAction", (_top, command) => {
    startTrace(command.opts<CommonOptions>().trace);
    command.setOptionValue("typed", typed);
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

/** Runs the command line. Answers the exit code; prints errors on stderr, or as JSON on stdout with --json and --json-lines. */
export async function run(line: readonly string[], version: string): Promise<number> {
  const end = line.indexOf("--");
  const argv = end < 0 ? line : line.slice(0, end);
  const words = end < 0 ? undefined : line.slice(end + 1);
  // Also on a line that commander does not get to the end of.
  const forPrograms = { json: argv.includes("--json"), jsonLines: argv.includes("--json-lines") };
  let code = 0;
  beginOutput();
  try {
    await program(version, argv.map(shellWord).join(" "), words, isForPrograms(forPrograms), (given) => {
      code = given;
    }).parseAsync(argv, { from: "user" });
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
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
    if (!told) process.stderr.write(`${onStage(explain(error, { verbose }))}\n`);
    return exitCodeOf(error);
  }
}

/** An error of AWS, or of the way there, that nothing on its way has put into words. */
async function inWords(error: unknown): Promise<unknown> {
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
