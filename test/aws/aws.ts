import { STSClient } from "@aws-sdk/client-sts";
import { mockClient } from "aws-sdk-client-mock";
import { afterAll, onTestFinished } from "vitest";
import { getCurrentTest } from "vitest/suite";
import type { Aws } from "../../src/aws/aws.ts";
import { connect } from "../../src/aws/connect.ts";
import { KEY_TAG, ownershipTags, STACK_TAG } from "../../src/aws/owned.ts";
import type { Owner } from "../../src/engine/resource.ts";
import { realClock } from "../../src/lib/clock.ts";

/** An `Aws` over the SDK's own clients: mock those that the test uses with `mocked`. */
export async function testAws(): Promise<Aws> {
  const sts = mockClient(STSClient);
  sts.onAnyCommand().resolves({ Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/test" });
  try {
    return await connect({
      region: "ap-northeast-2",
      clock: realClock(),
      network: { publicAddress: async () => "203.0.113.10", nameServers: async () => [] },
    });
  } finally {
    sts.restore();
  }
}

/** A mock of one of the SDK's clients, until the test that asked for it has ended, or all of the file's: others have the real one. */
export const mocked: typeof mockClient = (client) => {
  const mock = mockClient(client);
  const end = getCurrentTest() ? onTestFinished : afterAll;
  end(() => mock.restore());
  return mock;
};

/** The owner of an object of stack "test". */
export const ownerOf = (key: string, name: string): Owner => ({
  stack: "test",
  key,
  name,
  tags: ownershipTags("test", key, name, {}),
  needs: [],
});

/** The tags of an object of stack "test", as AWS lists them, with one of AWS's own. */
export const awsTags = (key: string, name: string): { Key: string; Value: string }[] => [
  { Key: "aws:cloudformation:stack-name", Value: "x" },
  { Key: STACK_TAG, Value: "test" },
  { Key: "Name", Value: name },
  { Key: KEY_TAG, Value: key },
];
