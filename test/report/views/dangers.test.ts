import { expect, test } from "vitest";
import type { Extra } from "../../../src/aws/extra.ts";
import type { StatusItem } from "../../../src/engine/status.ts";
import { dangersView } from "../../../src/report/views/dangers.ts";
import { difference } from "./things.ts";

const item = (object: string, name: string, rest: Partial<StatusItem>): StatusItem => ({
  key: name,
  name,
  object,
  step: undefined,
  id: `${name}-id`,
  standing: "drift",
  drift: [],
  watched: [],
  pending: [],
  reason: undefined,
  notes: [],
  remedies: [],
  ...rest,
});
const extra: Extra = {
  what: "listener rule 5",
  id: "arn",
  on: "Buddy-LoadBalance",
  effect: "",
  whose: "",
  danger: "leads elsewhere",
  commands: [],
};

test("what the config asks for, what it leaves open and what others have beside it, the worst first", () => {
  const items = [
    item("ec2:instance", "bastion", {
      watched: [{ path: "MetadataOptions.HttpTokens", before: "required", now: "optional", danger: "IMDSv1 allowed" }],
    }),
    item("ec2:security-group", "db", {
      drift: [
        { ...difference("inbound", [], ["tcp 3306 from 0.0.0.0/0"]), danger: "opened to the world" },
        { ...difference("description", "a", "b"), danger: undefined },
      ],
    }),
  ];
  expect(dangersView(items, [extra])).toEqual([
    "3 things that others did matter for safety:",
    " ! opened to the world: security group db db-id, inbound",
    " ! IMDSv1 allowed: instance bastion bastion-id, MetadataOptions.HttpTokens",
    " ! leads elsewhere: listener rule 5 arn on Buddy-LoadBalance",
    "",
  ]);
});

test("nothing where nothing does, and of many the first ones", () => {
  expect(dangersView([item("ec2:vpc", "vpc", {})], [{ ...extra, danger: undefined }])).toEqual([]);
  const many = Array.from({ length: 20 }, () => extra);
  expect(dangersView([], many)).toHaveLength(15);
  expect(dangersView([], many).at(-2)).toBe("   and 8 more, below");
});
