import type { Command, Help } from "commander";
import { EXIT_CODES, partsOf, SHARED, wordsOf } from "./command-line.ts";
import { COMMANDS, type CommandEntry, GROUPS } from "./command-table.ts";

/**
 * The manual page, in the macros of man(7), of the whole command line.
 * @param date as 2026-11-22
 */
export function manPage(top: Command, version: string, date: string): string {
  const help = top.createHelp();
  const lines = [
    `.TH BUDDYVERSE 1 ${date} "buddyverse ${version}" "User Commands"`,
    // Words to type stay whole, and lines are not stretched.
    ".nh",
    ".ad l",
    ".SH NAME",
    "buddyverse \\- stands the BUDDYVERSE platform up on AWS, shows what it is, and takes it down again",
    ".SH SYNOPSIS",
    ".B buddyverse",
    ".I command",
    "[options] [arguments]",
    ".SH COMMANDS",
    ...Object.entries(GROUPS).flatMap(([group, heading]) => [
      `.SS ${roff(heading.replace(/:$/, ""))}`,
      ...COMMANDS.filter((one) => one.group === group).flatMap((entry) =>
        commandLines(commandNamed(top, entry.name), help, entry),
      ),
    ]),
    ".SH OPTIONS",
    "Every command takes these; where one means nothing to a command, it changes nothing.",
    ...optionLines(
      help,
      commandNamed(top, "up").options.filter(({ helpGroupHeading }) => helpGroupHeading === SHARED),
    ),
    ".SH EXIT STATUS",
    ...EXIT_CODES.replace(/\.$/, "")
      .split("; ")
      .flatMap((one) => {
        const [code = "", ...meaning] = one.split(" ");
        return [".TP", `.B ${code}`, roff(meaning.join(" "))];
      }),
    ".SH FILES",
    ...FILES.flatMap(([file, is]) => [".TP", `.I ${roff(file)}`, roff(is)]),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([names, is]) => [".TP", `.B ${roff(names)}`, roff(is)]),
  ];
  return `${lines.join("\n")}\n`;
}

const FILES = [
  ["buddyverse.config.json", "the config"],
  ["buddyverse.state.json", "what the last runs found and made; may be lost, as tags find everything again"],
  ["buddyverse.sandbox.json", "the world of the embedded AWS, and its stack's state"],
  ["buddyverse.prices.json", "prices that cost --live has asked for"],
] as const;

const ENVIRONMENT = [
  ["AWS_PROFILE, AWS_REGION, AWS_ACCESS_KEY_ID, ...", "credentials and region, as every AWS tool takes them"],
  ["AWS_ENDPOINT_URL, AWS_CA_BUNDLE, HTTPS_PROXY, NO_PROXY", "the way to AWS"],
  ["NO_COLOR, FORCE_COLOR", "no colours, or always"],
] as const;

const commandNamed = (top: Command, name: string): Command => {
  const command = top.commands.find((one) => one.name() === name);
  if (command === undefined) throw new Error(`there is no command ${name}`);
  return command;
};

function commandLines(command: Command, help: Help, { examples, notes }: CommandEntry): readonly string[] {
  const own = help.visibleOptions(command).filter(({ helpGroupHeading }) => helpGroupHeading !== SHARED);
  const described = help.visibleArguments(command);
  return [
    ".TP",
    `.B buddyverse ${roff(`${command.name()} ${wordsOf(command)}`.trim())}`,
    `${roff(capital(command.description()))}.`,
    ".RS",
    ...described.flatMap((argument) => [
      ".TP",
      `.I ${roff(argument.name())}`,
      roff(help.argumentDescription(argument)),
    ]),
    ...optionLines(help, own),
    ...(notes === undefined ? [] : [".PP", roff(notes)]),
    ".PP",
    ".EX",
    ...examples.flatMap((example) => {
      const [line, use] = partsOf(example);
      return [...(use === undefined ? [] : [roff(`# ${use}`)]), roff(`$ ${line}`)];
    }),
    ".EE",
    ".RE",
  ];
}

const optionLines = (help: Help, options: Command["options"]): readonly string[] =>
  options.flatMap((option) => [".TP", `.B ${roff(option.flags)}`, roff(help.optionDescription(option))]);

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Text as roff takes it literally, on one line. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("`", "\\(ga")
    .replaceAll('"', "\\(dq")
    .replaceAll("…", "...")
    .replace(/^([.'])/, "\\&$1");
