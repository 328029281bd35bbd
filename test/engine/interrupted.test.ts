import { expect, test } from "vitest";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy } from "../../src/engine/destroy.ts";
import { planUp } from "../../src/engine/plan.ts";
import { resource } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { awsError, NOW, playground, type ToySpec } from "./toy.ts";

const options = { stack: "s", sweep: "all" as const };
const up = async (on: ReturnType<typeof playground>, graph: Parameters<typeof takeSnapshot>[1]) =>
  applyUp(on.run, await takeSnapshot(on.run, graph, on.types, options));
const toy = (on: ReturnType<typeof playground>, spec: ToySpec = { colour: "red" }) =>
  resource(on.type, "a", "a", {}, () => spec);

test("what an interrupted down has just deleted is not taken for there while reads lag: up makes it anew", async () => {
  const on = playground();
  const graph = on.graph(toy(on));
  await up(on, graph);
  const first = on.run.store.get("a")?.id as string;
  on.record("a", { id: first, status: "deleting" });
  const deleted = on.cloud.toys.get(first);
  // Its delete call was taken; reads show it as ready for five seconds more.
  void on.run.clock.sleep(5_000).then(() => on.cloud.toys.delete(first));
  expect(deleted).toBeDefined();
  const { settled } = await up(on, graph);
  expect(settled[0]?.outcome).toBe("created");
  expect(on.cloud.toys.size).toBe(1);
  expect(on.run.store.get("a")?.id).not.toBe(first);
});

test("what an interrupted down meant to delete but did not stays, once a delete would have shown", async () => {
  const on = playground();
  const graph = on.graph(toy(on));
  await up(on, graph);
  const first = on.run.store.get("a")?.id as string;
  on.record("a", { id: first, status: "deleting", spec: { colour: "red" } });
  await up(on, graph);
  expect(on.run.store.get("a")).toMatchObject({ id: first, status: "ready" });
  expect(on.cloud.calls.filter((verb) => verb !== "find")).toEqual(["create"]);
});

test("what was to be deleted, and is there when a delete would show: the plan says that it stays", async () => {
  const on = playground();
  const graph = on.graph(toy(on));
  await up(on, graph);
  for (let i = 0; i < 500; i++) on.cloud.faults.push({ verb: "delete", error: awsError("DependencyViolation") });
  void on.run.clock.sleep(60_000).then(() => on.abort.abort());
  await destroy(on.run, await takeSnapshot(on.run, graph, on.types, options));
  const actions = async () =>
    planUp(await takeSnapshot({ ...on.run, signal: new AbortController().signal }, graph, on.types, options)).items.map(
      ({ action }) => action,
    );
  expect(on.run.store.get("a")).toMatchObject({ status: "deleting" });
  expect(await actions()).toEqual(["create"]);
  await on.run.clock.sleep(30_000);
  expect(await actions()).toEqual(["none"]);
});

test("a scaffold that is left over, and what was made with it still to be updated: neither waits for the other", async () => {
  const on = playground();
  const scaffold = resource(on.type, "scaffold", "scaffold", {}, () => ({ colour: "grey" }), {
    temporaryFor: () => [house],
  });
  const house: ReturnType<typeof toy> = resource(on.type, "house", "house", { scaffold }, () => ({
    colour: "blue",
  })) as ReturnType<typeof toy>;
  const plain = on.graph(
    resource(on.type, "scaffold", "scaffold", {}, () => ({ colour: "grey" })),
    resource(on.type, "house", "house", {}, () => ({ colour: "red" })),
  );
  await up(on, plain);
  const { settled } = await up(on, on.graph(scaffold, house));
  expect(settled.map(({ key, outcome }) => `${key} ${outcome}`).sort()).toEqual(["house updated", "scaffold deleted"]);
});

test("what vanishes between two reads of one look is looked at again", async () => {
  const on = playground();
  on.cloud.faults.push({ verb: "find", error: awsError("ResourceNotFoundException") });
  expect((await up(on, on.graph(toy(on)))).settled[0]?.outcome).toBe("created");
});

test.each([
  ["somebody else's, it is named after two minutes", false, "blocked", 4],
  ["the passing sort, it is waited for", true, "DependencyViolation", 30],
] as const)("a delete that something is in the way of: %s", async (_name, passing, code, minutes) => {
  const on = playground({
    blockers: async () => [{ id: "eni-1", what: "the analytics team's", passing, commands: ["aws take it away"] }],
  });
  const graph = on.graph(toy(on));
  await up(on, graph);
  for (let i = 0; i < 500; i++) on.cloud.faults.push({ verb: "delete", error: awsError("DependencyViolation") });
  const before = await takeSnapshot(on.run, graph, on.types, options);
  const began = on.run.clock.now();
  const [gone] = await destroy(on.run, before);
  expect(gone?.outcome).toBe("failed");
  expect(`${gone?.error?.code} ${gone?.error?.message}`).toContain(code);
  if (!passing) {
    expect(gone?.error?.message).toContain("in use by eni-1 (the analytics team's)");
    expect(gone?.error?.hint).toMatch(/\nto remove eni-1: aws take it away$/);
  }
  expect((on.run.clock.now() - began) / 60_000).toBeLessThan(minutes);
  expect((on.run.clock.now() - began) / 60_000).toBeGreaterThan(minutes / 2.5);
  expect(began).toBeGreaterThan(NOW);
});

test("a create that was intended, and perhaps made, is tried again with its token; one whose object came and went, with a new one", async () => {
  const on = playground();
  const graph = on.graph(toy(on));
  on.record("a", { status: "creating", token: "intended", since: NOW - 600_000 });
  await up(on, graph);
  expect(on.run.store.get("a")?.id).toMatch(/-intended$/);
  on.cloud.toys.clear();
  await up(on, graph);
  expect(on.run.store.get("a")?.id).not.toMatch(/-intended$/);
});

test.each(["up", "down", "down without the state"] as const)(
  "what goes while something still stands on it, and the run ended there: the next %s has that leave it first",
  async (next) => {
    const on = playground({ widened: ({ link = "" }) => ({ link }) });
    const toyNamed = (key: string, colour: string) => resource(on.type, key, key, {}, () => ({ colour }));
    const [old, other] = [toyNamed("old", "red"), toyNamed("other", "red")];
    const user = (colour: string, base: typeof old) =>
      resource(on.type, "user", "user", { base }, ({ base }) => ({ colour, link: base.id }), {
        narrowsAfter: ["mover"],
      });
    await up(on, on.graph(old, other, toyNamed("mover", "red"), user("red", old) as never));
    const graph = on.graph(other, toyNamed("mover", "blue"), user("blue", other) as never);
    // The mover's: the user is recorded with its new colour, and stands on the old one until the mover has moved.
    on.cloud.faults.push({ verb: "update", error: awsError("Refused") });
    const outcomes = (await up(on, graph)).settled.map(({ key, outcome }) => `${key} ${outcome}`);
    expect(outcomes.sort()).toEqual(["mover failed", "old skipped", "other unchanged", "user skipped"]);
    const [oldId, userId = ""] = ["old", "user"].map((key) => on.run.store.get(key)?.id);
    expect(on.cloud.toys.get(userId)).toMatchObject({ colour: "blue", link: oldId });
    const writes = () => on.cloud.calls.splice(0).filter((verb) => verb !== "find");
    writes();
    if (next === "up") {
      await up(on, graph);
      expect(writes()).toEqual(["update", "update", "delete"]);
      expect(on.run.store.get("user")?.needs).toEqual(["other"]);
      return;
    }
    if (next === "down without the state")
      for (const key of Object.keys(on.run.store.resources)) on.run.store.drop(key);
    on.cloud.goneMs = 60_000;
    await destroy(on.run, await takeSnapshot(on.run, graph, on.types, { ...options, removing: true }));
    expect(writes()).toEqual(["delete", "delete", "delete", "delete"]);
  },
);
