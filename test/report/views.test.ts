import { describe, expect, test } from "vitest";
import { isEmpty, type Plan, type PlanItem } from "../../src/engine/plan.ts";
import type { Settled } from "../../src/engine/settled.ts";
import type { StatusItem } from "../../src/engine/status.ts";
import { unknownLive } from "../../src/engine/unknown.ts";
import { BuddyError } from "../../src/lib/errors.ts";
import { widthOf } from "../../src/lib/text.ts";
import { coloured } from "../../src/report/style.ts";
import {
  type DownEnd,
  downEnd,
  downPreview,
  heading,
  leftAloneView,
  outputsView,
  type Place,
  planSummary,
  planView,
  statusView,
  type UpEnd,
  upEnd,
  warningsView,
} from "../../src/report/views.ts";

const steps = ["vpc", "subnets", "rds", "image"];
const sandbox: Place = { stack: "buddyverse", region: "ap-northeast-2", sandbox: true };
const aws: Place = { stack: "buddyverse", region: "ap-northeast-2", sandbox: false, account: "123456789012" };

const planned = (
  action: PlanItem["action"],
  step: string | undefined,
  object: string,
  name: string,
  rest: Partial<PlanItem> = {},
): PlanItem => ({
  key: name,
  name,
  object,
  step,
  id: undefined,
  action,
  differences: [],
  reason: undefined,
  refused: undefined,
  remedies: [],
  adopted: false,
  holdsData: false,
  ...rest,
});
const difference = (field: string, found: unknown, wanted: unknown, replaces = false) => ({
  field,
  found,
  wanted,
  replaces,
});

describe("heading", () => {
  test("on the sandbox every width says SANDBOX", () => {
    expect(heading(sandbox, { width: 160 })).toBe(
      "buddyverse · sandbox · ap-northeast-2 · stack buddyverse                        SANDBOX, nothing reaches AWS",
    );
    expect(heading(sandbox, { width: 80 })).toMatch(/stack buddyverse +SANDBOX$/);
    expect(widthOf(heading(sandbox, { width: 80 }))).toBe(79);
    expect(heading(sandbox, { width: 50 })).toMatch(/stack buddyverse\nSANDBOX, nothing reaches AWS$/);
  });

  test("on AWS: the account and the region", () => {
    expect(heading(aws)).toBe("buddyverse · account 123456789012 · ap-northeast-2 · stack buddyverse");
  });

  test("on AWS: until when the credentials hold, where they say so", () => {
    const now = Date.UTC(2026, 10, 22, 13, 10);
    const line = (at: number, renewed = false) =>
      heading({ ...aws, credentials: { end: { at, renewed }, now } }).split("\n")[1];
    expect(line(now + 55 * 60_000)).toBe("credentials until 14:05 UTC (in 55 min)");
    expect(line(now + 11 * 3_600_000)).toBe("credentials until 2026-11-23 00:10 UTC (in 11.0 h)");
    expect(line(now - 1)).toBe("credentials until 13:09 UTC (over, by this machine's clock)");
    expect(line(now + 60_000, true)).toMatch(/\(in 60 s\); the AWS SDK renews them while the login or role/);
  });

  test("colours only when asked, and they change no width", () => {
    expect(heading(sandbox, { width: 160 })).not.toContain("\u001b");
    expect(widthOf(heading(sandbox, { width: 160, style: coloured }))).toBe(widthOf(heading(sandbox, { width: 160 })));
  });
});

describe("plan", () => {
  const creates: Plan = {
    items: Array.from({ length: 68 }, (_, i) => planned("create", "vpc", "ec2:vpc", `one-${i}`)),
    seconds: 1080,
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
    };
    const money = (change: number) => planSummary(plan, { monthly: { after: 160, change, complete: true } });
    const counts = "Plan: 1 to update, 1 to replace, 1 to delete, 1 unchanged.";
    expect(money(12.4)).toBe(`${counts} About $12 a month more. 1 resource waits for you.`);
    expect(money(-4.2)).toBe(`${counts} About $4.20 a month less. 1 resource waits for you.`);
    expect(money(0)).toBe(`${counts} 1 resource waits for you.`);
  });

  test("nothing to do", () => {
    const items = [planned("none", "vpc", "ec2:vpc", "a"), planned("none", "vpc", "ec2:vpc", "b")];
    expect(planView({ items, seconds: 0 }, steps)).toBe("Nothing to do: 2 resources as the config says.");
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
    };
    const view = planView(plan, steps, {}, { width: 80 });
    expect(view.split(`read -rs VALUE && ${command}\n`).length).toBe(3);
    expect(view.replace(/\s+/g, " ")).toContain(reason);
    expect(view).toContain("up refuses. Say --replace to have it done.");
    expect(view).toContain("  ! accept   generated secret other");
    expect(planSummary(plan)).toBe("Plan: 1 to accept, 1 to replace. 1 resource waits for you.");
  });

  test("by step: what is made, changed from what to what, made anew and why, removed", () => {
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
    };
    const view = planView(plan, steps);
    expect(view).not.toContain("hunter");
    expect(view).toMatchInlineSnapshot(`
      " 2 subnets
          + create   subnet Buddy-Public1
          ~ update   security group Buddy-WEB sg-1
                     rules:
                       - {"port":22}
                       + {"port":443}
                     tags.Team: a → b
                     description: nothing → Web servers
                     groupId: sg-1 → (known after up)

       3 rds
        -/+ replace  database database1  holds data
                     zone cannot be changed in place
                     zone: ap-northeast-2a → ap-northeast-2c  (needs a new one)
                     masterPassword: (secret) → (secret)

       4 image
          ! blocked  zone buddyverse.link
                     route53:zone buddyverse.link is not there

         no longer wanted
          - delete   instance Bastion3 i-3

      Plan: 1 to create, 1 to update, 1 to replace, 1 to delete, 1 unchanged. About 10 min. 1 resource waits for you."
    `);
  });

  test("long values are cut to the width, both keep a share", () => {
    const one = planned("update", "rds", "rds:database", "database1", {
      differences: [difference("policy", "a".repeat(400), "b".repeat(400))],
    });
    const line = planView({ items: [one], seconds: 0 }, steps, {}, { width: 80 })
      .split("\n")
      .find((text) => text.includes("policy"));
    expect(line).toMatch(/policy: a{10,}… → b{10,}…$/);
    expect(widthOf(line ?? "")).toBeLessThanOrEqual(80);
  });

  test("what is left alone, protected or adopted is said with the commands that help; it is nothing to do", () => {
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
    expect(planView({ items: [retained, adopted, gone], seconds: 0 }, steps)).toBe(
      [
        "   no longer wanted",
        "    - delete   instance Bastion3 i-3",
        "               up refuses. Lift what protects it from being deleted.",
        "               to lift the termination protection of i-3:",
        "                 aws ec2 modify-instance-attribute …",
        "",
        "   left alone",
        "    = retain   database database1 database1-restored",
        "               nobody names it",
        "               to remove it:",
        `                 ${remedies[0]?.commands[0]}`,
        "",
        "Plan: 1 to delete, 1 unchanged. 1 resource left alone. Not in the state, and managed by up from now on: file system Buddy-EFS fs-2.",
      ].join("\n"),
    );
    expect(isEmpty({ items: [retained, adopted], seconds: 0 })).toBe(true);
  });
});

describe("status", () => {
  const item = (
    standing: StatusItem["standing"],
    step: string | undefined,
    name: string,
    rest: Partial<StatusItem> = {},
  ): StatusItem => ({
    key: name,
    name,
    object: "ec2:subnet",
    step,
    id: undefined,
    standing,
    drift: [],
    pending: [],
    reason: undefined,
    remedies: [],
    ...rest,
  });

  test("what is left alone has a group of its own, with what a person can do", () => {
    const remedies = [{ to: "remove it", commands: ["aws efs delete-file-system …"] }];
    const alone = item("retained", undefined, "Buddy-EFS", { object: "efs:file-system", id: "fs-2", remedies });
    const text = statusView([item("in-sync", "vpc", "a"), alone], steps, aws);
    expect(text).toContain(
      [
        " !    left alone         0 of 1 in sync",
        "         left alone: file system Buddy-EFS fs-2",
        "           to remove it:",
        "             aws efs delete-file-system …",
      ].join("\n"),
    );
    expect(text).toContain("2 resources: 1 in sync, 1 left alone.");
  });

  test("all in sync", () => {
    expect(statusView([item("in-sync", "vpc", "a"), item("in-sync", "subnets", "b")], steps, aws)).toBe(
      "Everything is in sync: 2 resources.",
    );
  });

  test("nothing yet", () => {
    expect(statusView([item("missing", "vpc", "a"), item("missing", "subnets", "b")], steps, aws)).toBe(
      "Nothing is there yet: 2 resources to make. `buddyverse up` makes them.",
    );
    expect(statusView([], steps, aws)).toBe("Nothing is there, and nothing is wanted.");
  });

  test("each thing that is off, property by property", () => {
    const items = [
      item("in-sync", "vpc", "Buddy-Project", { object: "ec2:vpc" }),
      item("in-sync", "subnets", "Buddy-Public1"),
      item("drift", "subnets", "Buddy-Public2", {
        id: "subnet-2",
        drift: [difference("publicAddresses", false, true)],
        pending: [difference("cidr", "172.31.20.0/24", "172.31.30.0/24")],
      }),
      item("pending-change", "rds", "database1", {
        object: "rds:database",
        id: "database1",
        pending: [difference("storageGiB", 20, 40)],
      }),
      item("unhealthy", "rds", "database1-replica", { object: "rds:database", reason: "storage-full" }),
      item("missing", "image", "Buddy-WEB-Image-Start", { object: "ec2:launch-template" }),
      item("extra", undefined, "Bastion3", { object: "ec2:instance", id: "i-3" }),
    ];
    expect(statusView(items, steps, sandbox)).toMatchInlineSnapshot(`
      " ✔  1 vpc                1 of 1 in sync
       !  2 subnets            1 of 2 in sync
               drift: subnet Buddy-Public2 subnet-2
                 publicAddresses: recorded true, live false
                 cidr: live 172.31.20.0/24, config 172.31.30.0/24
       !  3 rds                0 of 2 in sync
               change in the config: database database1
                 storageGiB: live 20, config 40
               unhealthy: database database1-replica
                 storage-full
       !  4 image              0 of 1 in sync
               missing: launch template Buddy-WEB-Image-Start
       !    no longer wanted   0 of 1 in sync
               no longer wanted: instance Bastion3 i-3

      7 resources: 2 in sync, 1 drift, 1 change in the config, 1 missing, 1 unhealthy, 1 no longer wanted.
      \`buddyverse plan --sandbox\` shows what \`buddyverse up --sandbox\` would do about it."
    `);
  });

  test("values of secrets are not shown", () => {
    const items = [
      item("in-sync", "vpc", "a"),
      item("drift", "rds", "b", { drift: [difference("masterPassword", "hunter2", "hunter3")] }),
    ];
    const view = statusView(items, steps, sandbox);
    expect(view).toContain("masterPassword: differs (secret)");
    expect(view).not.toContain("hunter");
  });
});

test("outputs are aligned, lists below each other, what is missing left out", () => {
  expect(
    outputsView({
      Site: "https://buddyverse.link",
      "Load balancer": "buddy.elb.amazonaws.com",
      Replica: undefined,
      Bastions: ["ssh -i Buddy-Project.pem ec2-user@203.0.113.1", "ssh -i Buddy-Project.pem ec2-user@203.0.113.2"],
    }),
  ).toMatchInlineSnapshot(`
    "Site           https://buddyverse.link
    Load balancer  buddy.elb.amazonaws.com
    Bastions       ssh -i Buddy-Project.pem ec2-user@203.0.113.1
                   ssh -i Buddy-Project.pem ec2-user@203.0.113.2"
  `);
});

const settled = (
  outcome: Settled["outcome"],
  step: string | undefined,
  object: string,
  name: string,
  rest: Partial<Settled> = {},
): Settled => ({ key: name, name, object, step, outcome, id: undefined, reason: undefined, error: undefined, ...rest });

const denied = (name: string, object: string, requestId: string) => {
  const error = new BuddyError({
    code: "denied",
    message: `${object} ${name}: UnauthorizedOperation: You are not authorized`,
    about: { key: name, step: "subnets", operation: "CreateSubnet", requestId },
    hint: "`buddyverse policy` prints the permissions that are needed.",
  });
  return settled("failed", "subnets", object, name, { reason: error.message, error });
};

describe("the end of up", () => {
  const end = (rest: Partial<UpEnd>): UpEnd => ({
    place: sandbox,
    settled: [],
    ms: 1_061_000,
    realMs: 18_000,
    outputs: {},
    next: "buddyverse verify --sandbox",
    again: "buddyverse up --sandbox",
    ...rest,
  });

  test("all well: where the site is, what a person needs, what to try next", () => {
    expect(
      upEnd(
        end({
          settled: [settled("created", "vpc", "ec2:vpc", "a"), settled("unchanged", "vpc", "ec2:vpc", "b")],
          siteUrl: "https://buddyverse.link",
          outputs: { Database: "database1.abc.ap-northeast-2.rds.amazonaws.com" },
        }),
      ),
    ).toMatchInlineSnapshot(`
      "✔ Done in 17m41s of sandbox time (18s here): 1 created, 1 unchanged.

      Site      https://buddyverse.link
      Database  database1.abc.ap-northeast-2.rds.amazonaws.com

      Next: buddyverse verify --sandbox"
    `);
  });

  test("on AWS there is one time", () => {
    expect(upEnd(end({ place: aws }))).toMatch(/^✔ Done in 17m41s\.\n\nNext: /);
  });

  test("a failure: what, where, what to do; one cause is explained once; what it holds up in a line", () => {
    const text = upEnd(
      end({
        settled: [
          settled("created", "vpc", "ec2:vpc", "Buddy-Project"),
          denied("Buddy-Public1", "ec2:subnet", "req-1"),
          denied("Buddy-Public2", "ec2:subnet", "req-2"),
          settled("skipped", "rds", "rds:database", "database1", { reason: "waits for Buddy-Public1" }),
          settled("skipped", "image", "ec2:image", "image", { reason: "waits for Buddy-Public1" }),
        ],
      }),
    );
    expect(text.match(/UnauthorizedOperation/g)).toHaveLength(1);
    expect(text).not.toContain("Next:");
    expect(text).toMatchInlineSnapshot(`
      "✖ Not all went well, after 17m41s of sandbox time (18s here): 1 created.

      failed: subnets · subnet Buddy-Public1
        what   UnauthorizedOperation: You are not authorized
        where  step subnets · Buddy-Public1 · CreateSubnet · request req-1
        to do  \`buddyverse policy\` prints the permissions that are needed.
        so too Buddy-Public2

      not started: 2 resources of rds, image: waits for Buddy-Public1

      To go on: buddyverse up --sandbox"
    `);
  });

  test("something waits for a person", () => {
    expect(
      upEnd(
        end({
          settled: [
            settled("created", "vpc", "ec2:vpc", "Buddy-Project"),
            settled("blocked", "image", "acm:certificate", "buddyverse.link", {
              reason: "Set these name servers at your registrar: ns-1.awsdns.org",
            }),
          ],
          outputs: { "Load balancer": "buddy.elb.amazonaws.com" },
        }),
      ),
    ).toMatchInlineSnapshot(`
      "! Not finished, after 17m41s of sandbox time (18s here): 1 created.

      Load balancer  buddy.elb.amazonaws.com

      waits for you: image · certificate buddyverse.link
        to do  Set these name servers at your registrar: ns-1.awsdns.org

      To go on: buddyverse up --sandbox"
    `);
  });

  test("interrupted: nothing is lost, and the command that goes on", () => {
    const text = upEnd(
      end({
        settled: [
          ...["a", "b", "c", "d", "e", "f"].map((name) => settled("interrupted", "rds", "rds:database", name)),
          settled("skipped", "image", "ec2:image", "g", { reason: "waits for a" }),
        ],
      }),
    );
    expect(text).toMatch(/^! Interrupted, after 17m41s of sandbox time \(18s here\)\.$/m);
    expect(text).toMatch(/^interrupted: a, b, c, d and 2 more\. All that was begun is recorded; nothing is lost\.$/m);
    expect(text).toMatch(/^To go on: buddyverse up --sandbox$/m);
  });

  test("stack traces only when verbose", () => {
    const one = [denied("Buddy-Public1", "ec2:subnet", "req-1")];
    expect(upEnd(end({ settled: one }))).not.toContain("views.test.ts");
    expect(upEnd(end({ settled: one, verbose: true }))).toContain("views.test.ts");
  });
});

describe("down", () => {
  const doomed = [
    { name: "Buddy-Project", object: "ec2:vpc", step: "vpc", holdsData: false },
    { name: "Buddy-Public1", object: "ec2:subnet", step: "subnets", holdsData: false },
    { name: "database1", object: "rds:database", step: "rds", holdsData: true },
    { name: "Bastion3", object: "ec2:instance", step: undefined, holdsData: false },
  ];

  test("the preview, in the order in which it goes, with what stays", () => {
    const keeps = ["a final snapshot of database1"];
    expect(downPreview(aws, doomed, steps, { discardData: false, keeps })).toMatchInlineSnapshot(`
      "This removes 4 resources of stack buddyverse from account 123456789012, ap-northeast-2:

           no longer wanted  Bastion3
         3 rds               database1
         2 subnets           Buddy-Public1
         1 vpc               Buddy-Project

      Stays: a final snapshot of database1."
    `);
  });

  test("--discard-data says whose data is lost", () => {
    const keeps = ["a final snapshot of database1"];
    const text = downPreview(sandbox, doomed, steps, { discardData: true, keeps });
    expect(text).toContain("The data of database1 will be lost: --discard-data leaves no copy.");
    expect(text).not.toContain("Stays");
  });

  test("nothing there", () => {
    expect(downPreview(sandbox, [], steps, { discardData: false })).toBe(
      "Nothing of stack buddyverse is in the sandbox.",
    );
  });

  const end = (rest: Partial<DownEnd>): DownEnd => ({
    place: aws,
    settled: [settled("deleted", "vpc", "ec2:vpc", "Buddy-Project")],
    left: [],
    alone: [],
    snapshots: [],
    ms: 552_000,
    again: "buddyverse down",
    ...rest,
  });

  test("proven to be empty, the snapshot named", () => {
    expect(downEnd(end({ snapshots: ["database1-final-1"] }))).toBe(
      [
        "✔ Removed 1 resource in 9m12s.",
        "Final snapshot: database1-final-1 (it stays and costs storage until you delete it)",
        "Looked again: nothing of stack buddyverse is left.",
      ].join("\n"),
    );
  });

  test("what is left alone is named with what it keeps and what a person can do, before and after", () => {
    const alone = [
      {
        name: "database1",
        object: "rds:database",
        id: "database1-restored",
        monthly: 21.8,
        remedies: [{ to: "remove it", commands: ["aws rds delete-db-instance …"] }],
        holds: [
          { name: "buddy-db", object: "rds:subnet-group" },
          { name: "Buddy-Project", object: "ec2:vpc" },
        ],
      },
    ];
    const lines = [
      "Left alone, as it holds data and neither the config nor the state names it (it still costs):",
      "  database database1 database1-restored, at least $22 a month",
      "    what it uses stays: buddy-db, Buddy-Project",
      "    to remove it:",
      "      aws rds delete-db-instance …",
    ];
    expect(leftAloneView(alone)).toBe(lines.join("\n"));
    expect(leftAloneView([])).toBe("");
    const left = [{ object: "rds:database", id: "database1-restored", name: "database1" }];
    const text = downEnd(end({ alone, left }));
    expect(text).toContain(lines.join("\n"));
    // To run it again changes nothing.
    expect(text).not.toContain("Next:");
  });

  test("what goes on costing is listed with why, what it costs and what removes it; on the sandbox as it would be", () => {
    const found = [
      {
        what: "DB snapshot",
        id: "database1-final-1",
        why: "final snapshot of database1",
        gib: 20,
        monthly: 1.9,
        eachGB: false,
        commands: ["aws rds delete-db-snapshot --db-snapshot-identifier database1-final-1 --region eu-west-1"],
      },
      { what: "copies", id: "fs-1", why: "because", monthly: 0.055, eachGB: true, commands: ["one", "two"] },
      { what: "bucket", id: "b", why: "because", monthly: undefined, eachGB: false, commands: ["three"] },
    ];
    const text = downEnd(end({ bills: { found, unseen: ["alarms: AccessDenied: no"] } }));
    expect(text.split("\n").slice(2)).toEqual([
      "",
      "This goes on costing:",
      "  DB snapshot database1-final-1, 20 GB: at most $1.90 a month",
      "    final snapshot of database1",
      "    aws rds delete-db-snapshot --db-snapshot-identifier database1-final-1 --region eu-west-1",
      "  copies fs-1: $0.06 a GB and month",
      "    because",
      "    one",
      "    two",
      "  bucket b: price unknown",
      "    because",
      "    three",
      "",
      "Not looked at, and so perhaps still there:",
      "  alarms: AccessDenied: no",
    ]);
    expect(downEnd(end({ place: sandbox, bills: { found, unseen: [] } }))).toContain(
      "\nOn AWS this would go on costing:",
    );
    expect(downEnd(end({ bills: { found: [], unseen: [] } }))).toMatch(/\nNothing of it goes on costing\.$/);
  });

  test("what is left is listed, with the command that goes on", () => {
    const left = [{ object: "ec2:network-interface", id: "eni-1", name: "ELB net" }];
    expect(downEnd(end({ left })).split("\n").slice(1)).toEqual([
      "Looked again: 1 resource of stack buddyverse is still there:",
      "  ec2:network-interface ELB net eni-1",
      "",
      "Next: buddyverse down",
    ]);
  });

  test("a failure and what it keeps from going", () => {
    const text = downEnd(
      end({
        settled: [
          denied("Buddy-Public1", "ec2:subnet", "req-1"),
          settled("skipped", "vpc", "ec2:vpc", "Buddy-Project", { reason: "Buddy-Public1 is still there" }),
        ],
        left: [{ object: "ec2:vpc", id: "vpc-1", name: "Buddy-Project" }],
      }),
    );
    expect(text).toMatch(/^! Nothing was removed in 9m12s\.$/m);
    expect(text).toMatch(/^ {2}what {3}UnauthorizedOperation: You are not authorized$/m);
    expect(text).toMatch(/^left: 1 resource of vpc: Buddy-Public1 is still there$/m);
    expect(text).toMatch(/^To go on: buddyverse down$/m);
    expect(text).toMatch(/^ {2}ec2:vpc Buddy-Project vpc-1$/m);
  });

  test("interrupted before the last look: it claims nothing about what is left", () => {
    const text = downEnd(end({ left: undefined, settled: [settled("interrupted", "vpc", "ec2:vpc", "a")] }));
    expect(text).toMatch(/^! /);
    expect(text).not.toContain("Looked again");
  });
});

test("warnings name the file, the place in it, and what would be better", () => {
  expect(warningsView([], "buddyverse.config.json")).toBe("");
  expect(
    warningsView(
      [{ path: "domain", message: "Without a domain the site has no https.", hint: "set domain.name" }],
      "buddyverse.config.json",
    ),
  ).toBe("warning: buddyverse.config.json domain: Without a domain the site has no https.\n      → set domain.name");
});
