import { beforeEach, expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { oneLook } from "../../src/aws/look.ts";

/** What was sent, and how the next is answered. */
let sent: string[];
let answer: () => Promise<object>;
const aws = {
  region: "eu-west-1",
  ec2: new Proxy(
    {},
    {
      get: (_target, method: string) => (input: object) => {
        sent.push(`${method} ${JSON.stringify(input)}`);
        return answer();
      },
    },
  ),
} as unknown as Aws;

beforeEach(() => {
  sent = [];
  answer = async () => ({ NextToken: `${sent.length}` });
});

test("what was asked once is not asked again, at the same moment or later; another input is another question", async () => {
  const look = oneLook(aws);
  const first = await Promise.all([look.ec2.describeVpcs({}), look.ec2.describeVpcs({ NextToken: undefined })]);
  const later = [await look.ec2.describeVpcs({}), await look.ec2.describeVpcs({ VpcIds: ["vpc-1"] })];
  expect([...first, ...later].map(({ NextToken }) => NextToken)).toEqual(["1", "1", "1", "2"]);
  expect(sent).toEqual(["describeVpcs {}", 'describeVpcs {"VpcIds":["vpc-1"]}']);
  expect(look.region).toBe("eu-west-1");
});

test("another look asks anew", async () => {
  await oneLook(aws).ec2.describeVpcs({});
  await oneLook(aws).ec2.describeVpcs({});
  expect(sent).toHaveLength(2);
});

test("a failure is not kept: who tries again gets the answer", async () => {
  const look = oneLook(aws);
  answer = () => Promise.reject(new Error("throttled"));
  await expect(look.ec2.describeVpcs({})).rejects.toThrow("throttled");
  answer = async () => ({ Vpcs: [] });
  expect(await look.ec2.describeVpcs({})).toEqual({ Vpcs: [] });
});

test("what changes something is always sent", async () => {
  const look = oneLook(aws);
  await look.ec2.deleteVpc({ VpcId: "vpc-1" });
  await look.ec2.deleteVpc({ VpcId: "vpc-1" });
  expect(sent).toHaveLength(2);
});
