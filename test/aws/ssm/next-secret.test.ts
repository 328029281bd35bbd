import {
  DeleteParameterCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { generatedSecret } from "../../../src/aws/ssm/generated-secret.ts";
import { adoptNext, createNext } from "../../../src/aws/ssm/next-secret.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const SECRET = "/buddyverse/test/database/password";
const NEXT = `${SECRET}-next`;
const owner = ownerOf("database-password", SECRET);

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ssm = mocked(SSMClient);
beforeEach(() => ssm.reset());
const there = (values: Readonly<Record<string, string>>) =>
  ssm.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
    Parameters: Names.filter((name) => name in values).map((Name) => ({
      Name,
      Type: "SecureString",
      Value: values[Name],
      Version: 4,
    })),
  }));
const tagged = (key: string, name: string) =>
  ssm.on(ListTagsForResourceCommand).resolves({ TagList: awsTags(key, name) });
const puts = () => ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input);

test("the new value lies beside the secret, under a key of its own, and is made once", async () => {
  there({ [SECRET]: "x" });
  expect(await createNext(aws, owner)).toBe(true);
  expect(puts()).toMatchObject([{ Name: NEXT, Type: "SecureString", Value: expect.stringMatching(/^\w{32}$/) }]);
  expect(puts()[0]?.Tags).toContainEqual({ Key: "buddyverse:key", Value: "database-password-next" });
  there({ [SECRET]: "x", [NEXT]: "y" });
  tagged("database-password-next", NEXT);
  expect(await createNext(aws, owner)).toBe(false);
  expect(puts()).toHaveLength(1);
  expect(await generatedSecret.find(aws, owner, SECRET)).toMatchObject({ rotating: true });
});

test("a parameter of somebody else's with that name is left alone: no rotation begins, and down deletes the secret only", async () => {
  there({ [SECRET]: "x", [NEXT]: "theirs" });
  ssm.on(ListTagsForResourceCommand).resolves({ TagList: [] });
  await expect(createNext(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  const live = await generatedSecret.find(aws, owner, SECRET);
  expect(live).toMatchObject({ rotating: false });
  if (live) await generatedSecret.delete?.(aws, live, { discardData: false, label: "" });
  expect(ssm.commandCalls(DeleteParameterCommand).map(({ args }) => args[0].input.Name)).toEqual([SECRET]);
});

test("the new value takes the secret's place once; a lost secret is made again with its tags", async () => {
  ssm.on(PutParameterCommand).resolves({ Version: 5 });
  there({ [SECRET]: "x", [NEXT]: "y" });
  expect(await adoptNext(aws, owner)).toBe(5);
  expect(puts()).toEqual([{ Name: SECRET, Type: "SecureString", Value: "y", Overwrite: true }]);
  there({ [SECRET]: "y", [NEXT]: "y" });
  expect(await adoptNext(aws, owner)).toBe(4);
  there({ [SECRET]: "x" });
  expect(await adoptNext(aws, owner)).toBeUndefined();
  expect(puts()).toHaveLength(1);
  there({ [NEXT]: "y" });
  expect(await adoptNext(aws, owner)).toBe(1);
  expect(puts()[1]).toMatchObject({ Name: SECRET, Value: "y", Tags: expect.any(Array) });
  expect(puts()[1]).not.toHaveProperty("Overwrite");
});
