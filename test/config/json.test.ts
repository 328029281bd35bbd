import { describe, expect, test } from "vitest";
import { initialConfig } from "../../src/config/init.ts";
import { findJsonMistake } from "../../src/config/json.ts";

describe("names the place, what is wrong and what would be right", () => {
  test.each([
    ["a comma too many", '{\n  "a": 1,\n}', 2, 9, /comma before } has nothing after it/, /remove the comma/],
    ["a missing comma", '{\n  "a": 1\n  "b": 2\n}', 3, 3, /found "\\"", but , or } is expected/, /write , or }/],
    ["a missing colon", '{"region" "x"}', 1, 11, /: after "region" is expected/, /write :/],
    ["a comment", '{\r\n  // here\r\n  "a": 1 }', 2, 3, /no comments/, /remove/],
    ["single quotes", "{ 'a': 1 }", 1, 3, /no single quotes/, /"/],
    ["a bare key", "{ a: 1 }", 1, 3, /a key in double quotes/, /"region"/],
    ["a missing value", '{"a": }', 1, 7, /a value/, /true, false, null/],
    ["an open text", '{"a": "b\n}', 1, 7, /does not end well/, /close it/],
    ["a bad escape", '{"a": "C:\\keys"}', 1, 7, /does not end well/, /write \\\\ for \\/],
    ["an end too early", '{"a": [1, 2', 1, 12, /file ends here, but , or ] is expected/, /write/],
    ["something after the end", '{"a": 1} x', 1, 10, /the end of the file/, /write/],
    ["a word", '{"a": True}', 1, 7, /found "True", but a value/, /true, false, null/],
    ["a number without its end", '{"a": 1.}', 1, 7, /number does not end well/, /digits/],
    ["a comment of another kind", '{ # here\n "a": 1 }', 1, 3, /no comments/, /remove/],
    ["a comma with nothing before it", '{"a": [, 1]}', 1, 8, /found ",", but a value/, /write a value/],
    ["a comma too many in a list", '{"a": [1,\n]}', 1, 9, /comma before ] has nothing after it/, /remove/],
    ["an end right after a brace", '{"a": {', 1, 8, /file ends here, but a key/, /write a key/],
    ["a leading zero", '{"a": 01}', 1, 8, /, or } is expected/, /write/],
    ["a key twice", '{"a": 1,\n "b": 2,\n "a": 3}', 3, 2, /the key "a" is twice/, /remove one/],
    ["nothing", "", 1, 1, /file ends here/, /write a value/],
  ])("%s", (_, text, line, column, message, hint) => {
    const mistake = findJsonMistake(text);
    expect(mistake).toMatchObject({ line, column });
    expect(mistake?.message).toMatch(message);
    expect(mistake?.hint).toMatch(hint);
  });
});

test("agrees with JSON.parse on 5000 seeded mutations of a config", () => {
  let state = 42;
  const random = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const alphabet = '{}[]",:\\ \n\t09.eE+-truefalsn/u\u0001é😀\u007f\u2028';
  const original = JSON.stringify(
    { ...initialConfig({}, "./x.json"), tags: { ключ: 'a\\"b\u2028', é: "\u007f" }, n: [-1.5e3, 0, true, []] },
    null,
    1,
  );
  let broken = 0;
  for (let round = 0; round < 5000; round++) {
    let text = original;
    for (let edits = random(3); edits >= 0; edits--) {
      const at = random(text.length);
      text =
        text.slice(0, at) +
        (random(2) === 0 ? alphabet.charAt(random(alphabet.length)) : "") +
        text.slice(at + random(2));
    }
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
      broken += 1;
    }
    const mistake = findJsonMistake(text);
    if (valid && mistake?.message.includes("is twice")) continue;
    expect({ text, fine: mistake === undefined }).toEqual({ text, fine: valid });
  }
  expect(broken).toBeGreaterThan(1000);
  expect(broken).toBeLessThan(4900);
});
