import { expect, test } from "vitest";
import { escaped } from "../../src/lib/escape.ts";
import { filled } from "../../src/lib/template.ts";

test("each name is filled in as it is given, wherever it is", () => {
  expect(filled("<h1>{{title}}</h1>{{title}} {{a}}", { title: "one", a: "$& {{title}}" })).toBe(
    "<h1>one</h1>one $& {{title}}",
  );
});

test("a name that is not given is a mistake", () => {
  expect(() => filled("{{title}}", {})).toThrow("the template wants title");
});

test("escaped text has no markup", () => {
  expect(escaped(`<b a="1">'&amp;`)).toBe("&#60;b a=&#34;1&#34;&#62;&#39;&#38;amp;");
});
