/** JSON.parse names no line, and takes the last of two equal keys without a word. This finds the place and says both. */

export interface JsonMistake {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** What is wrong there. */
  readonly message: string;
  /** What would be right. */
  readonly hint: string;
}

class Mistake extends Error {
  readonly at: number;
  readonly hint: string;
  constructor(at: number, message: string, hint: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}

/** The first mistake in a JSON text, or undefined when JSON.parse takes it and no object holds a key twice. */
export function findJsonMistake(text: string): JsonMistake | undefined {
  try {
    scan(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    const before = text.slice(0, error.at).split(/\r\n|\r|\n/);
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, message: error.message, hint: error.hint };
  }
}

const NUMBER = /-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"([^"\\\p{Cc}]|[\x7f-\x9f]|\\(["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SPACE = /[ \t\r\n]*/y;

function scan(text: string): void {
  let at = 0;

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  const space = () => take(SPACE);

  const fail = (wanted: string): never => {
    const found = text.slice(at, at + 1);
    if (found === "") throw new Mistake(at, `the file ends here, but ${wanted} is expected`, `write ${wanted}`);
    if (found === "/" || found === "#") throw new Mistake(at, "JSON knows no comments", "remove the comment");
    if (found === "'") throw new Mistake(at, "JSON knows no single quotes", "write \" instead of '");
    throw new Mistake(at, `found ${JSON.stringify(found)}, but ${wanted} is expected`, `write ${wanted}`);
  };

  const string = (wanted: string): string => {
    const start = at;
    if (text[at] !== '"') fail(wanted);
    const found = take(STRING);
    if (found === undefined)
      throw new Mistake(
        start,
        "this text does not end well",
        'close it with " on the same line, and write \\\\ for \\',
      );
    return JSON.parse(found) as string;
  };

  /** The items of a list or object, up to its closing bracket. */
  const items = (close: string, item: () => void): void => {
    at += 1;
    space();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      item();
      space();
      if (text[at] === close) {
        at += 1;
        return;
      }
      if (text[at] !== ",") fail(`, or ${close}`);
      const comma = at;
      at += 1;
      space();
      if (text[at] === close)
        throw new Mistake(comma, `the comma before ${close} has nothing after it`, "remove the comma");
    }
  };

  const value = (): void => {
    const first = text[at] ?? "";
    if (first === "{") {
      const keys = new Set<string>();
      items("}", () => {
        const start = at;
        const key = string('a key in double quotes, such as "region"');
        if (keys.has(key))
          throw new Mistake(
            start,
            `the key ${JSON.stringify(key)} stands twice in this object`,
            "remove one of the two",
          );
        keys.add(key);
        space();
        if (text[at] !== ":") fail(`: after ${JSON.stringify(key)}`);
        at += 1;
        space();
        value();
      });
    } else if (first === "[") items("]", value);
    else if (first === '"') string("a text");
    else if (take(/(true|false|null)(?![\w$])/y) === undefined && take(NUMBER) === undefined)
      fail('a value ("text", number, true, false, null, [ ] or { })');
  };

  space();
  value();
  space();
  if (at < text.length) fail("the end of the file");
}
