import { expect, test } from "vitest";
import { AmbiguousOutcome } from "../../src/aws/errors.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy, leftovers } from "../../src/engine/destroy.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { resource } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { awsError, NOW, playground, type ToySpec } from "./toy.ts";

const toy = (on: ReturnType<typeof playground>, key: string, spec: ToySpec = { colour: "red" }) =>
  resource(on.type, key, key, {}, () => spec);
const options = { stack: "s", sweep: "all" as const };
const up = async (on: ReturnType<typeof playground>, graph: Parameters<typeof takeSnapshot>[1]) =>
  applyUp(on.run, await takeSnapshot(on.run, graph, on.types, options));
const writes = (on: ReturnType<typeof playground>) => on.cloud.calls.filter((verb) => verb !== "find");

test("makes what is missing, waits until it is ready, and does nothing the second time", async () => {
  const on = playground();
  on.cloud.lagMs = 4_000;
  on.cloud.buildMs = 20_000;
  const graph = on.graph(toy(on, "a"));
  const { settled } = await up(on, graph);
  expect(settled).toMatchObject([{ key: "a", outcome: "created" }]);
  expect(on.run.clock.now() - NOW).toBeGreaterThanOrEqual(20_000);
  expect(on.run.store.get("a")).toMatchObject({ status: "ready", id: settled[0]?.id });
  expect(isEmpty(planUp(await takeSnapshot(on.run, graph, on.types, options)))).toBe(true);
  await up(on, graph);
  expect(writes(on)).toEqual(["create"]);
});

test("records the intent before the create call and the id right after it", async () => {
  const on = playground();
  const seen: unknown[] = [];
  const type = {
    ...on.type,
    create: async (...given: Parameters<NonNullable<typeof on.type.create>>) => {
      seen.push(on.run.store.get("a"));
      return (on.type.create as NonNullable<typeof on.type.create>)(...given);
    },
  };
  await up(on, on.graph(resource(type, "a", "a", {}, () => ({ colour: "red" }))));
  expect(seen).toMatchObject([{ status: "creating" }]);
  expect((seen[0] as { id?: string }).id).toBeUndefined();
});

test("a lost answer is not a second toy: it looks before it calls again", async () => {
  const on = playground();
  on.cloud.lagMs = 8_000;
  on.cloud.faults.push({
    verb: "create",
    after: true,
    error: new AmbiguousOutcome("toy:create", new Error("socket hang up")),
  });
  const { settled } = await up(on, on.graph(toy(on, "a")));
  expect(settled[0]?.outcome).toBe("created");
  expect(on.cloud.toys.size).toBe(1);
});

test("a lost call that never reached AWS is made again, after the time in which it could have shown", async () => {
  const on = playground();
  on.cloud.faults.push({ verb: "create", error: new AmbiguousOutcome("toy:create", new Error("socket hang up")) });
  await up(on, on.graph(toy(on, "a")));
  expect(on.cloud.toys.size).toBe(1);
  expect(on.run.clock.now() - NOW).toBeGreaterThanOrEqual(90_000);
});

test("a token that AWS knows with other parameters is given up, but not that something may be there by it", async () => {
  const on = playground();
  on.record("a", { status: "creating", token: "of a killed run" });
  on.cloud.faults.push({ verb: "create", error: awsError("IdempotentParameterMismatch") });
  await on.run.clock.sleep(120_000);
  await up(on, on.graph(toy(on, "a")));
  const left = on.run.store.get("a");
  expect(left).toMatchObject({ status: "creating" });
  expect(left?.token).not.toBe("of a killed run");
});

test("an intent left by a killed run is found by its tags, not made again", async () => {
  const on = playground();
  await up(on, on.graph(toy(on, "a")));
  const [id] = on.cloud.toys.keys();
  on.run.store.drop("a");
  on.record("a", { status: "creating" });
  const { settled } = await up(on, on.graph(toy(on, "a")));
  expect(settled[0]?.id).toBe(id);
  expect(on.cloud.toys.size).toBe(1);
});

test("named errors are tried again, others stop at once and leave no intent", async () => {
  const on = playground();
  on.cloud.faults.push(
    { verb: "create", error: awsError("NotReadyYet") },
    { verb: "create", error: awsError("NotReadyYet") },
  );
  expect((await up(on, on.graph(toy(on, "a")))).settled[0]?.outcome).toBe("created");
  on.cloud.faults.push({ verb: "create", error: awsError("AccessDenied", 403) });
  const { settled } = await up(on, on.graph(toy(on, "a"), toy(on, "b")));
  expect(settled[1]).toMatchObject({ outcome: "failed", error: { code: "denied" } });
  expect(on.run.store.get("b")).toBeUndefined();
  expect(writes(on)).toEqual(["create", "create", "create", "create"]);
});

test("an outage of minutes is waited out, by looks and by changes", async () => {
  const on = playground();
  for (let i = 0; i < 6; i++)
    on.cloud.faults.push(
      { verb: "create", error: awsError("ServiceUnavailable", 503) },
      { verb: "find", error: awsError("Throttling") },
    );
  expect((await up(on, on.graph(toy(on, "a")))).settled[0]?.outcome).toBe("created");
});

test("a difference is updated in place, and the update is not repeated while reads lag", async () => {
  const on = playground();
  await up(on, on.graph(toy(on, "a")));
  let shown = 0;
  const lagging = {
    ...on.type,
    find: async (...given: Parameters<typeof on.type.find>) => {
      const live = await on.type.find(...given);
      return live && on.cloud.calls.includes("update") && shown++ < 3 ? { ...live, colour: "red" } : live;
    },
  };
  const { settled } = await up(on, on.graph(resource(lagging, "a", "a", {}, () => ({ colour: "blue" }))));
  expect(settled[0]?.outcome).toBe("updated");
  expect(writes(on)).toEqual(["create", "update"]);
});

test("what is said once is sent once: what others make of it then is no difference, until something else is said", async () => {
  const on = playground({ once: ["colour"] });
  await up(on, on.graph(toy(on, "a")));
  const said = (colour: string) => up(on, on.graph(resource(on.type, "a", "a", {}, () => ({ colour }))));
  /** Somebody else paints it as soon as it is changed. */
  const { update } = on.type;
  Object.assign(on.type, {
    update: async (...given: Parameters<NonNullable<typeof update>>) => {
      await update?.(...given);
      for (const [id, one] of on.cloud.toys) on.cloud.toys.set(id, { ...one, colour: "green" });
    },
  });
  expect((await said("blue")).settled[0]?.outcome).toBe("updated");
  expect((await said("blue")).settled[0]?.outcome).toBe("unchanged");
  expect(writes(on)).toEqual(["create", "update"]);
  // It is so already.
  expect((await said("green")).settled[0]?.outcome).toBe("unchanged");
  expect((await said("blue")).settled[0]?.outcome).toBe("updated");
  on.run.store.drop("a");
  expect((await said("red")).settled[0]?.outcome).toBe("unchanged");
});

test("what cannot change in place is replaced under the same key, when that is asked for", async () => {
  const on = playground();
  on.cloud.goneMs = 3_000;
  await up(on, on.graph(toy(on, "a", { colour: "red", shape: "ball" })));
  const before = on.run.store.get("a")?.id;
  const allowed = { ...on, run: { ...on.run, replace: true } };
  const { settled } = await up(allowed, on.graph(toy(on, "a", { colour: "red", shape: "cube" })));
  expect(settled[0]?.outcome).toBe("replaced");
  expect(on.run.store.get("a")?.id).not.toBe(before);
  expect([...on.cloud.toys.values()].filter(({ goneFrom }) => goneFrom === undefined)).toMatchObject([
    { shape: "cube" },
  ]);
});

test("a delete that AWS refused for certain has not begun: with the config put back there is nothing to wait for, or to make", async () => {
  const blocker = { id: "eni-1", what: "theirs", passing: false, commands: [] };
  const on = playground({ blockers: async () => [blocker] });
  Object.assign(on.run, { replace: true });
  const shaped = (shape: string) => on.graph(resource(on.type, "a", "a", {}, () => ({ colour: "red", shape })));
  await up(on, shaped("round"));
  on.cloud.faults.push(
    ...Array.from({ length: 99 }, () => ({ verb: "delete", error: awsError("DependencyViolation") })),
  );
  expect((await up(on, shaped("square"))).settled[0]?.outcome).toBe("failed");
  const before = on.run.clock.now();
  expect((await up(on, shaped("round"))).settled[0]?.outcome).toBe("unchanged");
  expect(on.run.clock.now() - before).toBeLessThan(1_000);
});

test("a failed toy of an earlier run is replaced; one that fails in this run is reported with its reason", async () => {
  const on = playground();
  on.cloud.failing = true;
  const first = await up(on, on.graph(toy(on, "a")));
  expect(first.settled[0]).toMatchObject({ outcome: "failed", reason: expect.stringContaining("it broke") });
  on.cloud.failing = false;
  const failed = [...on.cloud.toys.keys()][0] as string;
  const still = {
    ...on.type,
    health: (live: Parameters<NonNullable<typeof on.type.health>>[0]) =>
      live.id === failed && live.state === "ready" ? { failed: "it broke" } : (on.type.health?.(live) ?? "ready"),
  };
  const second = await up(on, on.graph(resource(still, "a", "a", {}, () => ({ colour: "red" }))));
  expect(second.settled[0]?.outcome).toBe("replaced");
});

test("what depends on a failure is skipped, the rest goes on", async () => {
  const on = playground();
  const a = toy(on, "a");
  const b = resource(on.type, "b", "b", { a }, ({ a }) => ({ colour: "red", link: a.id }));
  const c = toy(on, "c");
  on.cloud.faults.push({ verb: "create", error: awsError("SomethingElse") });
  const { settled } = await up(on, on.graph(a, b, c));
  expect(settled.map(({ key, outcome }) => `${key} ${outcome}`)).toEqual(
    expect.arrayContaining(["a failed", "b skipped", "c created"]),
  );
});

test("down goes in reverse, waits for what goes by itself, and leaves nothing", async () => {
  const on = playground();
  on.cloud.goneMs = 30_000;
  const a = toy(on, "a");
  const b = resource(on.type, "b", "b", { a }, ({ a }) => ({ colour: "red", link: a.id }));
  const graph = on.graph(a, b);
  await up(on, graph);
  const before = await takeSnapshot(on.run, graph, on.types, options);
  const gone = await destroy(on.run, before);
  expect(gone.map(({ outcome }) => outcome)).toEqual(["deleted", "deleted"]);
  expect(leftovers(await takeSnapshot(on.run, graph, on.types, options))).toEqual([]);
  expect(on.run.store.resources).toEqual({});
});

test("with the state lost, everything is found again by its tags: no second toy, and down leaves nothing", async () => {
  const on = playground();
  const graph = on.graph(toy(on, "a"), toy(on, "b"));
  await up(on, graph);
  on.run.store.drop("a");
  on.run.store.drop("b");
  await up(on, graph);
  expect(on.cloud.toys.size).toBe(2);
  on.run.store.drop("a");
  const narrower = on.graph(toy(on, "b"));
  const before = await takeSnapshot(on.run, narrower, on.types, options);
  expect([...before.entries.keys()]).toEqual(["b", "a"]);
  await destroy(on.run, before);
  expect(leftovers(await takeSnapshot(on.run, narrower, on.types, options))).toEqual([]);
});

test("what nobody wants any more goes after what used it has moved on", async () => {
  const on = playground();
  const old = toy(on, "old");
  await up(
    on,
    on.graph(
      old,
      resource(on.type, "user", "user", { old }, ({ old }) => ({ colour: "red", link: old.id })),
    ),
  );
  on.cloud.calls.length = 0;
  const next = toy(on, "next");
  const { settled } = await up(
    on,
    on.graph(
      next,
      resource(on.type, "user", "user", { next }, ({ next }) => ({ colour: "red", link: next.id })),
    ),
  );
  expect(settled.map(({ key, outcome }) => `${key} ${outcome}`).sort()).toEqual([
    "next created",
    "old deleted",
    "user updated",
  ]);
  expect(writes(on)).toEqual(["create", "update", "delete"]);
});

test("a scaffold is there only while something is made with it", async () => {
  const on = playground();
  const scaffold = resource(on.type, "scaffold", "scaffold", {}, () => ({ colour: "grey" }), {
    temporaryFor: () => [house],
  });
  const house: ReturnType<typeof toy> = resource(on.type, "house", "house", { scaffold }, () => ({
    colour: "red",
  })) as ReturnType<typeof toy>;
  const graph = on.graph(scaffold, house);
  await up(on, graph);
  const standing = () =>
    [...on.cloud.toys.values()].filter(({ goneFrom }) => goneFrom === undefined).map(({ colour }) => colour);
  expect(standing()).toEqual(["red"]);
  await up(on, graph);
  expect(writes(on)).toEqual(["create", "create", "delete"]);
});

test("an interrupt sends nothing new and tells what it stopped at", async () => {
  const on = playground();
  on.cloud.buildMs = 100_000;
  const working = up(on, on.graph(toy(on, "a"), toy(on, "b")));
  await on.run.clock.sleep(30_000);
  on.abort.abort(new Error("interrupted"));
  const before = on.cloud.calls.length;
  const { settled } = await working;
  expect(settled.map(({ outcome }) => outcome)).toEqual(["interrupted", "interrupted"]);
  expect(on.cloud.calls.length).toBe(before);
  expect(on.run.store.get("a")?.id).toBeDefined();
});

test("two toys with one key are an error that names both", async () => {
  const on = playground();
  const graph = on.graph(toy(on, "a"));
  await up(on, graph);
  const [first] = on.cloud.toys.values();
  if (first) on.cloud.toys.set("toy-twin", { ...first, id: "toy-twin" });
  on.run.store.drop("a");
  await expect(takeSnapshot(on.run, graph, on.types, options)).rejects.toMatchObject({
    code: "ambiguous",
    message: expect.stringContaining("toy-twin"),
  });
});

test.each([
  ["a moment after what it is made in, is tried again: IAM may not know its tags yet", 0, "", "created", 3],
  ["long after, fails at once", 120_000, "", "failed", 1],
  ["explicitly, fails at once", 0, " with an explicit deny in a service control policy", "failed", 1],
])("what is denied %s", async (_when, pauseMs, why, outcome, times) => {
  const on = playground();
  const parent = toy(on, "a");
  await up(on, on.graph(parent));
  await on.run.clock.sleep(pauseMs);
  let tries = 0;
  const type = {
    ...on.type,
    create: async (...given: Parameters<NonNullable<typeof on.type.create>>) => {
      tries += 1;
      if (tries < 3) throw Object.assign(awsError("UnauthorizedOperation", 403), { message: `not authorized${why}` });
      return (on.type.create as NonNullable<typeof on.type.create>)(...given);
    },
  };
  const { settled } = await up(
    on,
    on.graph(
      parent,
      resource(type, "b", "b", { parent }, () => ({ colour: "red" })),
    ),
  );
  expect(settled.find(({ key }) => key === "b")?.outcome).toBe(outcome);
  expect(tries).toBe(times);
});
