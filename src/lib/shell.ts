/** A word as a POSIX shell takes it literally: as it is where nothing in it means anything to a shell, else in single quotes. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Words as one line that a POSIX shell reads as exactly these. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");

/**
 * The words of a line that `shellLine` has made; undefined for one that it has not. Each is literal: what a shell would expand
 * is refused.
 */
export function wordsIn(line: string): readonly string[] | undefined {
  const word = /^(?:[\w@%+=:,./-]|'[^']*'|\\')+/;
  const words: string[] = [];
  for (let rest = line; rest !== ""; ) {
    const found = word.exec(rest)?.[0];
    if (found === undefined) return undefined;
    words.push(
      found.replace(/'([^']*)'|\\(.)/g, (_all, quoted: string | undefined, escaped: string | undefined) =>
        quoted === undefined ? (escaped ?? "") : quoted,
      ),
    );
    rest = rest.slice(found.length);
    if (rest === "") break;
    if (!/^ [^ ]/.test(rest)) return undefined;
    rest = rest.slice(1);
  }
  return words;
}
