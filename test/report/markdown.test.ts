import { expect, test } from "vitest";
import { alert, block, code, folded, prose, row } from "../../src/report/markdown.ts";

test.each([
  ["plain", "plain", "`plain`"],
  ["<script>a & b</script>", "&lt;script\\>a &amp; b&lt;/script\\>", "`<script>a & b</script>`"],
  ["*a* _b_ [c](d) ~e~ | f \\", "\\*a\\* \\_b\\_ \\[c\\](d) \\~e\\~ \\| f \\\\", "`*a* _b_ [c](d) ~e~ \\| f \\`"],
  ["@octocat fixes #12", "@&#8203;octocat fixes #&#8203;12", "`@octocat fixes #12`"],
  ["two\nlines\u001b[31m", "two lines", "`two lines`"],
  ["버디 @팀", "버디 @&#8203;팀", "`버디 @팀`"],
])("foreign text means nothing: %s", (text, sentence, word) => {
  expect(prose(text)).toBe(sentence);
  expect(code(text)).toBe(word);
});

test("code in a sentence stays code, also with backticks in it", () => {
  expect(prose("Run `up --replace` for a_b")).toBe("Run `up --replace` for a\\_b");
  expect(prose("one ` alone")).toBe("one \\` alone");
  expect(code("a`b")).toBe("``a`b``");
  expect(code("`a")).toBe("`` `a ``");
  expect(block("a\n```\nb")).toBe("````text\na\n```\nb\n````");
});

test("what GitHub knows besides", () => {
  expect(folded("1 < 2", "text")).toBe("<details><summary>1 &lt; 2</summary>\n\ntext\n\n</details>");
  expect(row(["a", "b"])).toBe("| a | b |");
  expect(alert("NOTE", ["a", "b"])).toBe("> [!NOTE]\n> a\n> b");
});
