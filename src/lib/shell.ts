/** A word as a POSIX shell takes it literally: as it is where nothing in it means anything to a shell, else in single quotes. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** Words as one line that a POSIX shell reads as exactly these. */
export const shellLine = (words: readonly string[]): string => words.map(shellWord).join(" ");
