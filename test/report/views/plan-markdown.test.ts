import { expect, test } from "vitest";
import type { Plan, PlanItem } from "../../../src/engine/plan.ts";
import { MOST_CHARACTERS, type PlanMarkdown, planMarkdown } from "../../../src/report/views/plan-markdown.ts";
import { aws, difference, expectScreen, planned, steps } from "./things.ts";

const planOf = (items: readonly PlanItem[]): Plan => ({ items, seconds: 420, unrecordedTags: [] });
const given = (items: readonly PlanItem[], rest: Partial<PlanMarkdown> = {}): PlanMarkdown => ({
  plan: planOf(items),
  steps,
  facts: {},
  place: aws,
  command: "buddyverse plan",
  ...rest,
});

const outage = { kind: "outage" as const, what: "database1 is away for about 5 min", seconds: 300 };
const changes = [
  ...["a", "b", "c"].map((name) =>
    planned("update", "subnets", "ec2:subnet", name, { differences: [difference("tags", {}, { team: "@web" })] }),
  ),
  planned("create", "vpc", "ec2:instance", "Buddy|NAT", {
    matters: ["instanceType"],
    values: { instanceType: "t3.micro" },
    seconds: 75,
  }),
  planned("update", "rds", "rds:database", "database1", {
    differences: [difference("instanceClass", "db.t3.micro", "db.t3.small")],
    interruption: outage,
    asks: "--allow-outage",
    seconds: 300,
  }),
  planned("replace", "rds", "efs:file-system", "Buddy-EFS", {
    differences: [difference("kmsKey", "a", "b", true)],
    reason: "kmsKey cannot be changed in place",
    refused: "The data of Buddy-EFS would be lost. Run `buddyverse down` first.",
    holdsData: true,
  }),
  planned("delete", undefined, "ec2:instance", "Buddy-NAT3"),
  planned("blocked", "image", "acm:certificate", "buddyverse.link", { reason: "set the name servers <ns-1>" }),
  planned("none", "vpc", "ec2:vpc", "Buddy-Project"),
];

test("what is refused and what is asked for first, then what matters, all else folded", async () => {
  const text = planMarkdown(
    given(changes, {
      facts: {
        monthly: { after: 169, change: 19, complete: true },
        costs: new Map([
          ["database1", 19],
          ["Buddy-NAT3", -7.5],
          ["Buddy-EFS", null],
        ]),
      },
      warnings: [{ path: "tags.team", message: "is *odd*", hint: "Say another." }],
      findings: [
        { about: "vCPU quota", verdict: "problem", message: "3 of 2 in use" },
        { about: "domain", verdict: "unseen", message: "AccessDenied" },
        { about: "region", verdict: "ok", message: "is there" },
      ],
    }),
  );
  expect(text.indexOf("Buddy-EFS")).toBeLessThan(text.indexOf("database1"));
  expect(text).toContain("`Buddy\\|NAT`");
  expect(text).not.toContain("region: is there");
  await expectScreen(text, "plan-markdown");
});

test("nothing to do is said in a line", () => {
  expect(planMarkdown(given([planned("none", "vpc", "ec2:vpc", "Buddy-Project")]))).toBe(
    "### buddyverse: nothing to do\n\naccount `123456789012` · `ap-northeast-2` · stack `buddyverse`\n\nNothing to do: 1 resource as the config says.",
  );
});

test("many quiet changes are folded, under those that matter", () => {
  const quiet = Array.from({ length: 30 }, (_, index) => planned("create", "vpc", "ec2:vpc", `vpc-${index}`));
  const text = planMarkdown(given([...quiet, planned("delete", "vpc", "ec2:vpc", "old")]));
  expect(text.indexOf("| **delete** | vpc `old` |")).toBeLessThan(text.indexOf("<summary>30 other changes</summary>"));
});

test.each([
  ["many objects", 3_000, "버디".repeat(10), 1],
  ["long values", 40, "x", 5_000],
])("it is never longer than GitHub takes, and says what was left out: %s", (_what, number, name, length) => {
  const items = Array.from({ length: number }, (_, index) =>
    planned("update", "vpc", "ec2:vpc", `${name}-${index}`, {
      differences: [difference("description", "a", `${index} ${"y ".repeat(length)}`)],
      refused: "z".repeat(2_000),
      notes: ["n".repeat(2_000)],
    }),
  );
  const text = planMarkdown(given(items));
  expect(text.length).toBeLessThanOrEqual(MOST_CHARACTERS);
  expect(text.length).toBeGreaterThan(MOST_CHARACTERS / 2);
  expect(text).toMatch(/… and [\d]+ (other )?(changes|lines) more: `buddyverse plan` shows all\./);
  // Nothing is cut in the middle: each fold and each block is closed.
  expect(text.match(/<details>/g)?.length).toBe(text.match(/<\/details>/g)?.length);
  expect((text.match(/^```/gm)?.length ?? 0) % 2).toBe(0);
});
