/** Changes of a standing stack, watched second by second: whether each zone has a way out. */
import { beforeAll, expect, test } from "vitest";
import { memoryText } from "../../src/cli/sandbox-stack.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Result } from "../../src/engine/apply.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { INPUTS, type Stage, stage, stageOn } from "./stage.ts";
import { watched } from "./watched.ts";

type Failing = NonNullable<Stage["sandbox"]["world"]["failures"]>[number];

let base: Stage;
beforeAll(async () => {
  base = await stage();
  await base.up();
});

/** A copy of a stack, as it stands, with another config. */
function changed(from: Stage, given: object, { stateless = false } = {}): Promise<Stage> {
  const clock = jumpingClock(from.clock.now());
  const sandbox = openSandbox({ world: structuredClone(from.sandbox.world), clock });
  const text = memoryText();
  if (!stateless) text.text = from.text.text;
  return stageOn(parseConfig(given, "test.config.json"), clock, sandbox, text, undefined, undefined, INPUTS, {
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
