import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unknownLive } from "../../src/lib/unknown.ts";
import { differenceLines, namesOf, outlineText } from "../../src/report/differences.ts";

const ARN =
  "arn:aws:elasticloadbalancing:ap-northeast-2:123456789012:loadbalancer/app/Buddy-LoadBalance/50dc6c495c0c9188";
const names = namesOf([
  { key: "alb", name: "Buddy-LoadBalance", id: ARN },
  { key: "group-web", name: "Buddy-WEB", id: "sg-0123456789abcdef0" },
  { key: "vpc", name: "Buddy-Project", id: "vpc-0123456789abcdef0" },
]);
const lines = (before: unknown, after: unknown, more: object = {}, field = "field") =>
  differenceLines({ field, before, after }, { indent: "", width: 60, names, ...more });

const WIDGET = { x: 0, y: 1, properties: { title: "CPU of web instances", stat: "Average", annotations: [60] } };
const SHORT = "0".repeat(400);

describe("a difference in text", () => {
  test.each<[string, unknown, unknown, readonly string[]]>([
    ["a number", 20, 40, ["field: 20 → 40"]],
    ["what was not there", undefined, "x", ["field: nothing → x"]],
    ["empty text", "", "x", ['field: "" → x']],
    [
      "rules: only those that come and go",
      ["tcp 22 from 10.0.0.0/8", "tcp 80 from 10.0.0.0/8"],
      ["tcp 80 from 10.0.0.0/8", "tcp 3306 from 0.0.0.0/0"],
      ["field:", "  - tcp 22 from 10.0.0.0/8", "  + tcp 3306 from 0.0.0.0/0"],
    ],
    ["a list that was not there", undefined, ["a"], ["field:", "  + a"]],
    ["a list that goes", ["a"], null, ["field:", "  - a"]],
    ["one of two that are the same", ["a", "a"], ["a"], ["field:", "  - a"]],
    ["another order", ["a", "b"], ["b", "a"], ["field: in another order"]],
    ["two empty lists", [], [], ["field: differs in what is not shown"]],
    ["objects by property", { a: 1, b: 2 }, { a: 1, b: 3 }, ["field.b: 2 → 3"]],
    [
      "an object in a list, by its name",
      [WIDGET, 1],
      [{ ...WIDGET, properties: { ...WIDGET.properties, annotations: [70] } }, 1],
      ["field[CPU of web instances].properties.annotations:", "  - 60", "  + 70"],
    ],
    [
      "one without a name, by its place",
      [{ port: 22, to: 22, cidr: "a" }],
      [{ port: 22, to: 22, cidr: "b" }],
      ["field[0].cidr: a → b"],
    ],
    [
      "objects that have little in common",
      [{ port: 22 }],
      [{ port: 443 }],
      ["field:", "  - {port: 22}", "  + {port: 443}"],
    ],
    ["JSON in text", '{"a":1}', '{"a":2}', ["field.a: 1 → 2"]],
    ["lines of a text", "one\ntwo\nthree", "one\n2\nthree", ["field:", "  - two", "  + 2"]],
    ["an ARN by its name", ARN, "arn:aws:iam::1:role/other", ["field: Buddy-LoadBalance → arn:aws:iam::1:role/other"]],
    ["an id with its name", ["sg-0123456789abcdef0"], [], ["field:", "  - sg-0123456789abcdef0 (Buddy-WEB)"]],
    ["a word that is a key is a word", "vpc", "standard", ["field: vpc → standard"]],
    [
      "what is not known yet, by whose it is",
      "i-1",
      unknownLive("group-web").id,
      ["field: i-1 → the new Buddy-WEB's (known after up)"],
    ],
    [
      "long texts by where they differ",
      `${SHORT}a${SHORT}`,
      `${SHORT}b${SHORT}`,
      ["field:", `  - …${"0".repeat(20)}a${"0".repeat(20)}…`, `  + …${"0".repeat(20)}b${"0".repeat(20)}…`],
    ],
    ["a control character", "a\u001b[1mb", "ab", ['field: "a\\u001b[1mb" → "ab"']],
  ])("%s", (_name, before, after, shown) => {
    expect(lines(before, after)).toEqual(shown);
  });

  test("a secret is named and not shown", () => {
    expect(lines("hunter2", "hunter3", {}, "masterPassword")).toEqual(["masterPassword: differs (secret)"]);
  });

  test("sides that an arrow does not tell", () => {
    const sides = ["recorded", "live"] as const;
    expect(lines(20, 40, { sides })).toEqual(["field: recorded 20, live 40"]);
    expect(lines(["a"], ["b"], { sides })).toEqual(["field (recorded → live):", "  - a", "  + b"]);
  });

  test("whatever differs: no two sides read the same, and no JSON is cut", () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(value, value, (before, after) => {
        fc.pre(JSON.stringify(before) !== JSON.stringify(after));
        const shown = lines(before, after);
        expect(shown.length).toBeGreaterThan(0);
        for (const line of shown) {
          const [, one, other] = /: (.*) → (.*)$/.exec(line) ?? [];
          if (one !== undefined) expect(one).not.toBe(other);
        }
      }),
      { seed: 15, numRuns: 300 },
    );
  });
});

test("of a long list of widgets their titles are shown, of a short one all", () => {
  const widgets = ["Requests", "Latency"].map((title) => ({ type: "metric", properties: { title, stat: "Sum" } }));
  expect(outlineText(widgets, names, 40)).toBe("Requests, Latency");
  expect(outlineText(widgets, names, 400)).toContain("stat: Sum");
  expect(outlineText([...widgets, { type: "text" }], names, 40)).toContain("stat: Sum");
});
