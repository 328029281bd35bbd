import { describe, expect, test } from "vitest";
import {
  column,
  completeTexts,
  counted,
  fit,
  indented,
  list,
  oneLine,
  pad,
  some,
  truncate,
  widthOf,
  wrapped,
} from "../../src/lib/text.ts";
import { coloured } from "../../src/report/style.ts";

describe("a text that fits the terminal", () => {
  test("lines break between words, and go on under their own begin", () => {
    expect(fit("as it is", 20)).toBe("as it is");
    expect(fit("one two three four\nfive", 9)).toBe("one two\nthree\nfour\nfive");
    expect(fit("  ✔  one two three", 13)).toBe("  ✔  one two\n     three");
    expect(fit("  - 하나 둘 셋", 12)).toBe("  - 하나 둘\n    셋");
    expect(fit("clock  as AWS says it", 16)).toBe("clock  as AWS\n       says it");
    // No room for a column of its own.
    expect(fit("a name of some length  and words", 20)).toBe("a name of some\nlength  and words");
  });

  test("what is to be copied stays whole", () => {
    const line = "  aws rds delete-db-instance --db-instance-identifier database1";
    expect(fit(line, 20)).toBe(line);
    // A stack may have the program's name.
    expect(fit("buddyverse  ap-northeast-2  34  done", 20).split("\n").length).toBeGreaterThan(1);
    expect(fit("buddyverse · account 111122223333", 20)).toBe("buddyverse · account\n111122223333");
    const shown = `  ${coloured.cyan(line.trim())}`;
    expect(fit(shown, 20)).toBe(shown);
    expect(fit("Now run `buddyverse up --sandbox` again.", 30)).toBe("Now run\n`buddyverse up --sandbox`\nagain.");
  });

  test("colours stay, also over a break", () => {
    const text = coloured.bold("one two three");
    const lines = fit(text, 8).split("\n");
    expect(lines.map(widthOf)).toEqual([7, 5]);
    expect(lines.join("")).toContain("\u001b[1m");
  });
});

describe("width", () => {
  test("colours take no column, Korean characters and emoji two", () => {
    expect(widthOf(coloured.bold("stack"))).toBe(5);
    expect(widthOf("버디")).toBe(4);
    expect(widthOf("✔ ⠼ ·")).toBe(5);
    expect(pad("버디", 6)).toBe("버디  ");
    expect(widthOf("버디".normalize("NFD"))).toBe(4);
  });

  test("what is too long ends in …", () => {
    expect(truncate("Buddy-LoadBalance", 17)).toBe("Buddy-LoadBalance");
    expect(truncate("Buddy-LoadBalance", 10)).toBe("Buddy-Loa…");
    expect(truncate("버디버스", 6)).toBe("버디…");
    expect(truncate("text", 0)).toBe("");
  });

  test("a character of two columns is kept whole or left out, a flag or a family too", () => {
    expect(truncate("버디버스", 7)).toBe("버디버…");
    expect(truncate("버디", 2)).toBe("…");
    expect(truncate("버디버스".normalize("NFD"), 6).normalize()).toBe("버디…");
    expect(truncate("🇰🇷👩‍👩‍👧abc", 6)).toBe("🇰🇷👩‍👩‍👧a…");
    expect(truncate("🇰🇷👩‍👩‍👧abc", 4)).toBe("🇰🇷…");
  });

  test("lines break between words; a word that is longer has its own", () => {
    expect(wrapped("one two\n three", 8)).toEqual(["one two", "three"]);
    expect(wrapped("to buddyverse.link and on", 6)).toEqual(["to", "buddyverse.link", "and on"]);
    expect(wrapped("버디 버스 하나", 9)).toEqual(["버디 버스", "하나"]);
  });

  test("a quoted command is broken only where no line has room for it", () => {
    expect(wrapped("Then run (`npm run build`), or not.", 19)).toEqual(["Then run", "(`npm run build`),", "or not."]);
    expect(wrapped("Then run `npm run build`.", 12)).toEqual(["Then run", "`npm run", "build`."]);
  });

  test("what is put into a text is there before it is broken into lines", () => {
    completeTexts((text) => text.replace("up", "up --sandbox"));
    expect(indented("`buddyverse up` makes it.", 32, "  ")).toEqual(["  `buddyverse up --sandbox`", "  makes it."]);
    completeTexts((text) => text);
    expect(wrapped("`buddyverse up` makes it.", 32)).toEqual(["`buddyverse up` makes it."]);
  });

  test("a column is cut or filled up; lines may be indented, the first one otherwise", () => {
    expect([column("버디버스", 6), column("버디", 6)]).toEqual(["버디… ", "버디  "]);
    expect(indented("one two three", 9, "    ", "  - ")).toEqual(["  - one", "    two", "    three"]);
  });

  test("foreign text cannot steer the terminal", () => {
    expect(oneLine("\u001b[2Jbad\nname\u0007 \u009b31m")).toBe("bad name");
  });
});

test("counts and rows of words", () => {
  expect([counted(1, "subnet"), counted(6, "subnet"), counted(2, "policy"), counted(2, "gateway")]).toEqual([
    "1 subnet",
    "6 subnets",
    "2 policies",
    "2 gateways",
  ]);
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"]].map(list)).toEqual(["none", "a", "a and b", "a, b and c"]);
  expect([some(["a", "b", "c"]), some(["a", "b", "c", "d", "e"])]).toEqual(["a, b and c", "a, b, c and 2 more"]);
});
