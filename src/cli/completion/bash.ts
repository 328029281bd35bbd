import { shellWord } from "../../lib/shell.ts";
import type { CommandWords, OptionWords, Values } from "./words.ts";

/** A script for bash 3.2 and later, with or without the package bash-completion. */
export function bashScript(commands: readonly CommandWords[]): string {
  const taking = [...new Set(commands.flatMap(({ options }) => options.filter(takesOne).map(({ long }) => long)))];
  const takingMany = [
    ...new Set(commands.flatMap(({ options }) => options.filter(({ value }) => value?.many).map(({ long }) => long))),
  ];
  return `# Completes buddyverse in bash. In ~/.bashrc: eval "$(buddyverse completion bash)"

_buddyverse_files() {
  local file
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -d -- "$1"))
  for file in $(compgen -f -- "$1"); do
    [[ -d $file || $file != *"$2" ]] || COMPREPLY+=("$file")
  done
}

# What only the files here know.
_buddyverse_asked() {
  local word
  while read -r word; do
    [[ $word != "$cur"* ]] || COMPREPLY+=("$word")
  done < <("\${COMP_WORDS[0]}" completion bash --values "$1" -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)
}

_buddyverse() {
  local IFS=$'\\n' cur=\${COMP_WORDS[COMP_CWORD]} command='' option='' at=0 index word
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    case $word in
      # What follows is another program's.
      --) compopt -o default 2>/dev/null; return ;;
      ${taking.join(" | ")} | ${takingMany.join(" | ")}) option=$word ;;
      -*) option='' ;;
      =) ;;
      *)
        case $option in
          ${takingMany.join(" | ")}) ;;
          '') if [[ -z $command ]]; then command=$word; else at=$((at + 1)); fi ;;
          *) option='' ;;
        esac
        ;;
    esac
  done
  if [[ $cur == '=' ]]; then cur=''; fi

  case "$command $option" in
${valueCases(commands).join("\n")}
  esac
  case $option in
    '' | ${takingMany.join(" | ")}) ;;
    *) return ;;
  esac
  if [[ $cur != -* ]]; then
    case "$command $at" in
      ' '*) COMPREPLY=($(compgen -W ${words(commands.map(({ name }) => name))} -- "$cur")) ;;
${commands.flatMap(argumentCases).join("\n")}
    esac
    return
  fi
  case $command in
${commands
  .filter(({ options }) => options.length > 0)
  .map(
    ({ name, options }) =>
      `    ${name}) COMPREPLY=($(compgen -W ${words(options.map(({ long }) => long))} -- "$cur")) ;;`,
  )
  .join("\n")}
    *) COMPREPLY=($(compgen -W ${words(["--help", "--version"])} -- "$cur")) ;;
  esac
}

complete -F _buddyverse buddyverse
`;
}

const takesOne = ({ value }: OptionWords): boolean => value !== undefined && !value.optional && !value.many;

/** Words for `compgen -W`, which splits them at line breaks. */
const words = (all: readonly string[]): string => `$'${all.join("\\n")}'`;

function reply(values: Exclude<Values, { readonly kind: "any" }>): string {
  if (values.kind === "words") return `COMPREPLY=($(compgen -W ${words(values.words)} -- "$cur"))`;
  if (values.kind === "file") return `_buddyverse_files "$cur" ${shellWord(values.ending ?? "")}`;
  if (values.kind === "asked") return `_buddyverse_asked ${values.of}`;
  return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))';
}

/** What is offered after an option that takes a value: once where all commands that have it take the same. */
function valueCases(commands: readonly CommandWords[]): readonly string[] {
  const given = commands.flatMap(({ name, options }) =>
    options.flatMap(({ long, value }) =>
      value === undefined || value.optional || value.values.kind === "any"
        ? []
        : [{ name, long, does: reply(value.values), many: value.many }],
    ),
  );
  const anywhere = (long: string) =>
    new Set(given.filter((one) => one.long === long).map(({ does }) => does)).size === 1;
  const cases = given.map(({ name, long, does, many }) => {
    const which = anywhere(long) ? `*' ${long}'` : `'${name} ${long}'`;
    // After several values comes the next option.
    return `    ${which}) ${many ? `[[ $cur == -* ]] || { ${does}; return; }` : `${does}; return`} ;;`;
  });
  return [...new Set(cases)];
}

const argumentCases = ({ name, arguments: all }: CommandWords): readonly string[] =>
  all.flatMap(({ values, many }, index) =>
    values.kind === "any" ? [] : [`      '${name} '${many ? "*" : index}) ${reply(values)} ;;`],
  );
