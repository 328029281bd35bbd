import { CreateFileSystemCommand, DescribeFileSystemsCommand } from "@aws-sdk/client-efs";
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
} from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { stranger } from "../stranger.ts";

const START = Date.UTC(2026, 10, 22, 9, 0, 0);
const ARN = /^arn:aws:kms:ap-northeast-2:111122223333:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const refused = (call: Promise<unknown>) =>
  call.then(
    () => "done",
    ({ name, message }: Error) => `${name}: ${message}`,
  );

function account() {
  const clock = jumpingClock(START);
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: START, seed: 7 }), clock });
  return { clock, ...stranger(sandbox) };
}

test("a key is known by id, ARN and alias; what is not there is refused in KMS's words", async () => {
  const { clock, kms } = account();
  const describe = (KeyId: string) => kms.send(new DescribeKeyCommand({ KeyId }));
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: "data" }));
  const { Arn = "", KeyId = "" } = KeyMetadata ?? {};
  expect(Arn).toMatch(ARN);
  await clock.sleep(10_000);
  await kms.send(new CreateAliasCommand({ AliasName: "alias/data", TargetKeyId: KeyId }));
  await clock.sleep(10_000);
  for (const name of [KeyId, Arn, "alias/data", Arn.replace(/key\/.*/, "alias/data")])
    expect((await describe(name)).KeyMetadata).toMatchObject({ Arn, KeyState: "Enabled", KeyManager: "CUSTOMER" });

  expect(await refused(describe("alias/none"))).toBe(
    "NotFoundException: Alias arn:aws:kms:ap-northeast-2:111122223333:alias/none is not found.",
  );
  expect(await refused(describe(Arn.replace(/.$/, "x")))).toMatch(/^NotFoundException: Key 'arn:.*' does not exist$/);
  expect(await refused(describe("data"))).toBe("NotFoundException: Invalid keyId 'data'");
  expect(await refused(describe(Arn.replace("ap-northeast-2", "eu-west-1")))).toBe(
    "InvalidArnException: Invalid arn eu-west-1",
  );
  expect(await refused(describe(Arn.replace("111122223333", "444455556666")))).toMatch(
    /^AccessDeniedException: User: /,
  );
  expect(await refused(kms.send(new CreateAliasCommand({ AliasName: "alias/data", TargetKeyId: KeyId })))).toMatch(
    /^AlreadyExistsException: An alias with the name .*alias\/data already exists/,
  );
});

test("AWS's own keys come when they are asked for; an alias moves between keys of one kind only", async () => {
  const { clock, kms } = account();
  const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId: "alias/aws/rds" }));
  expect(KeyMetadata).toMatchObject({ Arn: expect.stringMatching(ARN), KeyManager: "AWS", KeyState: "Enabled" });
  expect(await refused(kms.send(new DisableKeyCommand({ KeyId: KeyMetadata?.Arn })))).toMatch(/^AccessDeniedException/);
  const data = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.KeyId as string;
  const signing = (await kms.send(new CreateKeyCommand({ KeySpec: "RSA_2048", KeyUsage: "SIGN_VERIFY" }))).KeyMetadata;
  await clock.sleep(10_000);
  await kms.send(new CreateAliasCommand({ AliasName: "alias/data", TargetKeyId: data }));
  await clock.sleep(10_000);
  const move = new UpdateAliasCommand({ AliasName: "alias/data", TargetKeyId: signing?.KeyId });
  expect(await refused(kms.send(move))).toMatch(/^KMSInvalidStateException/);
});

test("a key that is to be deleted is gone in time; files are encrypted with no key that cannot be used", async () => {
  const { clock, kms, efs } = account();
  const key = (await kms.send(new CreateKeyCommand({}))).KeyMetadata?.Arn as string;
  await clock.sleep(10_000);
  const create = (CreationToken: string, more: object) =>
    efs.send(new CreateFileSystemCommand({ CreationToken, Encrypted: true, ...more }));
  await create("own", { KmsKeyId: key });
  await create("aws", {});
  await kms.send(new ScheduleKeyDeletionCommand({ KeyId: key, PendingWindowInDays: 7 }));
  await clock.sleep(10_000);
  expect(await refused(create("late", { KmsKeyId: key }))).toMatch(/^BadRequest: .*\[error=NotFoundException\]/);
  expect(await refused(create("plain", { KmsKeyId: key, Encrypted: false }))).toMatch(/^BadRequest/);
  const { FileSystems = [] } = await efs.send(new DescribeFileSystemsCommand({}));
  expect(FileSystems.map(({ CreationToken, KmsKeyId }) => [CreationToken, KmsKeyId === key]).sort()).toEqual([
    ["aws", false],
    ["own", true],
  ]);
  await clock.sleep(8 * 86_400_000);
  expect(await refused(kms.send(new DescribeKeyCommand({ KeyId: key })))).toMatch(/^NotFoundException/);
});
