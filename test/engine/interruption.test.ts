/** Changes in place that somebody notices, or that others go before. */
import { expect, test } from "vitest";
import { applyUp } from "../../src/engine/apply.ts";
import { graphOf } from "../../src/engine/graph.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { type ResourceType, resource, type Step, step } from "../../src/engine/resource.ts";
import type { Run } from "../../src/engine/run.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { statusOf } from "../../src/engine/status.ts";
import { playground, type ToyLive, type ToySpec } from "./toy.ts";

type Playground = ReturnType<typeof playground>;
type Toy = ResourceType<ToySpec, ToyLive>;
const options = { stack: "s", sweep: "known" as const };
const look = (on: Playground, toys: Step["resources"], run: Run = on.run) =>
  takeSnapshot(run, graphOf([step("toys", toys)], "s", {}), on.types, options);
const up = async (on: Playground, toys: Step["resources"], run: Run = on.run) =>
  (await applyUp(run, await look(on, toys, run))).settled;
const outcomes = (settled: readonly { key: string; outcome: string }[]) =>
  Object.fromEntries(settled.map(({ key, outcome }) => [key, outcome]));
const writes = (on: Playground) => on.cloud.calls.filter((verb) => verb !== "find");

const noticed: Partial<Toy> = {
  interruption: (changed, { id }, { colour }) =>
    changed.has("colour")
      ? {
          what: `${id.slice(0, 5)} is away`,
          seconds: 90,
          ...(colour === "black" ? { final: "never white again" } : {}),
        }
      : undefined,
};
const painted = (on: Playground, colour: string) => ({ a: resource(on.type, "a", "a", {}, () => ({ colour })) });

test("an interruption is in the plan with its time, and refused unless it is allowed", async () => {
  const on = playground(noticed);
  await up(on, painted(on, "red"));
  on.cloud.calls.length = 0;
  const allowed = { ...on.run, allowOutage: true };
  const plan = planUp(await look(on, painted(on, "blue"), allowed));
  expect(plan).toMatchObject({
    items: [{ action: "update", interruption: { kind: "outage", what: "toy-1 is away", seconds: 90 } }],
    seconds: 90,
  });
  await expect(up(on, painted(on, "blue"))).rejects.toMatchObject({
    code: "refused",
    message: "toy-1 is away",
    hint: expect.stringContaining("--allow-outage"),
  });
  expect(writes(on)).toEqual([]);
  expect(outcomes(await up(on, painted(on, "blue"), allowed))).toEqual({ a: "updated" });
});

test("one that only the run meets is refused as one in the plan", async () => {
  const on = playground(noticed);
  await up(on, painted(on, "red"));
  const found = await look(on, painted(on, "red"));
  const [id, toy] = [...on.cloud.toys][0] as [string, ToyLive];
  on.cloud.toys.set(id, { ...toy, colour: "grey", tags: { ...toy.tags, Name: "b" } } as never);
  // Something else is to be done to it, so that it is looked at again.
  const entries = new Map(
    [...found.entries].map(([key, one]) => [key, { ...one, decision: { kind: "update" as const, differences: [] } }]),
  );
  on.cloud.calls.length = 0;
  const { settled } = await applyUp(on.run, { ...found, entries });
  expect(settled[0]).toMatchObject({ outcome: "failed", error: { code: "refused", message: "toy-1 is away" } });
  expect(writes(on)).toEqual([]);
});

test("what is final is asked for by its name, whatever else is allowed", async () => {
  const on = playground(noticed);
  await up(on, painted(on, "red"));
  const toys = painted(on, "black");
  const allowed = { ...on.run, allowOutage: true };
  await expect(up(on, toys, allowed)).rejects.toMatchObject({
    message: "toy-1 is away. never white again",
    hint: expect.stringContaining("--upgrade a"),
  });
  await expect(up(on, toys, { ...allowed, upgrade: new Set(["b"]) })).rejects.toMatchObject({ code: "refused" });
  expect(outcomes(await up(on, toys, { ...allowed, upgrade: new Set(["a"]) }))).toEqual({ a: "updated" });
});

test("what AWS never does is refused where nothing else is to be done, too, and shown", async () => {
  const on = playground({
    same: { colour: () => true },
    impossible: (live, { colour }, applied) =>
      applied.colour !== colour ? { message: `${live.colour} stays`, hint: `Put ${applied.colour} back.` } : undefined,
  });
  await up(on, painted(on, "red"));
  on.cloud.calls.length = 0;
  const found = await look(on, painted(on, "blue"));
  expect(planUp(found).items[0]).toMatchObject({ action: "blocked", reason: "red stays", refused: "Put red back." });
  expect(isEmpty(planUp(found))).toBe(false);
  expect(statusOf(found)[0]).toMatchObject({ standing: "blocked", reason: "red stays" });
  await expect(up(on, painted(on, "blue"))).rejects.toMatchObject({ code: "refused", message: "red stays" });
  expect(writes(on)).toEqual([]);
});

test("a note is no difference: shown by plan and status, nothing to do", async () => {
  const on = playground({ notes: ({ colour }) => [`it is ${colour}`] });
  await up(on, painted(on, "red"));
  const found = await look(on, painted(on, "red"));
  expect(planUp(found).items[0]).toMatchObject({ action: "none", notes: ["it is red"] });
  expect(isEmpty(planUp(found))).toBe(true);
  expect(statusOf(found)[0]).toMatchObject({ standing: "in-sync", notes: ["it is red"] });
});

/** A base, a copy of it, and a reader of both. `said` has the updates in order. */
function family() {
  const on = playground();
  const said: string[] = [];
  const telling = (type: Toy): Toy => ({
    ...type,
    update: async (aws, live, spec, changed, owner) => {
      said.push(`${owner.key}:${[...changed].join("+")}`);
      await type.update?.(aws, live, spec, changed, owner);
    },
    delete: async (aws, live, options) => {
      if (!said.includes(`-${live.tags["buddyverse:key"]}`)) said.push(`-${live.tags["buddyverse:key"]}`);
      await type.delete?.(aws, live, options);
    },
  });
  const copyType = telling({ ...on.type, name: "toy:copy" });
  const baseType = telling({
    ...on.type,
    name: "toy:base",
    immutable: [],
    changesAfter: { fields: ["colour"], afterNew: [], types: ["toy:copy"] },
  });
  const readerType = telling({ ...on.type, name: "toy:reader" });
  const types = new Map([baseType, copyType, readerType].map((type) => [type.name, type]));
  const toys = (colour: string, { shape = "ball", withCopy = true } = {}) => {
    const base = resource(baseType, "base", "base", {}, () => ({ colour, shape }));
    const copy = resource(copyType, "copy", "copy", { base }, ({ base }) => ({ colour, link: base.id }));
    const reader = resource(readerType, "reader", "reader", withCopy ? { base, copy } : { base }, ({ base }) => ({
      colour: `sees ${base.colour}`,
    }));
    return { base, ...(withCopy ? { copy } : {}), reader };
  };
  return { on: { ...on, types } as Playground, said, toys };
}

test("fields that others go before are changed after them; what reads them sees them then; the rest is not held up", async () => {
  const { on, said, toys } = family();
  await up(on, toys("red"));
  const settled = await up(on, toys("blue", { shape: "cube" }));
  expect(said).toEqual(["base:shape", "copy:colour", "base:colour", "reader:colour"]);
  expect(outcomes(settled)).toEqual({ base: "updated", copy: "updated", reader: "updated" });
  expect(isEmpty(planUp(await look(on, toys("blue", { shape: "cube" }))))).toBe(true);
  expect(on.run.store.get("base")?.spec).toEqual({ colour: "blue", shape: "cube" });
});

test("a user that goes, goes first, though it waits for others that are needed no later", async () => {
  const { on, said, toys } = family();
  await up(on, toys("red"));
  const settled = await up(on, toys("blue", { withCopy: false }));
  expect(said.slice(0, 2)).toEqual(["-copy", "base:colour"]);
  expect(settled.filter(({ outcome }) => outcome === "failed" || outcome === "skipped")).toEqual([]);
});

test("after one that fails they are left as they are, and recorded as they are", async () => {
  const { on, said, toys } = family();
  await up(on, toys("red"));
  on.cloud.faults.push({ verb: "update", error: Object.assign(new Error("no"), { name: "NoWay" }) });
  const settled = await up(on, toys("blue"));
  expect(outcomes(settled)).toEqual({ base: "skipped", copy: "failed", reader: "skipped" });
  expect(said).toEqual(["copy:colour"]);
  expect(on.run.store.get("base")).toMatchObject({ status: "ready", spec: { colour: "red" } });
});

test("what must be there before a change is made first, and asked for until it is", async () => {
  const labels: string[] = [];
  const on = playground({
    prepare: async (_aws, _live, _spec, changed, _owner, label) => {
      labels.push(`${[...changed].join()} ${label}`);
      return labels.length > 2;
    },
  });
  await up(on, painted(on, "red"));
  on.cloud.calls.length = 0;
  expect(outcomes(await up(on, painted(on, "blue")))).toEqual({ a: "updated" });
  expect(labels).toEqual(["colour 20260101", "colour 20260101", "colour 20260101"]);
  expect(writes(on)).toEqual(["update"]);
});
