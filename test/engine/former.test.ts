import { expect, test } from "vitest";
import { applyUp } from "../../src/engine/apply.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { resource } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { awsError, playground, type ToySpec } from "./toy.ts";

const options = { stack: "s", sweep: "all" as const };
type On = ReturnType<typeof playground>;
/** A toy that is replaced beside, and one that uses it, by its id. */
function graphOf(on: On, spec: ToySpec) {
  const made = resource(on.type, "a", "a", {}, () => spec, { createBeforeDelete: {} });
  const user = resource(on.type, "user", "user", { made }, ({ made }) => ({ colour: "red", link: made.id }));
  return on.graph(made as never, user as never);
}
const round = (colour = "red"): ToySpec => ({ colour, shape: "round" });
const flat: ToySpec = { colour: "red", shape: "flat" };
async function up(on: On, spec: ToySpec) {
  const run = { ...on.run, replace: true };
  return (await applyUp(run, await takeSnapshot(run, graphOf(on, spec), on.types, options))).settled;
}
const isDone = async (on: On, spec: ToySpec) =>
  isEmpty(planUp(await takeSnapshot(on.run, graphOf(on, spec), on.types, options)));
const writes = (on: On) => on.cloud.calls.splice(0).filter((verb) => verb !== "find");
const recordedKeys = (on: On) => Object.keys(on.run.store.resources);
const tagsOf = (on: On) => on.cloud.toys.get(on.run.store.get("a")?.id ?? "")?.tags ?? {};

test("the new one is made, its user moves, then the old one goes; each has a generation of its own", async () => {
  const on = playground();
  await up(on, round());
  expect(tagsOf(on)).not.toHaveProperty("buddyverse:generation");
  for (const [spec, generation] of [
    [flat, "2"],
    [round(), "3"],
  ] as const) {
    writes(on);
    expect(await up(on, spec)).toMatchObject([
      { key: "a", outcome: "replaced" },
      { key: "user", outcome: "updated" },
      { key: expect.stringMatching(/^a#toy-/), outcome: "deleted" },
    ]);
    expect(writes(on)).toEqual(["create", "update", "delete"]);
    expect(tagsOf(on)["buddyverse:generation"]).toBe(generation);
    expect(recordedKeys(on)).toEqual(["a", "user"]);
  }
});

test("what AWS refuses to make leaves the old one as it was, with its record", async () => {
  const on = playground();
  await up(on, round());
  const before = structuredClone(on.run.store.resources);
  on.cloud.faults.push({ verb: "create", error: awsError("InvalidParameterValue") });
  expect(await up(on, flat)).toMatchObject([
    { key: "a", outcome: "failed" },
    { key: "user", outcome: "skipped" },
  ]);
  expect(on.run.store.resources).toEqual(before);
});

test("a user that did not move keeps the old one; the next run ends it", async () => {
  const on = playground();
  await up(on, round());
  const old = on.run.store.get("a")?.id;
  on.cloud.faults.push({ verb: "update", error: awsError("InvalidParameterValue") });
  const settled = await up(on, flat);
  expect(settled.find(({ key }) => key === `a#${old}`)).toMatchObject({
    outcome: "skipped",
    reason: "user may still use it",
  });
  expect(recordedKeys(on)).toContain(`a#${old}`);
  writes(on);
  await up(on, flat);
  expect(writes(on)).toEqual(["update", "delete"]);
  expect(await isDone(on, flat)).toBe(true);
});

test("without the state the newest is the current one, and the old one goes after its user has moved", async () => {
  const on = playground();
  await up(on, round());
  on.cloud.faults.push({ verb: "update", error: awsError("InvalidParameterValue") });
  await up(on, flat);
  const current = on.run.store.get("a")?.id;
  for (const key of recordedKeys(on)) on.run.store.drop(key);
  writes(on);
  await up(on, flat);
  expect(writes(on)).toEqual(["update", "delete"]);
  expect(on.run.store.get("a")?.id).toBe(current);
});

test("a run that ended when only the old one's record was written has changed nothing", async () => {
  const on = playground();
  await up(on, round());
  const recorded = on.run.store.get("a") as never as { id: string };
  on.record(`a#${recorded.id}`, { ...recorded, generation: 1 });
  expect(await isDone(on, round())).toBe(true);
  writes(on);
  await up(on, round());
  expect(writes(on)).toEqual([]);
  expect(recordedKeys(on)).toEqual(["a", "user"]);
});

test("one that has failed beside a former one goes first: there are never more and more", async () => {
  const on = playground();
  await up(on, round());
  const old = on.run.store.get("a")?.id;
  on.cloud.failing = true;
  await up(on, flat);
  await up(on, flat);
  expect([...on.cloud.toys.values()].filter(({ goneFrom }) => goneFrom === undefined)).toHaveLength(3);
  expect(on.cloud.toys.get(old ?? "")?.goneFrom).toBeUndefined();
  on.cloud.failing = false;
  await up(on, flat);
  expect(await isDone(on, flat)).toBe(true);
});

const planOf = async (on: On, spec: ToySpec) =>
  planUp(await takeSnapshot(on.run, graphOf(on, spec), on.types, options))
    .items.filter(({ action }) => action !== "none")
    .map(({ key, action, refused }) => `${key} ${action}${refused ? ", refused" : ""}`);

test("with the config put back the old one is what it was again: the plan says that the new one goes, and needs no --replace", async () => {
  const on = playground();
  await up(on, round());
  const old = on.run.store.get("a")?.id;
  on.cloud.faults.push({ verb: "update", error: awsError("InvalidParameterValue") });
  await up(on, flat);
  const newer = on.run.store.get("a")?.id;
  expect(await planOf(on, round())).toEqual([`a#${newer} delete`]);
  expect(await planOf(on, round("blue"))).toEqual(["a update", `a#${newer} delete`]);
  const { items } = planUp(await takeSnapshot(on.run, graphOf(on, round()), on.types, options));
  expect(items.filter(({ adopted }) => adopted)).toEqual([]);
  writes(on);
  const { settled } = await applyUp(on.run, await takeSnapshot(on.run, graphOf(on, round()), on.types, options));
  expect(settled).toMatchObject([
    { key: "a", outcome: "unchanged" },
    { key: "user", outcome: "unchanged" },
    { key: `a#${newer}`, outcome: "deleted" },
  ]);
  expect(writes(on)).toEqual(["delete"]);
  expect(on.run.store.get("a")?.id).toBe(old);
  expect(recordedKeys(on)).toEqual(["a", "user"]);
});

test("killed before the new one was made, and the config put back: nothing is made, and nothing moves", async () => {
  const on = playground();
  await up(on, round());
  const recorded = on.run.store.get("a") as never as { id: string; name: string };
  on.record(`a#${recorded.id}`, { ...recorded, generation: 1 });
  const { name } = recorded;
  on.run.store.put("a", { type: "toy:toy", name, spec: {}, needs: [], token: "t", status: "creating", since: 0 });
  expect(await planOf(on, round())).toEqual([]);
  expect(await planOf(on, flat)).toEqual(["a create", "user update", `a#${recorded.id} delete`]);
  writes(on);
  await up(on, round());
  expect(writes(on)).toEqual([]);
  expect(on.run.store.get("a")?.id).toBe(recorded.id);
  expect(recordedKeys(on)).toEqual(["a", "user"]);
});
