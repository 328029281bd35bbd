/** What a run before has begun, and is on its way: what is left of its usual time counts, wherever a time is told. */
import { expect, test } from "vitest";
import { applyUp } from "../../src/engine/apply.ts";
import { destroy, secondsToDestroy } from "../../src/engine/destroy.ts";
import { forecastUp } from "../../src/engine/forecast.ts";
import { planUp } from "../../src/engine/plan.ts";
import { type ResourceType, resource } from "../../src/engine/resource.ts";
import { takeSnapshot } from "../../src/engine/snapshot.ts";
import { type Playground, playground, type ToyLive, type ToySpec } from "./toy.ts";

const options = { stack: "s", sweep: "all" as const };
type More = Partial<ResourceType<ToySpec, ToyLive>>;

/** A toy of which AWS takes its time, at work since a run that was broken off after so many seconds. */
async function brokenOff(seconds: number, more: More = {}) {
  const on = playground({ timing: { createSeconds: 100, timeoutSeconds: 100_000, deleteSeconds: 50 }, ...more });
  on.cloud.buildMs = 100_000;
  const graphOf = (colour: string) => on.graph(resource(on.type, "a", "a", {}, () => ({ colour })));
  const cut = new AbortController();
  void on.run.clock.sleep(seconds * 1_000).then(() => cut.abort());
  const look = (graph = graphOf("red"), removing = false) =>
    takeSnapshot(on.run, graph, on.types, { ...options, removing });
  return { on, graphOf, look, broken: { ...on.run, signal: cut.signal } };
}
const started = ({ events }: Playground) => events.findLast(({ type }) => type === "resource.started");

test("it is made: the plan, the forecast of the live view and the event say what is left, and it takes that", async () => {
  const { on, look, broken } = await brokenOff(60);
  await applyUp(broken, await look());
  const seen = await look();
  const plan = planUp(seen);
  expect(plan.items).toMatchObject([{ action: "wait" }]);
  expect(plan.seconds).toBeGreaterThan(35);
  expect(plan.seconds).toBeLessThanOrEqual(41);
  expect(forecastUp(seen).visits).toMatchObject([{ seconds: plan.seconds }]);
  const began = on.run.clock.now();
  await applyUp(on.run, seen);
  expect(started(on)).toMatchObject({ action: "wait", usual: plan.seconds });
  expect((on.run.clock.now() - began) / 1_000).toBeCloseTo(plan.seconds, -1);
});

test.each([
  [0, 90, 101],
  [95, 9, 11],
  [150, 14, 17],
  [400, 39, 42],
  [90_000, 100, 100],
])("after %i s: between %i and %i s of a hundred are left, as it is not done", async (seconds, least, most) => {
  const { on, look, broken } = await brokenOff(1);
  on.cloud.buildMs = 1e9;
  await applyUp(broken, await look());
  await on.run.clock.sleep(seconds * 1_000);
  const plan = planUp(await look());
  expect(plan.seconds).toBeGreaterThanOrEqual(least);
  expect(plan.seconds).toBeLessThanOrEqual(most);
});

test("it is changed: the time is the change's, not that of making one", async () => {
  const { on, graphOf, look } = await brokenOff(1, { rollout: () => ({ what: "slowly", seconds: 300 }) });
  await applyUp(on.run, await look());
  // AWS has taken the change, which the state does not say yet, and is at it.
  const [[id, toy] = []] = on.cloud.toys;
  if (id && toy) on.cloud.toys.set(id, { ...toy, colour: "blue", readyFrom: on.run.clock.now() + 300_000 });
  expect(planUp(await look(graphOf("blue")))).toMatchObject({ items: [{ action: "wait" }], seconds: 300 });
});

test("it is on its way to what is not wanted any more: that, and then the change back", async () => {
  let comes = false;
  const { on, look } = await brokenOff(1, {
    rollout: () => ({ what: "slowly", seconds: 300 }),
    coming: () => ({ fields: comes ? { colour: "blue" } : {}, when: "soon" }),
  });
  await applyUp(on.run, await look());
  const [[id, toy] = []] = on.cloud.toys;
  if (id && toy) on.cloud.toys.set(id, { ...toy, readyFrom: on.run.clock.now() + 300_000 });
  comes = true;
  expect(planUp(await look())).toMatchObject({ items: [{ action: "wait" }], seconds: 600 });
});

test("it goes: up and down say what is left of that", async () => {
  const { on, look, graphOf } = await brokenOff(1);
  await applyUp(on.run, await look());
  on.cloud.goneMs = 50_000;
  const cut = new AbortController();
  void on.run.clock.sleep(30_000).then(() => cut.abort());
  await destroy({ ...on.run, signal: cut.signal }, await look(graphOf("red"), true));
  const going = secondsToDestroy(on.run, await look(graphOf("red"), true));
  expect(going).toBeGreaterThan(10);
  expect(going).toBeLessThanOrEqual(21);
  const { seconds } = planUp(await look());
  expect(seconds).toBeGreaterThanOrEqual(going + 98);
  expect(seconds).toBeLessThanOrEqual(going + 100);
});
