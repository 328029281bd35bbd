import { describe, expect, test } from "vitest";
import { connect, type TracedCall, type Wire } from "../../src/aws/connect.ts";
import { AmbiguousOutcome } from "../../src/aws/errors.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { awsError } from "../engine/toy.ts";

const network = { publicAddress: async () => "203.0.113.1", nameServers: async () => [] };

async function connected(answer: Wire["answer"], concurrency?: number) {
  const calls: TracedCall[] = [];
  const abort = new AbortController();
  const clock = jumpingClock(0);
  const wire: Wire = {
    async answer(service, operation, input) {
      if (operation === "GetCallerIdentity")
        return { Account: "111122223333", Arn: "arn:aws:iam::111122223333:user/u" };
      return answer(service, operation, input);
    },
  };
  const aws = await connect({
    region: "ap-northeast-2",
    clock,
    network,
    wire,
    signal: abort.signal,
    onCall: (call) => calls.push(call),
    concurrency,
    random: () => 1,
  });
  calls.length = 0;
  return { aws, calls, abort, clock };
}
const failing = (times: number, error: () => Error, then: object = {}) => {
  let left = times;
  return async () => {
    if (left-- > 0) throw error();
    return then;
  };
};

test("says who is calling, and traces each call once, with its attempts", async () => {
  const { aws, calls } = await connected(failing(2, () => awsError("RequestLimitExceeded", 503), { Vpcs: [] }));
  expect(aws.account).toBe("111122223333");
  await aws.ec2.describeVpcs({});
  expect(calls).toMatchObject([
    { service: "ec2", operation: "DescribeVpcs", attempts: 3, status: 200, error: undefined },
  ]);
});

describe("a lost answer", () => {
  test("of a call that reads is asked again", async () => {
    const { aws } = await connected(failing(1, () => awsError("InternalError", 500), { Vpcs: [] }));
    await expect(aws.ec2.describeVpcs({})).resolves.toMatchObject({ Vpcs: [] });
  });
  test("of a create without token or name is never sent twice", async () => {
    const { aws, calls } = await connected(
      failing(1, () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })),
    );
    await expect(aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).rejects.toBeInstanceOf(AmbiguousOutcome);
    expect(calls).toMatchObject([{ operation: "CreateVpc", attempts: 1 }]);
  });
  test("of a change that sets a value is sent again", async () => {
    const { aws } = await connected(failing(1, () => awsError("InternalError", 500)));
    await expect(
      aws.ec2.modifyVpcAttribute({ VpcId: "vpc-1", EnableDnsSupport: { Value: true } }),
    ).resolves.toBeDefined();
  });
});

test("throttling is waited out even for creates: AWS did nothing", async () => {
  const { aws, clock } = await connected(
    failing(4, () => awsError("RequestLimitExceeded", 503), { Vpc: { VpcId: "vpc-1" } }),
  );
  await expect(aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" })).resolves.toMatchObject({ Vpc: { VpcId: "vpc-1" } });
  expect(clock.now()).toBe(500 + 1_000 + 2_000 + 4_000);
});

test.each(["InsufficientInstanceCapacity", "VcpuLimitExceeded", "UnauthorizedOperation"])(
  "%s is an answer, not trouble: it is not retried",
  async (name) => {
    const { aws, calls } = await connected(failing(1, () => awsError(name, 500)));
    await expect(aws.ec2.describeVpcs({})).rejects.toMatchObject({ name });
    expect(calls[0]?.attempts).toBe(1);
  },
);

test("after an interrupt nothing new is sent", async () => {
  const { aws, calls, abort } = await connected(async () => ({}));
  abort.abort(new Error("stop"));
  await expect(aws.ec2.describeVpcs({})).rejects.toMatchObject({ code: "interrupted" });
  expect(calls).toEqual([]);
});

test("reads that are asked for together are one call; ids too", async () => {
  const { aws } = await connected(async () => ({}));
  let calls = 0;
  const count = async () => ++calls;
  expect(await Promise.all([aws.coalesce("k", count), aws.coalesce("k", count), aws.coalesce("other", count)])).toEqual(
    [1, 1, 2],
  );
  const read = async (ids: readonly string[]) =>
    new Map(ids.filter((id) => id !== "b").map((id) => [id, `${id} of ${ids.length}`]));
  expect(await Promise.all(["a", "b", "c"].map((id) => aws.batchById("k", id, read)))).toEqual([
    "a of 3",
    undefined,
    "c of 3",
  ]);
  expect(await aws.coalesce("k", count)).toBe(3);
});

test("credentials that AWS does not accept end it, with AWS's words", async () => {
  const wire: Wire = { answer: async () => Promise.reject(awsError("ExpiredToken")) };
  await expect(connect({ region: "ap-northeast-2", clock: jumpingClock(0), network, wire })).rejects.toMatchObject({
    code: "credentials",
    message: expect.stringContaining("ExpiredToken"),
  });
});

test("at most so many calls are under way; one that waits is not sent any more after an interrupt", async () => {
  const answers: ((answer: object) => void)[] = [];
  const ask = () =>
    new Promise<object>((done) => {
      answers.push(done);
      if (abort.signal.aborted) done({});
    });
  const { aws, calls, abort } = await connected(ask, 2);
  const sent = async (number: number) => {
    while (answers.length < number) await new Promise((done) => setImmediate(done));
    return answers.length;
  };
  const asked = Array.from({ length: 5 }, () => aws.ec2.createVpc({ CidrBlock: "10.0.0.0/16" }));
  const outcomes = Promise.allSettled(asked);
  await sent(2);
  answers[0]?.({ Vpc: { VpcId: "vpc-1" } });
  await asked[0];
  expect(await sent(3)).toBe(3);
  abort.abort();
  for (const answer of answers) answer({ Vpc: { VpcId: "vpc-2" } });
  expect((await outcomes).map(({ status }) => status)).toEqual([
    "fulfilled",
    "fulfilled",
    "fulfilled",
    "rejected",
    "rejected",
  ]);
  await expect(asked[4]).rejects.toMatchObject({ code: "interrupted" });
  expect(answers).toHaveLength(3);
  expect(calls).toHaveLength(3);
});

test("a service that is throttled is asked less at once, then more again; the others go on meanwhile", async () => {
  let throttled = true;
  const underWay = new Map<string, number>();
  const most: Record<string, number> = {};
  const { aws, clock } = await connected(async (service) => {
    underWay.set(service, (underWay.get(service) ?? 0) + 1);
    most[service] = Math.max(most[service] ?? 0, underWay.get(service) ?? 0);
    await clock.sleep(100);
    underWay.set(service, (underWay.get(service) ?? 0) - 1);
    if (service === "ec2" && throttled) throw awsError("RequestLimitExceeded", 503);
    return {};
  }, 8);
  const ofEc2 = (count: number) => Promise.all(Array.from({ length: count }, () => aws.ec2.describeVpcs({})));
  const first = ofEc2(8).catch((error: unknown) => error);
  await clock.sleep(5_000);
  // Its calls are waiting for their next attempts: none of them holds up another service.
  const started = clock.now();
  await Promise.all(Array.from({ length: 4 }, () => aws.iam.getRole({ RoleName: "r" })));
  expect(clock.now() - started).toBeLessThanOrEqual(400);
  throttled = false;
  await first;
  most.ec2 = 0;
  await ofEc2(4);
  expect(most.ec2).toBeLessThanOrEqual(4);
  await ofEc2(60);
  most.ec2 = 0;
  await ofEc2(16);
  expect(most.ec2).toBe(8);
});
