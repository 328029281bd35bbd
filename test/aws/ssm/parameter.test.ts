import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParametersCommand,
  InvalidResourceId,
  ListTagsForResourceCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
  SSMServiceException,
} from "@aws-sdk/client-ssm";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { generatedSecret } from "../../../src/aws/ssm/generated-secret.ts";
import { parameter } from "../../../src/aws/ssm/parameter.ts";
import { awsTags, mocked, ownerOf, testAws } from "../aws.ts";

const NAME = "/buddyverse/test/database/primary";
const SECRET = "/buddyverse/test/database/password";
const owner = ownerOf("database-endpoint", NAME);
const secretOwner = ownerOf("database-password", SECRET);
const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ssm = mocked(SSMClient);
beforeEach(() => ssm.reset());
const sent = () => ssm.calls().map(({ args }) => args[0].constructor.name.replace("Command", ""));

describe("a parameter", () => {
  const there = (...parameters: object[]) => ssm.on(GetParametersCommand).resolves({ Parameters: parameters });

  test("recorded is found by its name, in one call with what else is looked for at that moment", async () => {
    there(
      { Name: NAME, Type: "String", Value: "db:3306" },
      { Name: SECRET, Type: "SecureString", Value: "AQICAH", Version: 3, LastModifiedDate: new Date(0) },
    );
    const [found, secret] = await Promise.all([
      parameter.find(aws, owner, NAME),
      generatedSecret.find(aws, secretOwner, SECRET),
    ]);
    expect(found).toMatchObject({ id: NAME, value: "db:3306" });
    // Nothing of the value, not even its cipher text.
    expect(secret).toEqual({
      id: SECRET,
      described: { Name: SECRET, Type: "SecureString", Version: 3, LastModifiedDate: new Date(0) },
      version: 3,
      writtenAt: "1970-01-01T00:00:00.000Z",
      rotating: false,
    });
    expect(sent()).toEqual(["GetParameters"]);
    // Nothing is decrypted.
    expect(ssm.commandCalls(GetParametersCommand)[0]?.args[0].input).toEqual({
      Names: [NAME, SECRET, `${SECRET}-next`],
    });
  });

  test("not recorded is ours by its tags, or said to be not ours", async () => {
    there({ Name: NAME, Type: "String", Value: "x" });
    ssm.on(ListTagsForResourceCommand).resolves({ TagList: awsTags(owner.key, NAME) });
    expect(await parameter.find(aws, owner)).toMatchObject({ id: NAME, value: "x" });
    ssm.on(ListTagsForResourceCommand).resolves({ TagList: [] });
    await expect(parameter.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  });

  test("that is not there is absent; one that vanishes while its tags are read too", async () => {
    there();
    expect(await parameter.find(aws, owner, NAME)).toBeUndefined();
    there({ Name: NAME, Type: "String", Value: "x" });
    ssm.on(ListTagsForResourceCommand).rejects(new InvalidResourceId(metadata));
    expect(await parameter.find(aws, owner)).toBeUndefined();
  });

  test("is swept by the stack's tag", async () => {
    ssm.on(DescribeParametersCommand).resolves({
      Parameters: [
        { Name: NAME, Type: "String" },
        { Name: SECRET, Type: "SecureString" },
      ],
    });
    expect((await parameter.list?.(aws, "test"))?.map(({ id }) => id)).toEqual([NAME]);
    expect((await generatedSecret.list?.(aws, "test"))?.map(({ id }) => id)).toEqual([SECRET]);
    expect(ssm.commandCalls(DescribeParametersCommand)[0]?.args[0].input.ParameterFilters).toEqual([
      { Key: "tag:buddyverse:stack", Option: "Equals", Values: ["test"] },
    ]);
  });

  test("is made with its tags and without Overwrite, which AWS refuses together", async () => {
    ssm.on(PutParameterCommand).resolves({});
    expect(await parameter.create?.(aws, { value: "db:3306" }, owner, "token")).toBe(NAME);
    const { input } = ssm.commandCalls(PutParameterCommand)[0]?.args[0] ?? {};
    expect(input).toMatchObject({ Name: NAME, Type: "String", Value: "db:3306" });
    expect(input?.Overwrite).toBeUndefined();
    expect(input?.Tags).toContainEqual({ Key: "buddyverse:key", Value: owner.key });
  });

  test("is changed by overwriting, without tags", async () => {
    ssm.on(PutParameterCommand).resolves({});
    await parameter.update?.(aws, { id: NAME, value: "old" }, { value: "new" }, new Set(["value"]), owner);
    expect(ssm.commandCalls(PutParameterCommand)[0]?.args[0].input).toEqual({
      Name: NAME,
      Type: "String",
      Value: "new",
      Overwrite: true,
    });
    expect(ssm.commandCalls(AddTagsToResourceCommand)).toHaveLength(0);
  });

  test("gone already is deleted; a denied delete is not", async () => {
    ssm.on(DeleteParameterCommand).rejectsOnce(new ParameterNotFound(metadata));
    await parameter.delete?.(aws, { id: NAME, value: "" }, { discardData: false, label: "1" });
    const denied = new SSMServiceException({ name: "AccessDeniedException", $fault: "client", ...metadata });
    ssm.on(DeleteParameterCommand).rejects(denied);
    await expect(parameter.delete?.(aws, { id: NAME, value: "" }, { discardData: false, label: "1" })).rejects.toBe(
      denied,
    );
  });

  test("a name that is taken is looked at again", () => {
    expect(isOneOf(new ParameterAlreadyExists(metadata), parameter.retryable?.create)).toBe(true);
    expect(isOneOf(new ParameterAlreadyExists(metadata), generatedSecret.retryable?.create)).toBe(true);
  });
});

describe("a generated secret", () => {
  test("is 32 letters and digits, which nothing takes for its own, and another each time", async () => {
    ssm.on(PutParameterCommand).resolves({});
    for (let time = 0; time < 50; time++) await generatedSecret.create?.(aws, {}, secretOwner, "token");
    const inputs = ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input);
    for (const input of inputs) {
      expect(input.Type).toBe("SecureString");
      expect(input.Value).toMatch(/^[A-Za-z0-9]{32}$/);
    }
    expect(new Set(inputs.map(({ Value }) => Value)).size).toBe(50);
  });
});
