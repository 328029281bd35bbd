import { expect, test } from "vitest";
import { isEmpty, type Plan, type PlanItem } from "../../../src/engine/plan.ts";
import { widthOf } from "../../../src/lib/text.ts";
import { unknownLive } from "../../../src/lib/unknown.ts";
import { planSummary, planView } from "../../../src/report/views/plan.ts";
import { difference, expectScreen, planned, steps } from "./things.ts";

const creates: Plan = {
  items: Array.from({ length: 68 }, (_, i) => planned("create", "vpc", "ec2:vpc", `one-${i}`)),
  seconds: 1080,
  unrecordedTags: [],
};

test("the counts, the time and the money of a first up", () => {
  expect(planSummary(creates, { speed: 60, monthly: { after: 150.2, change: 150.2, complete: true } })).toBe(
    "Plan: 68 to create. About 18 min on AWS (60× faster here), about $150 a month.",
  );
  expect(planSummary(creates, { monthly: { after: 150.2, change: 150.2, complete: false } })).toBe(
    "Plan: 68 to create. About 18 min, at least $150 a month.",
  );
  expect(planSummary(creates, { speed: Number.POSITIVE_INFINITY })).toBe(
    "Plan: 68 to create. About 18 min on AWS (no waiting here).",
  );
});

test("the counts of a change; what it costs more or less", () => {
  const plan: Plan = {
    items: [
      planned("update", "rds", "rds:database", "database1"),
      planned("replace", "image", "ec2:image", "a"),
      planned("delete", undefined, "ec2:instance", "b"),
      planned("none", "vpc", "ec2:vpc", "c"),
      planned("blocked", "vpc", "route53:zone", "d"),
    ],
    seconds: 0,
    unrecordedTags: [],
  };
  const money = (change: number) => planSummary(plan, { monthly: { after: 160, change, complete: true } });
  const counts = "Plan: 1 to update, 1 to replace, 1 to delete, 1 unchanged.";
  expect(money(12.4)).toBe(`${counts} About $12 a month more. 1 resource waits for you.`);
  expect(money(-4.2)).toBe(`${counts} About $4.20 a month less. 1 resource waits for you.`);
  expect(money(0)).toBe(`${counts} 1 resource waits for you.`);
});

test("nothing to do", () => {
  const items = [planned("none", "vpc", "ec2:vpc", "a"), planned("none", "vpc", "ec2:vpc", "b")];
  expect(planView({ items, seconds: 0, unrecordedTags: [] }, steps)).toBe(
    "Nothing to do: 2 resources as the config says.",
  );
});

test("what is refused, and what somebody else wrote, comes whole with what a person can do: to be copied, not cut", () => {
  const command = `aws ssm put-parameter --name /a/long/path/of/a/parameter ${"--more ".repeat(12)}`.trim();
  const remedies = [{ to: "put the old value back", commands: ["read -rs VALUE", command] }];
  const reason = `the secret is gone, but ${"database-number-one, ".repeat(4)}still have the value that it held`;
  const plan: Plan = {
    items: [
      planned("blocked", "rds", "ssm:generated-secret", "lost", { reason, refused: "Put it back.", remedies }),
      planned("accept", "rds", "ssm:generated-secret", "other", { reason: "somebody else wrote over it", remedies }),
      planned("replace", "vpc", "ec2:vpc", "Buddy", { refused: "Say --replace to have it done." }),
    ],
    seconds: 0,
    unrecordedTags: [],
  };
  const view = planView(plan, steps, {}, { width: 80 });
  expect(view.split(`read -rs VALUE && ${command}\n`).length).toBe(3);
  expect(view.replace(/\s+/g, " ")).toContain(reason);
  expect(view).toContain("up refuses. Say --replace to have it done.");
  expect(view).toContain("  ! accept   generated secret other");
  expect(planSummary(plan)).toBe("Plan: 1 to accept, 1 to replace. 1 resource waits for you.");
});

test("by step: what is made, changed from what to what, recreated and why, removed", async () => {
  const plan: Plan = {
    items: [
      planned("none", "vpc", "ec2:vpc", "Buddy-Project"),
      planned("create", "subnets", "ec2:subnet", "Buddy-Public1"),
      planned("update", "subnets", "ec2:security-group", "Buddy-WEB", {
        id: "sg-1",
        differences: [
          difference("rules", [{ port: 80 }, { port: 22 }], [{ port: 80 }, { port: 443 }]),
          difference("tags", { Team: "a", Same: "x" }, { Team: "b", Same: "x" }),
          difference("description", undefined, "Web\nservers"),
          difference("groupId", "sg-1", unknownLive("group")),
        ],
      }),
      planned("replace", "rds", "rds:database", "database1", {
        id: "database1",
        holdsData: true,
        reason: "zone cannot be changed in place",
        differences: [
          difference("zone", "ap-northeast-2a", "ap-northeast-2c", true),
          difference("masterPassword", "hunter2", "hunter3"),
        ],
      }),
      planned("blocked", "image", "route53:zone", "buddyverse.link", {
        reason: "route53:zone buddyverse.link is not there",
      }),
      planned("delete", undefined, "ec2:instance", "Bastion3", { id: "i-3" }),
    ],
    seconds: 600,
    unrecordedTags: [],
  };
  const view = planView(plan, steps);
  expect(view).not.toContain("hunter");
  expect(view).toMatch(/-\/\+ replace {2}database database1 {2}holds data\n/);
  expect(view).toMatch(/zone: ap-northeast-2a → ap-northeast-2c {2}\(needs a new one\)\n/);
  await expectScreen(view, "plan");
});

test("values that are too long for a line have two, which show where they differ", () => {
  const one = planned("update", "rds", "rds:database", "database1", {
    differences: [difference("policy", "a".repeat(400), "b".repeat(400))],
  });
  const lines = planView({ items: [one], seconds: 0, unrecordedTags: [] }, steps, {}, { width: 80 }).split("\n");
  expect(lines.filter((text) => /^ +[-+] a+…$|^ +[-+] b+…$/.test(text))).toHaveLength(2);
});

test("what is left alone, protected or adopted is said with the commands that help; it is nothing to do", async () => {
  const remedies = [{ to: "remove it", commands: [`aws rds delete-db-instance ${"x".repeat(120)}`] }];
  const retained = planned("retain", undefined, "rds:database", "database1", {
    id: "database1-restored",
    reason: "nobody names it",
    holdsData: true,
    remedies,
  });
  const adopted = planned("none", "rds", "efs:file-system", "Buddy-EFS", { id: "fs-2", adopted: true });
  const gone = planned("delete", undefined, "ec2:instance", "Bastion3", {
    id: "i-3",
    refused: "Lift what protects it from being deleted.",
    remedies: [{ to: "lift the termination protection of i-3", commands: ["aws ec2 modify-instance-attribute …"] }],
  });
  const text = planView({ items: [retained, adopted, gone], seconds: 0, unrecordedTags: [] }, steps);
  expect(text).toContain(`${remedies[0]?.commands[0]}\n`);
  expect(text).toMatch(/left alone\n {4}= retain {3}database database1 database1-restored\n/);
  expect(text).toContain("up refuses. Lift what protects it");
  expect(text).toMatch(/1 to delete, 1 unchanged\. 1 resource left alone\..*file system Buddy-EFS fs-2\.$/);
  await expectScreen(text, "plan-left-alone");
  expect(isEmpty({ items: [retained, adopted], seconds: 0, unrecordedTags: [] })).toBe(true);
});
test("the same change of tags on many objects is one line; what else differs stays with its object", () => {
  const tagged = (name: string, more: Partial<PlanItem> = {}) =>
    planned("update", "vpc", "ec2:vpc", name, {
      ...more,
      differences: [difference("tags", { cost: "1" }, { team: "platform" }), ...(more.differences ?? [])],
    });
  const items = [tagged("a"), tagged("b"), tagged("c", { differences: [difference("cidr", "1", "2")] })];
  const plan: Plan = { items, seconds: 0, unrecordedTags: [] };
  const view = planView(plan, steps);
  expect(view).toContain("~ update   tag team = platform on 3 objects");
  expect(view).toContain("~ update   tag cost taken off 3 objects");
  expect(view).not.toContain("vpc a");
  expect(view).toContain("vpc c\n               cidr: 1 → 2");
  expect(view).not.toContain("tags.team");
  expect(planView(plan, steps, { details: true })).toContain("tags.team: nothing → platform");
  expect(planView({ ...plan, items: items.slice(0, 2) }, steps)).toContain("vpc a\n");
});

test("in short what is created, the price last and never cut; in detail all of it but secrets", () => {
  const one = planned("create", "rds", "rds:database", "database1", {
    seconds: 480,
    matters: ["engineVersion", "storageGiB", "zone"],
    values: { engineVersion: "8.4", storageGiB: 20, zone: "z".repeat(200), masterPassword: "hunter2" },
  });
  const plan: Plan = { items: [one], seconds: 480, unrecordedTags: [] };
  const costs = new Map([["database1", 28.11]]);
  const line = planView(plan, steps, { costs }, { width: 80 }).split("\n")[1] ?? "";
  expect(line).toMatch(/database database1 {2}8\.4, storageGiB 20…, about 8 min, \$28 a month$/);
  expect(widthOf(line)).toBeLessThanOrEqual(80);
  const details = planView(plan, steps, { costs, details: true });
  expect(details).toMatch(/zone:\s+zzz/);
  expect(details).not.toContain("hunter2");
});
