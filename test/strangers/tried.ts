import { expect } from "vitest";
import type { Extra } from "../../src/aws/extra.ts";
import type { StatusItem } from "../../src/engine/status.ts";
import { type Standing, told } from "./hand.ts";
import type { Change, Says } from "./table.ts";

const words = ({ what, id, effect, whose }: Extra): string => `${what} ${id}: ${effect}; ${whose}`;

/** What was told, as what must be told is written: other objects may be off for the same change, the named one must be. */
export function saying(says: Says, off: readonly StatusItem[], extras: readonly Extra[]): unknown {
  switch (says.kind) {
    case "managed":
      return off
        .filter(({ standing }) => standing === "drift" || standing === "unhealthy")
        .flatMap(({ key, drift, pending }) => [
          ...drift.map(({ field, danger }) => `${key} ${field} [${danger ?? ""}]`),
          ...pending.map(({ field }) => `${key} ${field} []`),
        ]);
    case "missing":
      return off.filter(({ standing }) => standing === "missing").map(({ key }) => key);
    case "watched":
      return off.flatMap(({ key, watched }) => watched.map(({ path, danger }) => `${key} ${path} [${danger ?? ""}]`));
    case "extra":
      return extras.map((one) => `${words(one)} [${one.danger ?? ""}]`);
    case "unseen":
      return { off: off.map(({ key }) => key), extras: extras.map(words) };
  }
}

/** True when it was told as it must be. */
export function agrees(says: Says, found: unknown): boolean {
  const lines = found as readonly string[];
  switch (says.kind) {
    case "managed":
      return lines.includes(`${says.key} ${says.field} [${says.danger ?? ""}]`);
    case "missing":
      return lines.includes(says.key);
    case "watched":
      return lines.some(
        (line) => line.startsWith(says.key) && says.path.test(line) && line.endsWith(`[${says.danger ?? ""}]`),
      );
    case "extra":
      return lines.some((line) => says.what.test(line) && line.endsWith(`[${says.danger ?? ""}]`));
    case "unseen":
      return JSON.stringify(found) === JSON.stringify({ off: [], extras: [] });
  }
}

/** Does it, asks `status`, runs `up`, and asks again: what is the stack's is put back, all else is as the stranger left it. */
export async function tried(standing: Standing, { does, says }: Change): Promise<void> {
  const who = await standing.again();
  await does(who);
  // Longer than reads lag behind writes.
  await who.wait(60);
  const before = await told(who);
  const said = saying(says, before.off, before.extras.found);
  expect(before.extras.unseen).toEqual([]);
  expect(
    agrees(says, said),
    `told instead: ${JSON.stringify(said, null, 1)} ${JSON.stringify(before.off.map(({ key, standing }) => `${key} ${standing}`))}`,
  ).toBe(true);
  if (says.kind === "unseen") return;

  const { settled } = await who.on.up();
  expect(settled.filter(({ outcome }) => outcome === "failed").map(({ name, reason }) => `${name}: ${reason}`)).toEqual(
    [],
  );
  await who.wait(60);
  const after = await told(who);
  const left = saying(says, after.off, after.extras.found);
  const heals = says.kind === "managed" || says.kind === "missing";
  expect(agrees(says, left), `after up: ${JSON.stringify(left)}`).toBe(!heals);
  if (heals) expect(after.off.map(({ key, standing }) => `${key} ${standing}`)).toEqual([]);
}
