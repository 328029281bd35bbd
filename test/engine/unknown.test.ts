/** Values that are known only after `up`, and what they say of the objects that need them. */
import { expect, test } from "vitest";
import { differences } from "../../src/engine/differences.ts";
import type { AnyType } from "../../src/engine/resource.ts";
import { holdsNew, holdsUnknown, isUnknown, unknownLive } from "../../src/lib/unknown.ts";

type Stand = { readonly id: string; readonly [field: string]: unknown };
const stand = (known: object = {}) => unknownLive("one", known) as unknown as Stand;
const type = { name: "toy:box", immutable: ["shelf", "label"] } as unknown as AnyType;
const found = (wanted: object) =>
  differences(type, wanted, { id: "box-1", shelf: "s-1", label: "a", note: "a" } as never).map(
    ({ field, replaces }) => `${field} ${replaces}`,
  );

test("the id of what is yet to be made is another for certain: what cannot be moved to it is replaced", () => {
  expect(found({ shelf: stand().id })).toEqual(["shelf true"]);
});

test("any other value that is not known may be what is there: no replacement; what is changed in place is told", () => {
  expect(found({ label: stand().name, note: stand().name })).toEqual(["note false"]);
});

test("what is known before is compared as it is", () => {
  expect(found({ shelf: stand({ id: "s-1" }).id, label: stand({ name: "b" }).name })).toEqual(["label true"]);
});

test("what a method of an unknown list answers is unknown, too, and so is text made of it", () => {
  const records = stand().records as readonly { readonly name: string }[];
  const first = records.find(({ name }) => name === "a");
  expect(isUnknown(first?.name)).toBe(true);
  expect(holdsUnknown([`at ${first?.name}`])).toBe(true);
  expect([stand().id, [stand().id], stand().name].map(holdsNew)).toEqual([true, true, false]);
});
