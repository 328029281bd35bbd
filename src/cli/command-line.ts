import { type Argument, Command, type Help, InvalidArgumentError, Option } from "commander";
import { nearest } from "../lib/nearest.ts";
import { indented, widthOf, wrapped } from "../lib/text.ts";
import { COMMANDS, type CommandEntry, GROUPS, positive } from "./command-table.ts";
import { fitTo } from "./output.ts";

export const EXIT_CODES =
  "0 done, nothing to do; 1 failed; 2 wrong usage or config, or refused; 3 differences found (status, plan --detailed-exit-code), or a check that could not be made (verify); 4 locked by another run; 5 interrupted, resumable; 6 wrong account or region for this state; 141 nobody read the output to its end.";

export const SHARED = "Shared options:";

/** A clock that goes faster would count beyond the dates that there are; without any waiting it is "max". */
const FASTEST = 100_000;
const speed = (value: string): string => {
  const times = Number(value);
  if (value !== "max" && !(times > 0 && times <= FASTEST))
    throw new InvalidArgumentError(`It must be a number above 0 and up to ${FASTEST}, or "max".`);
  return value;
};

/** The options that every command takes. `of`: the commands that they mean something to. */
const common = (): readonly { readonly of?: "all" | "files"; readonly option: Option }[] => [
  { of: "files", option: new Option("--config <file>", "the config (default: buddyverse.config.json)") },
  {
    of: "files",
    option: new Option(
      "--state <file>",
      "the state (default: beside the config, named after it: buddyverse.state.json)",
    ),
  },
  { of: "files", option: new Option("--profile <name>", "the AWS profile to use") },
  { of: "files", option: new Option("--region <name>", "the AWS region, over the config's") },
  { of: "files", option: new Option("--sandbox", "run against the embedded AWS: no account, no network") },
  {
    of: "all",
    option: new Option("--sandbox-speed <times>", 'how fast the sandbox\'s time goes, or "max"')
      .default("60", "60")
      .argParser(speed),
  },
  {
    of: "all",
    option: new Option("--chaos <faults>", "on the sandbox: what goes wrong, as throttle=0.3,lose-answer=0.05,seed=7"),
  },
  {
    of: "all",
    option: new Option("--concurrency <n>", "AWS calls under way at the same time, at most (default: 16)").argParser(
      positive,
    ),
  },
  { of: "all", option: new Option("--trace <file>", "write every AWS call as a JSON line") },
  { option: new Option("--json", "one JSON document on stdout, nothing else there").conflicts("jsonLines") },
  { option: new Option("--json-lines", "events as JSON lines on stdout while it works") },
  { option: new Option("--no-color", "no colours (so does NO_COLOR)") },
  { option: new Option("--quiet", "only the result and failures") },
  { option: new Option("--verbose", "more, with stack traces of failures") },
];

const MEANS: Readonly<Record<NonNullable<CommandEntry["shared"]> | "all", readonly ("all" | "files" | undefined)[]>> = {
  all: ["all", "files", undefined],
  files: ["files", undefined],
  output: [undefined],
};

/** What it does not use it takes all the same: a script may give all commands the same options. */
function addShared(command: Command, used: CommandEntry["shared"]): void {
  command.optionsGroup(SHARED);
  for (const { of, option } of common()) {
    if (!MEANS[used ?? "all"].includes(of)) option.hideHelp();
    command.addOption(option);
  }
  command.helpOption("-h, --help", "show help");
}

/** As wide as the terminal; nobody reads longer lines than 100 columns with ease. */
const widthOfHelp = (): number => Math.min(process.stdout.columns || 80, 100);

/** A term and what it means: beside it, or below it where the terminal is too narrow for both. */
function formatItem(term: string, termWidth: number, description: string, { helpWidth = 80 }: Help): string {
  const column = termWidth + 4;
  if (helpWidth - column < 36)
    return [...indented(term, helpWidth, "    ", "  "), ...indented(description, helpWidth, "      ")].join("\n");
  const lines = wrapped(description, helpWidth - column).map((line) => " ".repeat(column) + line);
  return `  ${term}${(lines.join("\n")).slice(2 + widthOf(term))}`;
}

/** A line to copy, in lines that a shell takes for one. */
function commandLines(line: string, width: number): readonly string[] {
  const lines = indented(line, width - 2, "      ", "  $ ");
  return lines.map((one, index) => (index < lines.length - 1 ? `${one} \\` : one));
}

/** An example apart from what it is for. */
export const partsOf = (example: string): readonly [line: string, use: string | undefined] => {
  const [line = "", use] = example.split(/ {2,}/);
  return [line, use];
};

function ending(examples: readonly string[], notes?: string): string {
  const width = widthOfHelp();
  const lines = examples.flatMap((example) => {
    const [line, use] = partsOf(example);
    return [...(use === undefined ? [] : indented(`# ${use}`, width, "    ", "  ")), ...commandLines(line, width)];
  });
  const noted = notes === undefined ? [] : ["", ...wrapped(notes, width)];
  return [...noted, "", "Examples:", ...lines, "", ...wrapped(`Exit codes: ${EXIT_CODES}`, width)].join("\n");
}

/**
 * The command line with all its commands, options and helps. What its commands do is for others to add.
 * @param argv what is to be read: only a command that it names gets the options that all share, which are half of the work
 */
export function commandLine(version: string, argv?: readonly string[]): Command {
  const top = new Command("buddyverse")
    .description("Stands the BUDDYVERSE platform up on AWS, shows what it is, and takes it down again.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .showHelpAfterError("(add --help for the options)")
    .configureOutput({
      getOutHelpWidth: widthOfHelp,
      getErrHelpWidth: widthOfHelp,
      outputError: (text, write) => write(fitTo(process.stderr, text)),
    })
    .configureHelp({ formatItem, subcommandTerm: (command) => `${command.name()} ${wordsOf(command)}`.trim() })
    .addHelpText("after", () =>
      ending([
        "buddyverse up --sandbox --yes  rehearse the whole stack without an account",
        "buddyverse plan  what up would do",
        "buddyverse up",
        "buddyverse status",
        "buddyverse down",
      ]),
    );
  for (const group of Object.keys(GROUPS) as (keyof typeof GROUPS)[]) {
    top.commandsGroup(GROUPS[group]);
    for (const entry of COMMANDS.filter((one) => one.group === group)) {
      const { name, description, own = (command: Command) => command, examples, notes, shared } = entry;
      const command = own(top.command(name)).description(description);
      for (const one of [...command.options, ...command.registeredArguments]) suggestNearest(one);
      if (argv === undefined || argv.includes(name)) addShared(command, shared);
      refuseNoValue(command);
      command.addHelpText("after", () => ending(examples, notes));
    }
  }
  top.helpCommand("help [command]", "show the help of a command");
  return top;
}

/** What is none of the choices is answered with the nearest, as commands and options are. */
function suggestNearest(one: Option | Argument): void {
  const { argChoices, parseArg } = one;
  if (argChoices === undefined || parseArg === undefined) return;
  one.argParser((value: string, before: unknown) => {
    const meant = argChoices.includes(value) ? undefined : nearest(value, argChoices);
    if (meant === undefined) return parseArg(value, before as never);
    throw new InvalidArgumentError(`Allowed choices are ${argChoices.join(", ")}.\n(Did you mean ${meant}?)`);
  });
}

/**
 * A value that a script left empty, or forgot, is no value: commander would take the next option for it, and
 * `up --trace --sandbox` would be on AWS.
 */
function refuseNoValue(command: Command): void {
  const flags = new Set([...command.options.flatMap(({ long, short }) => [long, short]), "-h", "--help"]);
  const values = command.options.filter(({ required, variadic, parseArg }) => required && (parseArg ?? !variadic));
  const words = command.registeredArguments.filter(({ variadic, parseArg }) => parseArg ?? !variadic);
  for (const one of [...values, ...words]) {
    const { parseArg } = one;
    one.argParser((value: string, before: unknown) => {
      if (value === "") throw new InvalidArgumentError("It is empty.");
      if (flags.has(value))
        throw new InvalidArgumentError("That is an option of its own: a value is missing before it.");
      return parseArg ? parseArg(value, before as never) : value;
    });
  }
}

/** The arguments of a command as its usage has them. */
export const wordsOf = (command: Command): string =>
  command.registeredArguments
    .map((argument) => {
      const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
      return argument.required ? `<${name}>` : `[${name}]`;
    })
    .join(" ");
