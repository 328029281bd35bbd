import { describe, expect, test } from "vitest";
import { BuddyError, type ErrorCode, exitCodeOf, explain } from "../../src/lib/errors.ts";

test.each<[ErrorCode, number]>([
  ["usage", 2],
  ["config", 2],
  ["state", 2],
  ["locked", 4],
  ["interrupted", 5],
  ["wrong-account", 6],
  ["credentials", 1],
  ["denied", 1],
  ["quota", 1],
  ["capacity", 1],
  ["not-ours", 1],
  ["ambiguous", 1],
  ["failed", 1],
  ["timeout", 1],
  ["blocked", 1],
  ["network", 1],
  ["sandbox", 1],
  ["internal", 1],
])("%s exits with %d and always says what to do", (code, exit) => {
  const error = new BuddyError({ code, message: "It broke." });
  expect(exitCodeOf(error)).toBe(exit);
  expect(explain(error)).toMatch(/^error: It broke\.\n {2}to do {2}\S.*\.$/);
});

test.each([[new Error("x")], ["text"], [undefined], [null]])("%j exits with 1", (error) => {
  expect(exitCodeOf(error)).toBe(1);
});

test("what is not given is not there", () => {
  const error = new BuddyError({ code: "failed", message: "x", about: undefined, hint: undefined });
  expect(Object.keys(error).sort()).toEqual(["code", "hint", "name"]);
  expect("cause" in error).toBe(false);
});

/** As the SDK throws it. */
function denied(): Error {
  const error = new Error("User: arn:aws:iam::1:user/a is not authorized\nto perform: CreateLoadBalancer");
  error.name = "AccessDenied";
  return Object.assign(error, { $metadata: { httpStatusCode: 403, requestId: "11-22" } });
}

describe("explain", () => {
  const error = new BuddyError({
    code: "denied",
    message: "AWS does not let you make Buddy-LoadBalance.",
    about: { step: "load-balancer", key: "alb", id: "Buddy-LoadBalance", operation: "CreateLoadBalancer" },
    hint: "Add elasticloadbalancing:CreateLoadBalancer to the policy.",
    cause: denied(),
  });

  test("says what happened, where (with the request id of the cause), why and what to do; no stack", () => {
    expect(explain(error)).toBe(
      [
        "error: AWS does not let you make Buddy-LoadBalance.",
        "  where  step load-balancer · alb · Buddy-LoadBalance · CreateLoadBalancer · request 11-22",
        "  cause  AccessDenied: User: arn:aws:iam::1:user/a is not authorized",
        "         to perform: CreateLoadBalancer",
        "  to do  Add elasticloadbalancing:CreateLoadBalancer to the policy.",
      ].join("\n"),
    );
  });

  test("verbose adds the stacks of the error and of its causes", () => {
    const text = explain(error, { verbose: true });
    expect(text).toContain(explain(error));
    expect(text.match(/^ {4}at /gm)?.length).toBeGreaterThan(2);
    expect(text).toContain("errors.test.ts");
  });

  test("a file and the place in it", () => {
    expect(
      explain(new BuddyError({ code: "state", message: "Torn.", about: { file: "s.json", path: "resources.vpc" } })),
    ).toContain("  where  s.json (resources.vpc)\n");
  });

  test("all problems, each with its place and its remedy", () => {
    const problems = [
      { path: "web.min", message: "is 5", hint: "use 2" },
      { path: "", message: "is a list" },
    ];
    expect(
      explain(
        new BuddyError({ code: "config", message: "c.json has 2 mistakes:", about: { file: "c.json" }, problems }),
      ),
    ).toBe(
      "error: c.json has 2 mistakes:\n  web.min: is 5\n      → use 2\n  is a list\n  to do  Correct the config, then run the command again.",
    );
  });

  test("a cause that the message repeats is not said twice", () => {
    expect(
      explain(new BuddyError({ code: "failed", message: "No: disk full", cause: new Error("disk full") })),
    ).not.toMatch(/^ {2}cause/m);
  });

  test("causes that go in a circle end", () => {
    const one = new Error("one");
    one.cause = new Error("two", { cause: one });
    expect(explain(one).match(/two/g)).toHaveLength(1);
  });

  test("an error that nobody foresaw still says where and how to see more", () => {
    expect(explain(denied())).toMatch(
      /^error: AccessDenied: User.*\n.*\n {2}where {2}request 11-22\n {2}to do {2}.*--verbose/,
    );
    expect(explain("a text")).toContain("error: a text\n");
  });
});
