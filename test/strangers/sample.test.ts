/** One change of each kind by a stranger; `all.test.ts` has all of them. */
import { beforeAll, expect, test } from "vitest";
import type { Snapshot } from "../../src/engine/snapshot.ts";
import { extrasView } from "../../src/report/views/extras.ts";
import { findExtras, lookAround, opensSomething } from "../../src/residuals/extras.ts";
import type { Recorded } from "../../src/state/state.ts";
import { type Standing, standing, told } from "./hand.ts";
import { CHANGES } from "./table.ts";
import { tried } from "./tried.ts";

let stack: Standing;
beforeAll(async () => {
  stack = await standing();
});

const sample = CHANGES.filter(
  ({ says: { kind } }, index) => CHANGES.findIndex(({ says }) => says.kind === kind) === index,
);
test.each(sample)("$type: $name", (change) => tried(stack, change));

/** What AWS tells of one object at a time, or of one property. */
const SEVERAL = {
  // enableDnsSupport and enableDnsHostnames: "You can specify only one attribute at a time" (API reference, DescribeVpcAttribute).
  "ec2:DescribeVpcAttribute": 2,
  // The roles of the web instances, the NAT instances and AWS Backup; the first two have profiles.
  "iam:GetInstanceProfile": 2,
  "iam:GetRole": 3,
  "iam:GetRolePolicy": 3,
  "iam:ListAttachedRolePolicies": 3,
};
/** The stack's by its tag, and the default one of the VPC, which has none; with what others have one call tells of all. */
const SEVERAL_OWN = { "ec2:DescribeSecurityGroups": 2 };
/** For what others have, besides. */
const SEVERAL_EXTRAS = {
  // Of a listener, HTTP and HTTPS.
  "elastic-load-balancing-v2:DescribeRules": 2,
  "iam:ListRolePolicies": 3,
};

test("status asks no kind twice but those that tell of one thing at a time: 58 calls, and 80 with what others have", async () => {
  const who = await stack.again();
  const { calls, config, stack: own } = who.on;
  const asked = async (look: () => Promise<unknown>) => {
    const before = calls.length;
    await look();
    const each = new Map<string, number>();
    for (const { service, operation } of calls.slice(before))
      each.set(`${service}:${operation}`, (each.get(`${service}:${operation}`) ?? 0) + 1);
    return { total: calls.length - before, several: Object.fromEntries([...each].filter(([, number]) => number > 1)) };
  };
  expect(await asked(() => own.refresh())).toEqual({
    total: 58,
    several: { ...SEVERAL, ...SEVERAL_OWN },
  });
  expect(await asked(() => lookAround(config.stack, own))).toEqual({
    total: 80,
    several: { ...SEVERAL, ...SEVERAL_EXTRAS },
  });
  const { off, extras } = await told(who);
  expect({ off, extras }).toEqual({ off: [], extras: { found: [], unseen: [] } });
});

test("a look with what others have finds what one without it finds, also with the VPC's id wrong, or the state lost", async () => {
  const { on } = await stack.again();
  const ids = ({ entries }: Snapshot) => [...entries].map(([key, { look }]) => [key, look.live?.id]);
  const same = async () => {
    const found = ids((await lookAround(on.config.stack, on.stack)).seen);
    expect(found).toEqual(ids(await on.refresh()));
    return found;
  };
  const all = await same();
  on.store.put("vpc", { ...(on.store.get("vpc") as Recorded), id: "vpc-0123456789abcdef0" });
  expect(await same()).toEqual(all);
  for (const key of Object.keys(on.store.resources)) on.store.drop(key);
  expect(Object.fromEntries(await same())).toMatchObject({
    "subnet-web-1": all.find(([key]) => key === "subnet-web-1")?.[1],
  });
});

test("what carries the stack's tags outside of its VPC is found with and without a look at others", async () => {
  const who = await stack.again();
  const { on } = who;
  const Tags = [
    { Key: "buddyverse:stack", Value: on.config.stack },
    { Key: "buddyverse:key", Value: "left-over" },
  ];
  const { Vpc } = await who.ec2("CreateVpc", { CidrBlock: "10.9.0.0/16" });
  await who.wait(60);
  const { Subnet } = await who.ec2("CreateSubnet", {
    VpcId: Vpc.VpcId,
    CidrBlock: "10.9.1.0/24",
    AvailabilityZone: on.config.zones[0],
    TagSpecifications: [{ ResourceType: "subnet", Tags }],
  });
  const { InternetGateway } = await who.ec2("CreateInternetGateway", {
    TagSpecifications: [
      { ResourceType: "internet-gateway", Tags: [Tags[0], { Key: "buddyverse:key", Value: "loose" }] },
    ],
  });
  await who.wait(60);
  const leftOver = (seen: Snapshot) => ["left-over", "loose"].map((key) => seen.entries.get(key)?.look.live?.id);
  const expected = [Subnet.SubnetId, InternetGateway.InternetGatewayId];
  expect(leftOver(await on.refresh())).toEqual(expected);
  expect(leftOver((await lookAround(on.config.stack, on.stack)).seen)).toEqual(expected);
});

test("what opens something is told first, with what it opens, whose it is and what removes it; only that makes a difference", async () => {
  const who = await stack.again();
  const { does: harmless } = CHANGES.find(({ name }) => name === "a subnet of theirs") ?? {};
  const { does: opening } = CHANGES.find(({ name }) => name === "a security group that lets everybody in") ?? {};
  await harmless?.(who);
  await who.wait(60);
  const before = await told(who);
  expect(opensSomething(before.extras)).toBe(false);
  await opening?.(who);
  await who.wait(60);
  const { extras } = await told(who);
  expect(opensSomething(extras)).toBe(true);
  expect(
    extrasView(extras, { width: 100 })
      .join("\n")
      .replaceAll(/(sg|subnet)-[0-9a-f]+/g, "$1-…"),
  ).toMatchInlineSnapshot(`
    "
    2 extras, not of this stack, left alone by \`up\`:
       ! opened to the world: security group open sg-… in the VPC
           lets in tcp 22 from 0.0.0.0/0
         subnet 172.31.77.0/24 subnet-… in the VPC
           of Owner=team-x"
  `);
  expect(extras.found[1]?.commands).toEqual([
    expect.stringMatching(/ec2 delete-subnet --subnet-id subnet-\w+ --region/),
  ]);
});

test("what may not be read is told of, and hides nothing else", async () => {
  const who = await stack.again();
  await CHANGES.find(({ name }) => name === "a hook before instances serve")?.does(who);
  await who.wait(60);
  const denied = Object.assign(new Error("not allowed"), { name: "AccessDenied" });
  const { aws } = who.on;
  const blind = { ...aws, elb: { ...aws.elb, describeRules: () => Promise.reject(denied) } };
  const s3 = { ...blind, s3: new Proxy(aws.s3, { get: () => () => Promise.reject(denied) }) };
  const found = await findExtras(s3 as typeof aws, who.on.config.stack, await who.on.refresh());
  expect(found.unseen).toContain("bucket policies: AccessDenied: not allowed");
  expect(found.found.map(({ id }) => id)).toEqual(["theirs"]);
});
