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
import { mockClient } from "aws-sdk-client-mock";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Aws } from "../../../src/aws/aws.ts";
import { isOneOf } from "../../../src/aws/errors.ts";
import { generatedSecret } from "../../../steps/resources/ssm/generated-secret.ts";
import { parameter } from "../../../steps/resources/ssm/parameter.ts";
import { awsTags, ownerOf, testAws } from "../aws.ts";

const NAME = "/buddyverse/test/database/primary";
const SECRET = "/buddyverse/test/database/password";
const owner = ownerOf("database-endpoint", NAME);
const secretOwner = ownerOf("database-password", SECRET);
const metadata = { $metadata: { httpStatusCode: 400, attempts: 1 }, message: "no" };

let aws: Aws;
beforeAll(async () => {
  aws = await testAws();
});
const ssm = mockClient(SSMClient);
beforeEach(() => ssm.reset());
const sent = () => ssm.calls().map(({ args }) => args[0].constructor.name.replace("Command", ""));

describe("a parameter", () => {
  test("is found by its name, and its tag filter says that it is ours", async () => {
    ssm.on(DescribeParametersCommand).resolves({ Parameters: [{ Name: NAME, Type: "String" }] });
    ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: NAME, Value: "db:3306" }] });
    expect(await parameter.find(aws, owner)).toEqual({ id: NAME, value: "db:3306" });
    expect(ssm.commandCalls(DescribeParametersCommand)[0]?.args[0].input.ParameterFilters).toEqual([
      { Key: "tag:buddyverse:stack", Option: "Equals", Values: ["test"] },
    ]);
    expect(sent()).toEqual(["DescribeParameters", "GetParameters"]);
  });

  test("of 12, looked at at the same moment, takes one list and two reads of ten names at most", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `/p/${index}`);
    ssm.on(DescribeParametersCommand).resolves({ Parameters: names.map((Name) => ({ Name, Type: "String" })) });
    ssm.on(GetParametersCommand).callsFake(({ Names }: { Names: string[] }) => ({
      Parameters: Names.map((Name) => ({ Name, Value: `value of ${Name}` })),
    }));
    const found = await Promise.all(names.map((name) => parameter.find(aws, ownerOf("k", name))));
    expect(found.map((one) => one?.value)).toEqual(names.map((name) => `value of ${name}`));
    expect(sent()).toEqual(["DescribeParameters", "GetParameters", "GetParameters"]);
  });

  test("of somebody else is said to be not ours", async () => {
    ssm.on(DescribeParametersCommand).resolves({});
    ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: NAME, Value: "x" }] });
    ssm.on(ListTagsForResourceCommand).resolves({ TagList: [] });
    await expect(parameter.find(aws, owner)).rejects.toMatchObject({ code: "not-ours" });
  });

  test("that the tag filter does not show yet is found by its own tags", async () => {
    ssm.on(DescribeParametersCommand).resolves({});
    ssm.on(GetParametersCommand).resolves({ Parameters: [{ Name: NAME, Value: "x" }] });
    ssm.on(ListTagsForResourceCommand).resolves({ TagList: awsTags(owner.key, NAME) });
    expect(await parameter.find(aws, owner)).toEqual({ id: NAME, value: "x" });
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
  test("is 32 characters that RDS, shells and config files take, and another each time", async () => {
    ssm.on(PutParameterCommand).resolves({});
    for (let time = 0; time < 50; time++) await generatedSecret.create?.(aws, {}, secretOwner, "token");
    const inputs = ssm.commandCalls(PutParameterCommand).map(({ args }) => args[0].input);
    for (const input of inputs) {
      expect(input.Type).toBe("SecureString");
      expect(input.Value).toMatch(/^[!-~]{32}$/);
      expect(input.Value).not.toMatch(/[/"@'\\`$ ]/);
    }
    expect(new Set(inputs.map(({ Value }) => Value)).size).toBe(50);
  });

  test("is found without ever being read", async () => {
    ssm.on(DescribeParametersCommand).resolves({ Parameters: [{ Name: SECRET, Type: "SecureString" }] });
    expect(await generatedSecret.find(aws, secretOwner)).toEqual({ id: SECRET });
    expect(sent()).toEqual(["DescribeParameters"]);
  });

  test("absent is undefined; of somebody else is not ours", async () => {
    ssm.on(DescribeParametersCommand).resolves({});
    ssm.on(ListTagsForResourceCommand).rejectsOnce(new InvalidResourceId(metadata));
    expect(await generatedSecret.find(aws, secretOwner)).toBeUndefined();
    ssm.on(ListTagsForResourceCommand).resolves({ TagList: [{ Key: "Name", Value: "theirs" }] });
    await expect(generatedSecret.find(aws, secretOwner)).rejects.toMatchObject({ code: "not-ours" });
  });
});
