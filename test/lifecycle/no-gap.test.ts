/** Changes of a standing stack, watched second by second: whether each zone has a way out. */
import { beforeAll, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Result } from "../../src/engine/apply.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { newKeyPair } from "../../src/lib/key-pair.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { watchedSite } from "./site-watch.ts";
import { INPUTS, type Stage, stage, stageOn } from "./stage.ts";
import { watched } from "./watched.ts";

type Failing = NonNullable<Stage["sandbox"]["world"]["failures"]>[number];

let base: Stage;
beforeAll(async () => {
  base = await stage();
  await base.up();
});

let tokens = 0;
/** As of several processes: no two are the same. */
const token = () => `t${++tokens}x`.padEnd(30, "0");

/** A copy of a stack, as it stands, with another config. */
function changed(
  from: Stage,
  given: object,
  { stateless = false, inputs = INPUTS }: { readonly stateless?: boolean; readonly inputs?: typeof INPUTS } = {},
): Promise<Stage> {
  const clock = jumpingClock(from.clock.now());
  const sandbox = openSandbox({ world: structuredClone(from.sandbox.world), clock });
  const text = memoryText();
  if (!stateless) text.text = from.text.text;
  return stageOn(parseConfig(given, "test.config.json"), clock, sandbox, text, undefined, token, inputs, {
    replace: true,
    allowOutage: true,
  });
}

const bad = ({ settled }: Result) =>
  settled.flatMap(({ key, outcome, reason }) =>
    ["failed", "skipped", "interrupted"].includes(outcome) ? [`${key} ${outcome}: ${reason}`] : [],
  );
/** Of the living instances with that name. */
async function instancesNamed(on: Stage, name: string) {
  const { Reservations = [] } = await on.aws.ec2.describeInstances({
    Filters: [
      { Name: "tag:Name", Values: [name] },
      { Name: "instance-state-name", Values: ["pending", "running", "stopping", "stopped"] },
    ],
  });
  return Reservations.flatMap(({ Instances = [] }) => Instances);
}
const typesOf = async (on: Stage, ...names: readonly string[]) =>
  (await Promise.all(names.map((name) => instancesNamed(on, name)))).flat().map(({ InstanceType }) => InstanceType);
const launches = (on: Stage) =>
  on.writes().flatMap((call) => /^ec2:(RunInstances|ReplaceRoute|TerminateInstances)$/.exec(call)?.[1] ?? []);

test("NAT instances of another type: the new one beside the old one, one zone after the other", async () => {
  const config = { nat: { instanceType: "t3.small" } };
  const on = await changed(base, config);
  const { result, cut } = await watched(on, on.up());
  expect(bad(result)).toEqual([]);
  expect(cut).toEqual({});
  expect(await typesOf(on, "Buddy-NAT1", "Buddy-NAT2")).toEqual(["t3.small", "t3.small"]);
  const turn = ["RunInstances", "ReplaceRoute", "TerminateInstances"];
  expect(launches(on)).toEqual([...turn, ...turn]);
  expect(isEmpty(planUp(await on.refresh(true)))).toBe(true);
  expect(Object.keys(on.store.resources).filter((key) => key.includes("#"))).toEqual([]);
  // Without the state they are found by their tags.
  const lost = await changed(on, config, { stateless: true });
  expect(isEmpty(planUp(await lost.refresh(true)))).toBe(true);
});

test("bastions of another type: one of them is always there, and the way in is made before the old one goes", async () => {
  const on = await changed(base, { bastion: { instanceType: "t3.small" } });
  expect(bad(await on.up())).toEqual([]);
  expect(await typesOf(on, "Bastion1", "Bastion2")).toEqual(["t3.small", "t3.small"]);
  const turn = ["RunInstances", "TerminateInstances"];
  expect(launches(on)).toEqual([...turn, ...turn]);
});

test("a way out through instances in place of gateways: the route moves when the instance forwards", async () => {
  const gateways = await changed(base, { nat: { mode: "gateway" } });
  expect(await watched(gateways, gateways.up())).toMatchObject({ cut: {} });
  const on = await changed(gateways, {});
  const { result, cut } = await watched(on, on.up());
  expect(bad(result)).toEqual([]);
  expect(cut).toEqual({});
});

test.each<[string, string, object | undefined]>([
  ["AWS refuses", "t3.mega", undefined],
  ["dies at its launch", "t3.small", { kind: "launch", about: "t3.small" }],
  ["does not come to forward", "t3.small", { kind: "nat", about: "fails" }],
])(
  "a NAT that %s: the old one goes on, the other zone is not touched; put back, nothing is made",
  async (_what, type, fault) => {
    const on = await changed(base, { nat: { instanceType: type } });
    const ids = (of: Stage) => ["nat-instance-1", "nat-instance-2"].map((key) => of.store.get(key)?.id);
    const before = ids(on);
    on.sandbox.world.failures = fault ? [{ ...fault, from: on.clock.now() } as Failing] : [];
    const { result, cut } = await watched(on, on.up());
    expect(bad(result)[0]).toMatch(/nat-instance-1 failed/);
    expect(cut).toEqual({});
    expect(ids(on)[1]).toBe(before[1]);
    const back = await changed(on, {});
    back.sandbox.world.failures = [];
    const again = await watched(back, back.up());
    expect(bad(again.result)).toEqual([]);
    expect(again.cut).toEqual({});
    expect(ids(back)).toEqual(before);
    expect(back.writes().filter((call) => call === "ec2:RunInstances")).toEqual([]);
    expect(await typesOf(back, "Buddy-NAT1", "Buddy-NAT2")).toEqual(["t3.micro", "t3.micro"]);
  },
);

const B = "ap-northeast-2b";
/** Three zones, the third of them in that place. */
function inThreeZones(place: number) {
  const add = <T>(list: readonly T[], one: T) => [...list.slice(0, place), one, ...list.slice(place)];
  const { zones, network } = parseConfig({}, "test.config.json");
  return {
    zones: add(zones, B),
    network: {
      public: add(network.public, "172.31.30.0/24"),
      web: add(network.web, "172.31.31.0/24"),
      db: add(network.db, "172.31.32.0/24"),
    },
    web: { min: 3, desired: 3 },
  };
}

test("a zone taken out: its instances leave and drain first, then what they use goes", async () => {
  const three = await changed(base, inThreeZones(2));
  expect(await watched(three, three.up())).toMatchObject({ cut: {} });
  await three.clock.sleep(300_000);
  for (const stateless of [false, true]) {
    const on = await changed(three, { web: { min: 3, desired: 3 } }, { stateless });
    Object.assign(on.run, { allowOutage: false, replace: false });
    const { result, cut } = await watched(on, on.up());
    expect(bad(result)).toEqual([]);
    expect(cut).toEqual({});
    expect(isEmpty(planUp(await on.refresh(true)))).toBe(true);
    const { Subnets } = await on.aws.ec2.describeSubnets({
      Filters: [
        { Name: "availability-zone", Values: [B] },
        { Name: "tag:buddyverse:stack", Values: ["buddyverse"] },
      ],
    });
    expect(Subnets).toEqual([]);
  }
});

test("a zone put in the middle, or first, is one more: nothing of the others is touched; so is one taken out of the middle", async () => {
  for (const place of [1, 0]) {
    const config = inThreeZones(place);
    const on = await changed(base, config);
    Object.assign(on.run, { replace: false });
    const ids = Object.entries(on.store.resources).map(([key, { id }]) => [key, id]);
    const { result, cut } = await watched(on, on.up());
    expect(bad(result)).toEqual([]);
    expect(cut).toEqual({});
    expect(Object.entries(on.store.resources).map(([key, { id }]) => [key, id])).toEqual(expect.arrayContaining(ids));
    expect((await instancesNamed(on, "Buddy-NAT3")).map(({ Placement }) => Placement?.AvailabilityZone)).toEqual([B]);
    for (const stateless of [false, true])
      expect(isEmpty(planUp(await (await changed(on, config, { stateless })).refresh(true)))).toBe(true);
    // The zone of the replica, which is a copy, is between the others by now, and goes.
    const two = await changed(on, { web: config.web });
    expect(bad(await two.up())).toEqual([]);
    expect(Object.entries(two.store.resources).map(([key, { id }]) => [key, id])).toEqual(expect.arrayContaining(ids));
    expect(isEmpty(planUp(await two.refresh(true)))).toBe(true);
  }
});

test("a zone takes another's place: the way out and the site go on, and what was in the other one goes last", async () => {
  const standing = await changed(base, { web: { min: 3, desired: 3 }, database: { replica: false } });
  await standing.up();
  await standing.clock.sleep(600_000);
  standing.sandbox.settle();
  const { zones, network } = standing.config;
  const [first] = zones as readonly [string];
  const config = {
    zones: [first, B],
    network: {
      public: [network.public[0], "172.31.30.0/24"],
      web: [network.web[0], "172.31.31.0/24"],
      db: [network.db[0], "172.31.32.0/24"],
    },
    web: { min: 3, desired: 3 },
    database: { replica: false },
  };
  for (const stateless of [false, true]) {
    const on = await changed(standing, config, { stateless });
    const { result: seen, cut } = await watched(on, watchedSite(on, on.up()));
    expect(bad(seen.result)).toEqual([]);
    expect(cut).toEqual({});
    expect([...seen.silent]).toEqual([]);
    expect(isEmpty(planUp(await on.refresh(true)))).toBe(true);
  }
});

test("the zone in the middle goes with its objects, the others keep their numbers", async () => {
  const three = await changed(base, inThreeZones(2));
  await three.up();
  const rest = (list: readonly string[]) => list.filter((_one, index) => index !== 1);
  const { zones, network } = three.config;
  const config = {
    zones: rest(zones),
    network: { public: rest(network.public), web: rest(network.web), db: rest(network.db) },
    web: { min: 3, desired: 3 },
  };
  // The replica is in that zone: it goes, too.
  const on = await changed(three, { ...config, database: { replica: false } });
  const { result, cut } = await watched(on, on.up());
  expect(bad(result)).toEqual([]);
  expect(cut).toEqual({});
  expect((await instancesNamed(on, "Buddy-NAT3")).map(({ Placement }) => Placement?.AvailabilityZone)).toEqual([B]);
  expect(await instancesNamed(on, "Buddy-NAT2")).toEqual([]);
  for (const stateless of [false, true]) {
    const again = await changed(on, { ...config, database: { replica: false } }, { stateless });
    expect(isEmpty(planUp(await again.refresh(true)))).toBe(true);
  }
});

test("another key: every machine is replaced by one that has it, and no machine that is left lets the old one in", async () => {
  const inputs = { ...INPUTS, publicKey: newKeyPair("another").publicKey };
  const on = await changed(base, {}, { inputs });
  const { result, cut } = await watched(on, on.up());
  expect(bad(result)).toEqual([]);
  expect(cut).toEqual({});
  const living = ["Buddy-NAT1", "Buddy-NAT2", "Bastion1", "Bastion2", "Buddy-WEB"];
  const machines = (await Promise.all(living.map((name) => instancesNamed(on, name)))).flat();
  expect(machines.map(({ KeyName }) => KeyName)).toEqual(Array(6).fill("Buddy-Project-2"));
  const pairs = async (of: Stage) => (await of.aws.ec2.describeKeyPairs({})).KeyPairs?.map(({ KeyName }) => KeyName);
  expect(await pairs(on)).toEqual(["Buddy-Project-2"]);
  for (const stateless of [false, true])
    expect(isEmpty(planUp(await (await changed(on, {}, { inputs, stateless })).refresh(true)))).toBe(true);
  const again = await changed(on, {}, { inputs: { ...INPUTS, publicKey: newKeyPair("third").publicKey } });
  expect(bad(await again.up())).toEqual([]);
  expect(await pairs(again)).toEqual(["Buddy-Project-3"]);
  expect((await again.down()).filter(({ outcome }) => outcome === "failed")).toEqual([]);
  expect(await pairs(again)).toEqual([]);
});
