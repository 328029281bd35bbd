import { expect, test } from "vitest";
import type { StatusItem } from "../../../src/engine/status.ts";
import { statusView } from "../../../src/report/views/status.ts";
import { difference, expectScreen, steps } from "./things.ts";

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
  watched: [],
  pending: [],
  reason: undefined,
  notes: [],
  remedies: [],
  ...rest,
});

test("what is left alone has a group of its own, with what a person can do", () => {
  const remedies = [{ to: "remove it", commands: ["aws efs delete-file-system …"] }];
  const alone = item("retained", undefined, "Buddy-EFS", { object: "efs:file-system", id: "fs-2", remedies });
  const text = statusView([item("in-sync", "vpc", "a"), alone], steps);
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

test("what others changed is told with what it means, before and now, and how it is kept or put back", () => {
  const watched = [
    { path: "MetadataOptions.HttpTokens", before: "required", now: "optional", danger: "IMDSv1 allowed" as const },
    { path: "Groups[sg-2]", before: undefined, now: "yes", danger: undefined },
    { path: "Groups[sg-1]", before: "yes", now: undefined, danger: undefined },
    { path: "Size", before: undefined, now: "8", danger: undefined },
  ];
  const text = statusView([item("in-sync", "vpc", "a"), item("watched", "vpc", "nat-1", { watched })], steps);
  expect(text).toContain(
    [
      "         changed by others: subnet nat-1",
      "           IMDSv1 allowed: MetadataOptions.HttpTokens: required → optional",
      "           + Groups[sg-2]",
      "           - Groups[sg-1]",
      "           Size: nothing → 8",
    ].join("\n"),
  );
  expect(text).toContain("2 resources: 1 in sync, 1 changed by others.\nWhat others changed");
  expect(text).toContain("  buddyverse status --accept nat-1\n  buddyverse up --mend nat-1");
  // `up` would do nothing about it.
  expect(text).not.toContain("buddyverse plan");
});

test("all in sync", () => {
  expect(statusView([item("in-sync", "vpc", "a"), item("in-sync", "subnets", "b")], steps)).toBe(
    "Everything is in sync: 2 resources.",
  );
});

test("nothing yet", () => {
  expect(statusView([item("missing", "vpc", "a"), item("missing", "subnets", "b")], steps)).toBe(
    "Nothing is there yet: 2 resources to make. `buddyverse up` makes them.",
  );
  expect(statusView([], steps)).toBe("Nothing is there, and nothing is wanted.");
});

test("each thing that is off, property by property", async () => {
  const items = [
    item("in-sync", "vpc", "Buddy-Project", { object: "ec2:vpc" }),
    item("in-sync", "subnets", "Buddy-Public1"),
    item("drift", "subnets", "Buddy-Public2", {
      id: "subnet-2",
      drift: [{ ...difference("publicAddresses", true, false), danger: "made public" as const }],
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
  const view = statusView(items, steps);
  expect(view).toContain("made public: publicAddresses: recorded false, live true");
  expect(view).toContain("storageGiB: live 20, config 40");
  for (const { name } of items.slice(2)) expect(view).toContain(name);
  await expectScreen(view, "status");
});

test("values of secrets are not shown", () => {
  const items = [
    item("in-sync", "vpc", "a"),
    item("drift", "rds", "b", {
      drift: [{ ...difference("masterPassword", "hunter2", "hunter3"), danger: undefined }],
    }),
  ];
  const view = statusView(items, steps);
  expect(view).toContain("masterPassword: differs (secret)");
  expect(view).not.toContain("hunter");
});
