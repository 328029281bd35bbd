import type { CommandWords, OptionWords, Values } from "./words.ts";

/** A script for zsh's own completion: to be evaluated after compinit, or as the file _buddyverse in a folder of $fpath. */
export const zshScript = (commands: readonly CommandWords[]): string => `#compdef buddyverse
# Completes buddyverse in zsh. In ~/.zshrc, after compinit: eval "$(buddyverse completion zsh)"

# What only the files here know.
_buddyverse_asked() {
  local -a all
  all=("\${(@f)$(buddyverse completion zsh --values $1 -- "\${(@)words[1,CURRENT-1]}" 2>/dev/null)}")
  compadd -a all
}

_buddyverse() {
  local curcontext=$curcontext state line
  local -a commands
  commands=(
${commands.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join("\n")}
  )
  _arguments -C '(-h --help)'{-h,--help}'[show help]' '(-V --version)'{-V,--version}'[print the version]' '1: :->command' '*:: :->words'
  case $state in
    command) _describe -t commands command commands ;;
    words)
      case $words[1] in
${commands.map(commandCase).join("\n")}
      esac
      ;;
  esac
}

if [[ $funcstack[1] == _buddyverse ]]; then _buddyverse "$@"; else compdef _buddyverse buddyverse; fi
`;

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Text inside of brackets, or between colons. */
const escaped = (text: string): string => text.replace(/[[\]:\\]/g, "\\$&");

function action(values: Values): string {
  if (values.kind === "words") return `(${values.words.join(" ")})`;
  if (values.kind === "file") return values.ending === undefined ? "_files" : `_files -g "*${values.ending}"`;
  if (values.kind === "asked") return ` _buddyverse_asked ${values.of}`;
  return values.kind === "folder" ? "_files -/" : " ";
}

function optionSpec({ long, short, description, value }: OptionWords): string {
  const text = `[${escaped(description)}]`;
  if (value === undefined)
    return short === undefined ? quoted(`${long}${text}`) : `'(${short} ${long})'{${short},${long}}${quoted(text)}`;
  const what = `${value.optional ? "::" : ":"}${value.name}:${action(value.values)}`;
  // Several values: one, and then words until the next option.
  if (value.many) return quoted(`*${long}${text}:*-*:${value.name}:${action(value.values)}`);
  return quoted(`*${long}${value.optional ? "" : "="}${text}${what}`);
}

function commandCase({ name, options, arguments: all }: CommandWords): string {
  const specs = [
    ...options.map(optionSpec),
    ...all.map(({ name: of, values, many }, index) => quoted(`${many ? "*" : index + 1}:${of}:${action(values)}`)),
  ];
  return `        ${name}) _arguments \\\n${specs.map((spec) => `            ${spec}`).join(" \\\n")} ;;`;
}
