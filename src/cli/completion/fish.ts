import type { ArgumentWords, CommandWords, OptionWords, Values } from "./words.ts";

/** A script for fish 3 and later. */
export const fishScript = (commands: readonly CommandWords[]): string => `# Completes buddyverse in fish.
# buddyverse completion fish > ~/.config/fish/completions/buddyverse.fish

function __buddyverse_in
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test "$words[2]" = $argv[1]
end

# In that command, after that many words that are no options.
function __buddyverse_at
    set -l words (string match -v -- '-*' (commandline -opc))
    test (count $words) -gt 1; and test "$words[2]" = $argv[1]; and test (count $words) -eq (math $argv[2] + 2)
end

# What only the files here know.
function __buddyverse_asked
    set -l words (commandline -opc)
    $words[1] completion fish --values $argv[1] -- $words[2..-1] 2>/dev/null
end

complete -c buddyverse -f
complete -c buddyverse -n __fish_use_subcommand -s V -l version -d 'print the version'
complete -c buddyverse -n __fish_use_subcommand -s h -l help -d 'show help'
${commands
  .flatMap((command) => [
    `complete -c buddyverse -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.description)}`,
    ...command.options.flatMap((option) => optionLines(command, option)),
    ...command.arguments.flatMap((argument, index) => argumentLine(command, argument, index)),
  ])
  .join("\n")}
`;

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

/** What is offered, in the options of \`complete\`. */
function offers(values: Values): string {
  if (values.kind === "words") return `-f -a ${quoted(values.words.join(" "))}`;
  if (values.kind === "file")
    return values.ending === undefined ? "-F" : `-f -k -a '(__fish_complete_suffix ${values.ending})'`;
  if (values.kind === "asked") return `-f -a '(__buddyverse_asked ${values.of})'`;
  return values.kind === "folder" ? "-f -a '(__fish_complete_directories)'" : "-f";
}

function optionLines({ name }: CommandWords, { long, short, description, value }: OptionWords): readonly string[] {
  const flags = [
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === undefined || value.optional ? [] : ["-r", offers(value.values)]),
  ].filter((one) => one !== "");
  const when = `__buddyverse_in ${name}`;
  return [
    `complete -c buddyverse -n '${when}' ${flags.join(" ")} -d ${quoted(description)}`,
    ...(value?.many
      ? [`complete -c buddyverse -n '${when}; and contains -- ${long} (commandline -opc)' ${offers(value.values)}`]
      : []),
  ];
}

function argumentLine({ name }: CommandWords, { values, many }: ArgumentWords, index: number): readonly string[] {
  if (values.kind === "any") return [];
  const when = many ? `__buddyverse_in ${name}` : `__buddyverse_at ${name} ${index}`;
  return [`complete -c buddyverse -n '${when}' ${offers(values)}`];
}
