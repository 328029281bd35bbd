/** Objects that hold data and that neither the config nor the state names: left alone, whatever else happens around them. */
import { expect, test } from "vitest";
import type { Aws } from "../../src/aws/aws.ts";
import { applyUp } from "../../src/engine/apply.ts";
import { deletable, destroy, retainedIn } from "../../src/engine/destroy.ts";
import { planUp } from "../../src/engine/plan.ts";
import { resource } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { NOW, type Playground, playground, type ToyLive } from "./toy.ts";

const options = { stack: "s", sweep: "all" as const };
const HOLDER = {
  holdsData: true,
  uses: ({ link }: ToyLive) => (link === undefined ? [] : [link]),
  byHand: {
    remove: (_aws: Aws, { id }: ToyLive) => [`aws toy remove ${id}`],
    disown: (_aws: Aws, { id }: ToyLive) => [`aws toy disown ${id}`],
  },
};
const holders = (more: object = {}) => playground({ ...HOLDER, ...more });
const toy = (on: Playground, key: string) => resource(on.type, key, key, {}, () => ({ colour: "red" }));
/** Somebody's copy of a toy, tags and all. */
function copyOf(on: Playground, key: string, id: string, change: Partial<ToyLive> = {}): void {
  const tags = { "buddyverse:stack": "s", "buddyverse:key": key, Name: key };
  const made = { visibleFrom: NOW, readyFrom: NOW };
  on.cloud.toys.set(id, { id, colour: "red", state: "ready", tags, ...made, ...change });
}
const standing = (on: Playground) =>
  [...on.cloud.toys.values()].filter(({ goneFrom }) => goneFrom === undefined).map(({ id }) => id);

test("down removes its own and stops: the copy with the same key is not taken for it once it is gone", async () => {
  const on = holders();
  const graph = on.graph(toy(on, "a"));
  await applyUp(on.run, await takeSnapshot(on.run, graph, on.types, options));
  copyOf(on, "a", "toy-copy");
  on.run.store.setConfig({});
  for (let times = 0; times < 2; times++) {
    await destroy(on.run, await takeSnapshot(on.run, graph, on.types, { ...options, removing: true }));
    expect(standing(on)).toEqual(["toy-copy"]);
    expect(on.run.store.resources).toEqual({});
  }
});

test("what failed before it was ever ready is replaced, but a copy that has its key is neither removed nor taken for it", async () => {
  const on = holders({ failedBeforeReady: () => true });
  copyOf(on, "a", "toy-own");
  copyOf(on, "a", "toy-copy");
  on.record("a", { id: "toy-own", status: "created", since: NOW - 600_000, neverReady: true });
  on.cloud.failing = true;
  const { settled } = await applyUp(on.run, await takeSnapshot(on.run, on.graph(toy(on, "a")), on.types, options));
  expect(settled).toMatchObject([
    {
      key: "a",
      outcome: "failed",
      error: {
        code: "refused",
        message: expect.stringContaining("toy-copy"),
        hint: expect.stringContaining("aws toy"),
      },
    },
  ]);
  expect(standing(on)).toEqual(["toy-copy"]);
});

test("what a copy stands on stays with it: by down, and by an up that no longer wants it", async () => {
  const on = holders();
  const { list: _list, holdsData: _holdsData, ...plain } = on.type;
  const ground = resource({ ...plain, name: "toy:ground" }, "ground", "ground", {}, () => ({ colour: "grey" }));
  const types = new Map([...on.types, ["toy:ground", ground.type]]) as Playground["types"];
  const graph = on.graph(ground, toy(on, "b"));
  await applyUp(on.run, await takeSnapshot(on.run, graph, on.types, options));
  copyOf(on, "elsewhere", "toy-copy", { link: on.run.store.get("ground")?.id ?? "" });

  const before = await takeSnapshot(on.run, graph, types, { ...options, removing: true });
  expect(
    retainedIn(before.entries).map(({ entry, holds }) => [entry.look.live?.id, holds.map(({ node }) => node.key)]),
  ).toEqual([["toy-copy", ["ground"]]]);
  expect(deletable(before.entries).map(({ node }) => node.key)).toEqual(["b"]);

  const narrower = await takeSnapshot(on.run, on.graph(toy(on, "b")), types, options);
  expect(planUp(narrower).items.map(({ key, action }) => `${key} ${action}`)).toEqual([
    "b none",
    "ground delete",
    "elsewhere retain",
  ]);
  on.cloud.calls.length = 0;
  const { settled } = await applyUp(on.run, narrower);
  expect(settled.find(({ key }) => key === "ground")).toMatchObject({
    outcome: "skipped",
    reason: expect.stringContaining("left alone"),
  });
  expect(on.cloud.calls.filter((verb) => verb !== "find")).toEqual([]);
});
