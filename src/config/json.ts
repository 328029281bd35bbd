import { printParseErrorCode, visit } from "jsonc-parser";

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

const KEY = 'a key in double quotes, such as "region"';
const VALUE = 'a value ("text", number, true, false, null, [ ] or { })';
const IN_TEXT = /UnexpectedEndOfString|InvalidUnicode|InvalidEscapeCharacter|InvalidCharacter/;

/**
 * The first mistake in a JSON text, or undefined when JSON.parse takes it and no object holds a key twice: JSON.parse names
 * no line, and takes the last of two equal keys without a word.
 */
export function findJsonMistake(text: string): JsonMistake | undefined {
  const open: { readonly close: "}" | "]"; readonly keys: Set<string> }[] = [];
  let wanted = VALUE;
  let comma: readonly [line: number, column: number] | undefined;
  let first: JsonMistake | undefined;

  const mistake = (line: number, column: number, message: string, hint: string) => {
    first ??= { line: line + 1, column: column + 1, message, hint };
  };
  const want = (what: string) => {
    wanted = what;
    comma = undefined;
  };
  const begin = (close: "}" | "]") => {
    open.push({ close, keys: new Set() });
    want(close === "}" ? KEY : VALUE);
  };
  const valueEnds = () => want(open.length === 0 ? "the end of the file" : `, or ${open.at(-1)?.close}`);
  const end = (offset: number) => {
    // The visitor also ends what the file leaves open.
    if (offset === text.length) return;
    open.pop();
    valueEnds();
  };

  const visitor = {
    onObjectBegin: () => begin("}"),
    onArrayBegin: () => begin("]"),
    onObjectEnd: end,
    onArrayEnd: end,
    onLiteralValue: valueEnds,
    onObjectProperty(key: string, _offset: number, _length: number, line: number, column: number) {
      const keys = open.at(-1)?.keys;
      const quoted = JSON.stringify(key);
      if (keys?.has(key)) mistake(line, column, `the key ${quoted} is twice in this object`, "remove one of the two");
      keys?.add(key);
      want(`: after ${quoted}`);
    },
    onSeparator(sign: string, _offset: number, _length: number, line: number, column: number) {
      want(sign === "," && open.at(-1)?.close === "}" ? KEY : VALUE);
      if (sign === ",") comma = [line, column];
    },
    onError(error: number, offset: number, length: number, line: number, column: number) {
      const code = printParseErrorCode(error);
      // A word that JSON does not know is shown whole.
      const found = text.slice(offset, offset + (code === "InvalidSymbol" ? length : 1));
      if (comma && found === open.at(-1)?.close)
        mistake(...comma, `the comma before ${found} has nothing after it`, "remove the comma");
      else if (IN_TEXT.test(code)) mistake(line, column, ...BAD_TEXT);
      else if (code === "UnexpectedEndOfNumber") mistake(line, column, ...BAD_NUMBER);
      else mistake(line, column, ...unexpected(found, wanted));
    },
  };
  visit(text, visitor, { disallowComments: true });
  return first;
}

type Words = readonly [message: string, hint: string];
const BAD_TEXT: Words = ["this text does not end well", 'close it with " on the same line, and write \\\\ for \\'];
const BAD_NUMBER: Words = ["this number does not end well", "write digits after the . or the e"];

function unexpected(found: string, wanted: string): Words {
  if (found === "") return [`the file ends here, but ${wanted} is expected`, `write ${wanted}`];
  if (/^[/#]/.test(found)) return ["JSON knows no comments", "remove the comment"];
  if (found.startsWith("'")) return ["JSON knows no single quotes", "write \" instead of '"];
  return [`found ${JSON.stringify(found)}, but ${wanted} is expected`, `write ${wanted}`];
}
