/** What `up` must not do: found by the snapshot, before anything is changed, and met in the middle of a run. */
import { describe, expect, test } from "vitest";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy } from "../../src/engine/destroy.ts";
import { type Graph, graphOf } from "../../src/engine/graph.ts";
import { isEmpty, planUp } from "../../src/engine/plan.ts";
import { type AnyType, type ResourceType, resource, type Step, step } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { statusOf } from "../../src/engine/status.ts";
import { playground, type ToyLive, type ToySpec } from "./toy.ts";

type Playground = ReturnType<typeof playground>;
type Toy = ResourceType<ToySpec, ToyLive>;
const options = { stack: "s", sweep: "known" as const };
const graphWith = (toys: Step["resources"]): Graph => graphOf([step("toys", toys)], "s", {});
const look = (on: Playground, graph: Graph, run = on.run) => takeSnapshot(run, graph, on.types, options);
const writes = (on: Playground) => on.cloud.calls.filter((verb) => verb !== "find");
const outcomes = (settled: readonly { key: string; outcome: string }[]) =>
  Object.fromEntries(settled.map(({ key, outcome }) => [key, outcome]));

/** A stranger's change: the toys of that key get another property. */
function change(on: Playground, key: string, more: Partial<ToyLive>): void {
  for (const [id, toy] of on.cloud.toys)
    if (toy.tags["buddyverse:key"] === key) on.cloud.toys.set(id, { ...toy, ...more });
}
function lose(on: Playground, key: string): void {
  for (const [id, toy] of on.cloud.toys) if (toy.tags["buddyverse:key"] === key) on.cloud.toys.delete(id);
}

/** A secret, a vault that was given its value, and something beside them. Its revision is its `shape`. */
function vault(more: { readonly holdsData?: boolean } = {}) {
  const on = playground();
  const secretType: Toy = {
    ...on.type,
    name: "toy:secret",
    immutable: [],
    irreplaceable: {
      revision: ({ shape }) => shape ?? "first",
      remedies: (_aws, owner, setSecret, changed) => [
        {
          to: changed ? `undo ${changed.live.shape} for ${changed.recorded}` : `mend ${owner.name}`,
          commands: setSecret,
        },
      ],
    },
  };
  const vaultType: Toy = {
    ...on.type,
    name: "toy:vault",
    setSecret: (_aws, { id }) => `tell ${id}`,
    health: (live) => (live.colour === "broken" ? { failed: "it broke" } : (on.type.health?.(live) ?? "ready")),
    ...more,
  };
  const secret = resource(secretType, "secret", "the secret", {}, () => ({ colour: "grey" }));
  const safe = resource(vaultType, "vault", "the vault", { secret }, ({ secret }) => ({
    colour: "red",
    shape: "cube",
    link: secret.id,
  }));
  const beside = resource(on.type, "beside", "beside", {}, () => ({ colour: "red" }));
  const types = new Map<string, AnyType>([secretType, vaultType, on.type].map((type) => [type.name, type as AnyType]));
  const graph = graphWith({ secret, safe, beside });
  return { on: { ...on, types }, graph, secret };
}

describe("a value that was handed on", () => {
  test("is created while nothing has it, and again when all that had it is gone", async () => {
    const { on, graph } = vault();
    expect(outcomes((await applyUp(on.run, await look(on, graph))).settled)).toMatchObject({ secret: "created" });
    lose(on, "secret");
    lose(on, "vault");
    expect(outcomes((await applyUp(on.run, await look(on, graph))).settled)).toMatchObject({
      secret: "created",
      vault: "created",
    });
  });

  test.each(["recorded", "with the state lost"])("is not created a second time while one has it (%s)", async (how) => {
    const { on, graph } = vault();
    await applyUp(on.run, await look(on, graph));
    lose(on, "secret");
    change(on, "beside", { colour: "green" });
    if (how !== "recorded") for (const key of Object.keys(on.run.store.resources)) on.run.store.drop(key);
    on.cloud.calls.length = 0;

    const found = await look(on, graph);
    const plan = planUp(found);
    const vaultId = [...on.cloud.toys.values()].find(({ link }) => link !== undefined)?.id;
    expect(plan.items.find(({ key }) => key === "secret")).toMatchObject({
      action: "blocked",
      refused: expect.stringContaining("Put the old value back"),
      reason: expect.stringMatching(/^the secret is gone, but the vault still has the value/),
      remedies: [{ to: "mend the secret", commands: [`tell ${vaultId}`] }],
    });
    expect(isEmpty(plan)).toBe(false);
    expect(statusOf(found).find(({ key }) => key === "secret")).toMatchObject({
      standing: "blocked",
      reason: expect.stringContaining("the vault"),
      remedies: [{ to: "mend the secret" }],
    });
    await expect(applyUp(on.run, found)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining("the secret is gone"),
      hint: expect.stringContaining(`to mend the secret: tell ${vaultId}`),
    });
    // Not what is beside it, either.
    expect(writes(on)).toEqual([]);
    expect(
      outcomes(await destroy(on.run, await takeSnapshot(on.run, graph, on.types, { ...options, removing: true }))),
    ).toMatchObject({ vault: "deleted" });
  });

  test.each<[string, (on: Playground) => void]>([
    ["is being created", (on) => change(on, "vault", { readyFrom: Number.MAX_SAFE_INTEGER } as never)],
    ["has failed, and holds data", (on) => change(on, "vault", { colour: "broken" })],
    [
      "was asked for a moment ago, and is not to be seen yet",
      (on) => {
        lose(on, "vault");
        on.record("vault", { status: "creating", since: on.run.clock.now() });
      },
    ],
    ["looks well, though its removal was begun", (on) => on.record("vault", { status: "deleting" })],
  ])("is not created while what had it %s", async (_how, happen) => {
    const { on, graph } = vault({ holdsData: true });
    await applyUp(on.run, await look(on, graph));
    happen(on);
    lose(on, "secret");
    await expect(applyUp(on.run, await look(on, graph))).rejects.toMatchObject({ code: "refused" });
  });

  test.each<[string, (on: Playground) => void]>([
    ["is being removed", (on) => change(on, "vault", { goneFrom: on.run.clock.now() + 5_000 } as never)],
    ["has failed, holds nothing and is replaced", (on) => change(on, "vault", { colour: "broken" })],
  ])("is created when what had it %s", async (_how, happen) => {
    const { on, graph } = vault();
    await applyUp(on.run, await look(on, graph));
    happen(on);
    lose(on, "secret");
    expect(outcomes((await applyUp(on.run, await look(on, graph))).settled)).toMatchObject({ secret: "created" });
  });

  test("is not created by a part of the stack that does not look at what has it", async () => {
    const { on, graph, secret } = vault();
    await applyUp(on.run, await look(on, graph));
    lose(on, "secret");
    const part = await takeSnapshot(on.run, graphWith({ secret }), on.types, {
      stack: "s",
      sweep: "none",
      partial: true,
    });
    await expect(applyUp(on.run, part)).rejects.toMatchObject({ message: expect.stringContaining("the vault") });
  });

  test("that somebody else wrote over is drift: kept as it is, and recorded by up", async () => {
    const { on, graph } = vault();
    await applyUp(on.run, await look(on, graph));
    change(on, "secret", { shape: "second" });
    on.cloud.calls.length = 0;

    const found = await look(on, graph);
    expect(planUp(found).items.find(({ key }) => key === "secret")).toMatchObject({
      action: "accept",
      reason: expect.stringContaining("it is second, and was first"),
      remedies: [{ to: "undo second for first" }],
    });
    expect(isEmpty(planUp(found))).toBe(false);
    expect(statusOf(found).find(({ key }) => key === "secret")).toMatchObject({ standing: "drift" });
    expect(outcomes((await applyUp(on.run, found)).settled)).toMatchObject({ secret: "unchanged", vault: "unchanged" });
    expect(writes(on)).toEqual([]);
    expect(isEmpty(planUp(await look(on, graph)))).toBe(true);
  });

  test("lost while the run is at work is not created again either; the rest continues", async () => {
    const { on, graph } = vault();
    await applyUp(on.run, await look(on, graph));
    change(on, "secret", { shape: "second" });
    change(on, "beside", { colour: "green" });
    const found = await look(on, graph);
    lose(on, "secret");
    on.cloud.calls.length = 0;
    const { settled } = await applyUp(on.run, found);
    expect(outcomes(settled)).toEqual({ secret: "failed", vault: "skipped", beside: "updated" });
    expect(settled.find(({ key }) => key === "secret")?.error).toMatchObject({
      code: "refused",
      hint: expect.stringContaining("to mend the secret"),
    });
    expect(writes(on)).toEqual(["update"]);
  });
});

describe("a replacement that only the run finds", () => {
  /** One that is to be updated, and so is looked at again in the run, before which somebody changes what cannot change. */
  async function changedMeanwhile(more: Partial<Toy>, allowed: boolean, withData = false) {
    const on = playground(more);
    const a = (colour: string) => resource(on.type, "a", "a", {}, () => ({ colour, shape: "ball" }));
    const holder: Toy = { ...on.type, name: "toy:holder", holdsData: true };
    const graph = (colour: string) => {
      const base = a(colour);
      const data = resource(holder, "data", "the data", { base }, () => ({ colour: "red" }));
      return graphWith(withData ? { base, data } : { base });
    };
    await applyUp(on.run, await look(on, graph("red")));
    const run = { ...on.run, replace: allowed };
    const found = await look(on, graph("blue"), run);
    change(on, "a", { shape: "cube" });
    on.cloud.calls.length = 0;
    const { settled } = await applyUp(run, found);
    return { on, settled: settled.find(({ key }) => key === "a"), found, graph };
  }

  test("is refused with the words of the plan, unless it was allowed", async () => {
    const { on, settled, graph } = await changedMeanwhile({}, false);
    expect(settled).toMatchObject({ outcome: "failed", error: { code: "refused" } });
    expect(writes(on)).toEqual([]);
    const next = await look(on, graph("blue"));
    expect(planUp(next).items[0]).toMatchObject({ action: "replace", refused: settled?.error?.hint });
    const refusal = await applyUp(on.run, next).catch((error) => error);
    expect(refusal.message).toBe(settled?.error?.message);
    expect(refusal.hint).toBe(`${settled?.error?.hint}\nNothing was changed.`);
    expect((await changedMeanwhile({}, true)).settled?.outcome).toBe("replaced");
  });

  test("is refused in any case where data stands on it, or in it", async () => {
    const below = await changedMeanwhile({}, true, true);
    expect(below.settled?.error).toMatchObject({
      code: "refused",
      hint: expect.stringContaining("The data of the data"),
    });
    const within = await changedMeanwhile({ holdsData: true }, true);
    expect(within.settled?.error).toMatchObject({ code: "refused", hint: expect.stringContaining("The data of a ") });
    expect([...writes(below.on), ...writes(within.on)]).toEqual([]);
  });

  test("is done without being asked for where the type is disposable, or the object has failed", async () => {
    expect((await changedMeanwhile({ disposable: true }, false)).settled?.outcome).toBe("replaced");

    const on = playground({
      health: (live) => (live.shape === "cube" ? { failed: "it broke" } : (live.state as "ready")),
      immutable: [],
    });
    const graph = (colour: string) => graphWith({ a: resource(on.type, "a", "a", {}, () => ({ colour })) });
    await applyUp(on.run, await look(on, graph("red")));
    const found = await look(on, graph("blue"));
    change(on, "a", { shape: "cube" });
    expect(outcomes((await applyUp(on.run, found)).settled)).toEqual({ a: "replaced" });
  });

  test("is refused where a spec is known only once what it needs was created", async () => {
    const on = playground({ immutable: ["link"] });
    const graph = (colour: string) => {
      const first = resource(on.type, "first", "first", {}, () => ({ colour }));
      const second = resource(on.type, "second", "second", { first }, ({ first }) => ({
        colour: "red",
        link: first.id,
      }));
      return graphWith({ first, second });
    };
    await applyUp(on.run, await look(on, graph("red")));
    const found = await look(on, graph("blue"));
    expect(planUp(found).items.map(({ key, action }) => `${key} ${action}`)).toEqual(["first update", "second none"]);
    lose(on, "first");
    on.cloud.calls.length = 0;
    const { settled } = await applyUp(on.run, found);
    expect(outcomes(settled)).toEqual({ first: "created", second: "failed" });
    expect(settled.find(({ key }) => key === "second")?.error).toMatchObject({
      code: "refused",
      message: "second would have to be recreated: link cannot be changed in place",
    });
    expect(writes(on)).toEqual(["create"]);
  });
});
