import { describe, expect, test } from "vitest";
import { GB, HOUR, price } from "../../src/aws/price.ts";
import { estimate } from "../../src/cost/estimate.ts";
import { observedObjects, type PricedObject, plannedObjects, standingObjects } from "../../src/cost/objects.ts";
import type { PriceTable } from "../../src/cost/price-table.ts";
import type { Assumption } from "../../src/engine/charge.ts";
import { type Graph, graphOf } from "../../src/engine/graph.ts";
import { ABSENT } from "../../src/engine/observe.ts";
import { NO_DEPENDENTS } from "../../src/engine/refusal.ts";
import { type AnyType, type Identified, type ResourceType, resource, step } from "../../src/engine/resource.ts";
import type { Observed } from "../../src/engine/snapshot.ts";
import type { Recorded } from "../../src/state/state.ts";

/** A service that is made up: what it costs is said here and nowhere in src/cost. */
const traffic: Assumption = { name: "toyGB", why: "toys talk", assumed: { low: 1, typical: 2, high: 3 } };
const toyHour = price("toy:hour", HOUR, "toys are not in AWS's list");
const toyData = price("toy:data", GB, "toys are not in AWS's list");
const unpriced = price("toy:gold", HOUR, "nobody knows");

interface BoxSpec {
  readonly size: number;
  readonly parts: readonly string[];
}
const box: ResourceType<BoxSpec, BoxSpec & Identified> = {
  name: "toy:box",
  find: async () => undefined,
  charges: ({ parts }) => [
    { what: "box", price: toyHour, quantity: parts.length, otherwise: { used: { what: "used box", price: unpriced } } },
    { uncounted: "wrapping" },
  ],
  residual: ({ size }, _costing, { discardData }) =>
    discardData ? [] : [{ what: "lid", price: toyData, quantity: size }],
};

interface ToySpec {
  readonly boxId: string;
}
const toy: ResourceType<ToySpec, ToySpec & Identified> = {
  name: "toy:toy",
  find: async () => undefined,
  charges: ({ boxId }, { name, use, specOf }) => [
    { what: "toys in a box", price: toyHour, quantity: specOf(box, boxId)?.size ?? "unknown", under: "toys" },
    { what: "talk", price: toyData, quantity: use(traffic), shared: true },
    { what: `paint of ${name}`, price: toyData, quantity: 1, beside: true },
  ],
};

const types: ReadonlyMap<string, AnyType> = new Map<string, AnyType>([
  [box.name, box],
  [toy.name, toy],
]);

function toyGraph(size = 5): Graph {
  const chest = resource(box, "chest", "Chest", {}, () => ({ size, parts: ["lid", "floor"] }));
  const toys = ["bear", "car"].map((key) =>
    resource(toy, key, key.toUpperCase(), { chest }, ({ chest }) => ({ boxId: chest.id })),
  );
  return graphOf([step("play", { chest, toys })], "s", {});
}

const prices: PriceTable = {
  currency: "USD",
  collected: "2026-01-01",
  sources: {},
  rows: [toyHour, toyData].map(({ item, unit }) => ({
    item,
    region: "r",
    unit: unit.name,
    usd: 1,
    from: 0,
    source: "",
    asOf: "undated",
    sure: "M",
  })),
  free: [],
  tax: {},
};
const bill = (objects: readonly PricedObject[], more: object = {}) =>
  estimate(objects, { stack: "s", region: "r", prices, ...more });
const brief = ({ lines }: ReturnType<typeof bill>) =>
  lines.map(({ object, item, quantity, keys }) => [object, item, quantity, keys.join()]);

const record = (type: string, spec: Recorded["spec"], id?: string): Recorded => ({
  type,
  name: type,
  status: "ready",
  since: 0,
  token: "t",
  spec,
  needs: [],
  ...(id === undefined ? {} : { id }),
});

describe("a bill is what the objects of a graph say of themselves", () => {
  test("hours for what is there, one line for what is shown together or shared, with the keys of all", () => {
    const it = bill(plannedObjects(toyGraph()));
    expect(brief(it)).toEqual([
      ["Chest", "box", 2 * 730, "chest"],
      // 5 toys in the box, as each of the two says.
      ["toys", "toys in a box", 10 * 730, "bear,car"],
      ["BEAR, CAR", "talk", 2, "bear,car"],
    ]);
    expect(it.lines.map(({ step, kind }) => [step, kind])).toEqual([
      ["play", "fixed"],
      ["play", "fixed"],
      ["play", "usage"],
    ]);
    expect(it.lines[2]?.band).toEqual({ low: 1, typical: 2, high: 3 });
    expect(it.beside.map(({ item }) => item)).toEqual(["paint of BEAR", "paint of CAR"]);
    expect(it.totals.fixed).toBe(12 * 730);
    expect(it.notCounted).toEqual(["tax", "wrapping"]);
  });

  test("what a person sets is counted; another way to pay has its own price, or none", () => {
    const objects = plannedObjects(toyGraph());
    expect(bill(objects, { usage: { toyGB: { low: 7, typical: 8, high: 9 } } }).totals.usage.typical).toBe(8);
    const used = bill(objects, { choose: ({ type }: PricedObject) => (type === box ? "used" : undefined) });
    expect(used.lines[0]).toMatchObject({ item: "used box", price: "toy:gold", monthly: "unknown" });
    expect(used.totals).toMatchObject({ unknown: ["used box of Chest (toy:gold)"], fixedComplete: false });
    // No object knows this way.
    expect(bill(objects, { choose: () => "stolen" })).toEqual(bill(objects));
  });

  test("what cannot be told is unknown, not 0", () => {
    const alone = plannedObjects(toyGraph()).filter(({ type }) => type === toy);
    expect(bill(alone).lines[0]).toMatchObject({ quantity: "unknown", unitPrice: 1, monthly: "unknown" });
    expect(bill(alone).totals).toMatchObject({ fixed: 0, fixedComplete: false });
  });
});

describe("what stands", () => {
  const chest = record("toy:box", { size: 3, parts: ["lid"] }, "box-1");
  const bear = record("toy:toy", { boxId: "box-1" }, "toy-1");

  test("is priced as it was last applied, found by AWS's ids, whatever the steps say by now", () => {
    const objects = standingObjects({ chest, bear }, types, toyGraph(99));
    expect(brief(bill(objects)).slice(0, 2)).toEqual([
      ["toy:box", "box", 730, "chest"],
      ["toys", "toys in a box", 3 * 730, "bear"],
    ]);
  });

  test("also what the steps no longer want; not what has no id, or is of a type that nobody knows", () => {
    const objects = standingObjects(
      { old: chest, car: record("toy:toy", { boxId: "box-1" }), robot: record("toy:robot", {}, "r-1") },
      types,
      toyGraph(),
    );
    expect(objects.map(({ key, step }) => [key, step])).toEqual([["old", undefined]]);
  });

  test("an object that was found again, with nothing recorded of it yet, is taken as it is wanted", () => {
    const objects = standingObjects({ chest: { ...chest, spec: {} }, gone: { ...chest, spec: {} } }, types, toyGraph());
    expect(brief(bill(objects))).toEqual([["toy:box", "box", 2 * 730, "chest"]]);
  });
});

describe("before and after a plan", () => {
  const graph = toyGraph();
  const node = (key: string) => graph.nodes.get(key) as Observed["node"];
  const wanted = { size: 5, parts: ["lid", "floor"] };
  const seen = (of: Partial<Observed>): Observed => ({
    node: node("chest"),
    look: { live: { id: "box-1" }, health: "ready", strays: [], claimed: true },
    recorded: undefined,
    wanted,
    decision: { kind: "none" },
    differences: [],
    dependents: NO_DEPENDENTS,
    note: undefined,
    refused: undefined,
    remedies: [],
    lifted: [],
    ...of,
  });
  const sidesOf = (one: Observed) => {
    const { before, after } = observedObjects({ graph, entries: new Map([[one.node.key, one]]) });
    return [before.map(({ spec }) => spec), after.map(({ spec }) => spec)];
  };
  const applied = { size: 1, parts: ["lid"] };

  test("what up leaves as it is costs what it did, whatever the config says of it", () => {
    expect(sidesOf(seen({ recorded: record("toy:box", applied, "box-1") }))).toEqual([[applied], [applied]]);
    // The state was lost: it is there as it is wanted.
    expect(sidesOf(seen({}))).toEqual([[wanted], [wanted]]);
  });

  test("what carries the stack's tags but is claimed by nobody is on neither side", () => {
    expect(sidesOf(seen({ wanted: undefined, decision: { kind: "retain", reason: "nobody's" } }))).toEqual([[], []]);
  });

  test("what up changes, makes or removes costs what is wanted", () => {
    const recorded = record("toy:box", applied, "box-1");
    const differs = (field: keyof typeof wanted) => ({
      field,
      wanted: wanted[field],
      found: undefined,
      replaces: false,
    });
    const update = (...fields: (keyof typeof wanted)[]) =>
      ({ kind: "update", differences: fields.map(differs) }) as const;
    expect(sidesOf(seen({ recorded, decision: update("size", "parts") }))).toEqual([[applied], [wanted]]);
    // More is there than is wanted, which is as good, or nothing is done about it.
    expect(sidesOf(seen({ recorded, decision: update("parts") }))).toEqual([[applied], [{ ...wanted, size: 1 }]]);
    const refused = { message: "no", hint: "no", remedies: [] };
    expect(sidesOf(seen({ recorded, decision: update("size"), refused }))).toEqual([[applied], [applied]]);
    expect(sidesOf(seen({ look: ABSENT, decision: { kind: "create" } }))).toEqual([[], [wanted]]);
    expect(sidesOf(seen({ recorded, wanted: undefined, decision: { kind: "delete" } }))).toEqual([[applied], []]);
  });
});
