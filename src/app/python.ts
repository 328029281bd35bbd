/** Reads Python as text: it is not executed. What is not certain is answered with undefined. */

/** The text with comments and texts in triple quotes blanked; lines and columns stay. */
export function codeOf(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .replace(
      /("""|''')(?:\\[\s\S]|(?!\1)[\s\S])*(?:\1|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|#[^\n]*/g,
      (found, triple) => (triple !== undefined || found.startsWith("#") ? found.replace(/[^\n]/g, " ") : found),
    );
}

/** The code without what is in quotes. */
const withoutStrings = (code: string): string =>
  code.replace(
    /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/g,
    (found) => `"${" ".repeat(Math.max(0, found.length - 2))}"`,
  );

/** The text up to where the bracket that it begins with is closed; undefined: it begins with none, or it is not closed. */
export function bracketed(code: string): string | undefined {
  const bare = withoutStrings(code);
  let open = 0;
  for (let at = 0; at < bare.length; at++) {
    if ("([{".includes(bare[at] as string)) open++;
    else if (")]}".includes(bare[at] as string)) open--;
    if (open === 0) return at === 0 ? undefined : code.slice(0, at + 1);
  }
  return undefined;
}

/** True where more than literals decides on it: a condition, a call, something unpacked. */
export const isComputed = (code: string): boolean => /\b(if|for|or|and|lambda)\b|\*\*/.test(withoutStrings(code));

/** The module that DJANGO_SETTINGS_MODULE is set to by a script. "computed": by more than a text. Undefined: it does not set it. */
export function settingsModuleIn(text: string): string | "computed" | undefined {
  const code = codeOf(text);
  const named = "[\"']DJANGO_SETTINGS_MODULE[\"']";
  const set = [
    ...code.matchAll(new RegExp(String.raw`environ\.setdefault\(\s*${named}\s*,\s*["']([\w.]+)["']\s*,?\s*\)`, "g")),
    ...code.matchAll(new RegExp(String.raw`environ\[${named}\]\s*=\s*["']([\w.]+)["'][ \t]*(?:\n|$)`, "g")),
  ].map((match) => match[1] as string);
  const mentions = code.match(/DJANGO_SETTINGS_MODULE/g)?.length ?? 0;
  if (mentions === 0) return undefined;
  const [only] = new Set(set);
  return only !== undefined && new Set(set).size === 1 && set.length === mentions ? only : "computed";
}

/** True where a module has a name at its top; undefined: it takes names from elsewhere, so that nobody knows. */
export function defines(text: string, name: string): boolean | undefined {
  const code = codeOf(text);
  if (new RegExp(String.raw`^(?:${name}\s*(?::[^=\n]+)?=|def ${name}\b|class ${name}\b)`, "m").test(code)) return true;
  return new RegExp(String.raw`import\b[^\n]*(\*|\b${name}\b|\()|^\s+${name}\s*=|globals\(\)`, "m").test(code)
    ? undefined
    : false;
}
