import { expect, test } from "vitest";
import { type DownEnd, downEnd, downPreview, leftAloneView } from "../../../src/report/views/down.ts";
import { aws, denied, expectScreen, sandbox, settled, steps } from "./things.ts";

const deletable = [
  { name: "Buddy-Project", object: "ec2:vpc", step: "vpc" },
  { name: "Buddy-Public1", object: "ec2:subnet", step: "subnets" },
  { name: "database1", object: "rds:database", step: "rds" },
  { name: "Bastion3", object: "ec2:instance", step: undefined },
];

test("the preview, in the order in which it goes, with what stays", async () => {
  const keeps = ["a final snapshot of database1."];
  const text = downPreview(aws, deletable, steps, { keeps });
  expect(text).toContain("account 123456789012, ap-northeast-2");
  const order = ["Bastion3", "database1", "Buddy-Public1", "Buddy-Project"];
  expect(text.match(new RegExp(order.join("|"), "g"))?.slice(0, 4)).toEqual(order);
  expect(text).toMatch(/Stays: a final snapshot of database1\.$/);
  await expectScreen(text, "down-preview");
});

test("what holds data is named first, and never cut", () => {
  const replica = { name: "database1-replica", object: "rds:replica", step: "rds", holdsData: true };
  const all = deletable.map((one) => ({ ...one, holdsData: one.name === "database1" }));
  const lines = downPreview(sandbox, [...all, replica], steps, {}, { width: 60 }).split("\n");
  expect(lines.slice(2, 4)).toEqual([
    "  what holds data      database database1, replica",
    "                       database1-replica",
  ]);
});

test("whose data is lost is said", () => {
  const lost = ["database1 goes with all data: --discard-data leaves no copy."];
  const text = downPreview(sandbox, deletable, steps, { lost });
  expect(text).toContain(lost[0]);
  expect(text).not.toContain("Stays");
});

test("nothing there", () => {
  expect(downPreview(sandbox, [], steps, {})).toBe("Nothing of stack buddyverse is in the sandbox.");
});

const end = (rest: Partial<DownEnd>): DownEnd => ({
  place: aws,
  settled: [settled("deleted", "vpc", "ec2:vpc", "Buddy-Project")],
  left: [],
  alone: [],
  parting: { kept: [], notes: [] },
  copies: [],
  ms: 552_000,
  again: "buddyverse down",
  ...rest,
});

test("what is kept on purpose and what comes back is said before and after", () => {
  const parting = { kept: ["the hosted zone a.link."], notes: ["Put back as before the stack: A a.link: 192.0.2.1."] };
  const said = ["Stays: the hosted zone a.link.", ...parting.notes];
  const before = downPreview(aws, deletable, steps, { keeps: parting.kept, notes: parting.notes });
  for (const text of [before, downEnd(end({ parting }))]) for (const one of said) expect(text).toContain(one);
  // Where something failed, nobody knows whether they did come back.
  const failed = [denied("Buddy-Project", "ec2:vpc", "r-1")];
  const half = downEnd(end({ parting, settled: failed, left: [{ object: "ec2:vpc", id: "vpc-1", name: "x" }] }));
  expect(half).toContain(said[0]);
  expect(half).not.toContain(said[1]);
  expect(downPreview(sandbox, [], steps, { keeps: parting.kept })).toContain(said[0]);
});

test("proven to be empty, the snapshot named", async () => {
  const text = downEnd(end({ copies: [{ what: "a final snapshot of database1", id: "database1-final-1" }] }));
  expect(text).toMatch(/^✔ Removed 1 resource in 9m12s\.$/m);
  expect(text).toContain("database1-final-1");
  await expectScreen(text, "down-done");
});

test("what is left alone is named with what it keeps and what a person can do, before and after", async () => {
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
  const before = leftAloneView(alone);
  for (const said of [
    "database1-restored, at least $22 a month",
    "buddy-db, Buddy-Project",
    "aws rds delete-db-instance …",
  ])
    expect(before).toContain(said);
  expect(leftAloneView([])).toBe("");
  const left = [{ object: "rds:database", id: "database1-restored", name: "database1" }];
  const text = downEnd(end({ alone, left }));
  expect(text).toContain(before);
  // To run it again changes nothing.
  expect(text).not.toContain("Next:");
  await expectScreen(text, "down-left-alone");
});

test("what still costs is listed with why, what it costs and what removes it; on the sandbox as it would be", async () => {
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
  expect(text).toMatch(/DB snapshot database1-final-1, 20 GB: at most \$1\.90 a month\n/);
  expect(text).toMatch(/copies fs-1: \$0\.06 a GB and month\n/);
  expect(text).toMatch(/bucket b: price unknown\n/);
  for (const { commands } of found)
    for (const command of commands) expect(text).toMatch(new RegExp(`^    ${command}$`, "m"));
  expect(text).toMatch(/alarms: AccessDenied: no$/);
  await expectScreen(text, "down-bills");
  // The ids are the sandbox's: nothing of it costs anything.
  expect(downEnd(end({ place: sandbox, bills: { found, unseen: [] } }))).toContain("On AWS this would");
  expect(downEnd(end({ bills: { found: [], unseen: [] } }))).toMatch(/\nNothing of it still costs money\.$/);
});

test("what is left is listed, with the command that goes on", async () => {
  const left = [{ object: "ec2:network-interface", id: "eni-1", name: "ELB net" }];
  const text = downEnd(end({ left }));
  expect(text).toMatch(/^! /);
  expect(text).toContain("ec2:network-interface ELB net eni-1");
  expect(text).toMatch(/buddyverse down$/);
  await expectScreen(text, "down-left");
});

test("a failure and what it keeps from going", async () => {
  const text = downEnd(
    end({
      settled: [
        denied("Buddy-Public1", "ec2:subnet", "req-1"),
        settled("skipped", "vpc", "ec2:vpc", "Buddy-Project", { reason: "Buddy-Public1 is still there" }),
      ],
      left: [{ object: "ec2:vpc", id: "vpc-1", name: "Buddy-Project" }],
    }),
  );
  expect(text).toMatch(/^! Nothing was removed/);
  for (const said of ["UnauthorizedOperation", "req-1", "Buddy-Public1 is still there", "ec2:vpc Buddy-Project vpc-1"])
    expect(text).toContain(said);
  await expectScreen(text, "down-failed");
});

test("interrupted before the last look: it claims nothing about what is left", () => {
  const text = downEnd(end({ left: undefined, settled: [settled("interrupted", "vpc", "ec2:vpc", "a")] }));
  expect(text).toMatch(/^! /);
  expect(text).not.toContain("Looked again");
});
