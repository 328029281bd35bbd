/** One change of each kind by a stranger; `all.test.ts` has all of them. */
import { beforeAll, expect, test } from "vitest";
import { extrasView } from "../../src/report/views/extras.ts";
import { findExtras, opensSomething } from "../../src/residuals/extras.ts";
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

test("status asks each kind but once or twice, and nothing is extra in a stack that nobody touched", async () => {
  const who = await stack.again();
  const { calls } = who.on;
  const connected = calls.length;
  await who.on.status();
  const managed = calls.length - connected;
  expect(managed).toBeLessThanOrEqual(60);
  const { off, extras } = await told(who);
  expect({ off, extras }).toEqual({ off: [], extras: { found: [], unseen: [] } });
  // A look, a look for status, and the extra ones.
  expect(calls.length - connected - 3 * managed).toBeLessThanOrEqual(36);
  const each = new Map<string, number>();
  for (const { service, operation } of calls.slice(connected + 3 * managed))
    each.set(`${service}:${operation}`, (each.get(`${service}:${operation}`) ?? 0) + 1);
  // Of what AWS tells of one object at a time: three roles, two listeners, and both sides of a peering.
  expect(
    [...each]
      .filter(([, number]) => number > 1)
      .map(([name, number]) => `${number} ${name}`)
      .sort(),
  ).toEqual([
    "2 ec2:DescribeVpcPeeringConnections",
    "2 elastic-load-balancing-v2:DescribeRules",
    "3 iam:ListRolePolicies",
  ]);
});

test("what opens something is told first, with what it opens, whose it is and what removes it; only that makes a difference", async () => {
  const who = await stack.again();
  const { does: harmless } = CHANGES.find(({ name }) => name === "a subnet of theirs") ?? {};
  const { does: opening } = CHANGES.find(({ name }) => name === "a rule in the default group") ?? {};
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
       ! opened to the world: rule of the VPC's default security group sg-… in the VPC
           tcp 5432 from 0.0.0.0/0
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
