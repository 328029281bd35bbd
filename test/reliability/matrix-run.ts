import { expect } from "vitest";
import { downAgain, rehearse, restartAfter, start, tryAll, upAgain, withoutState } from "./matrix.ts";

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;

/** Kills `up` at every point; each time `up` again must converge to one of each, and `down` leave nothing. */
export async function killUp(name: string, config: object): Promise<void> {
  const began = performance.now();
  const rehearsal = await rehearse(config, "up");
  const { points, calls, distinct } = rehearsal;
  const lost = withoutState(distinct);
  const failures = await tryAll([...distinct, ...lost], async (from, index) => {
    const { on, wrong } = await upAgain(rehearsal, from, index % 10 !== 0);
    return wrong.length > 0 ? wrong : downAgain(rehearsal, on);
  });
  console.log(
    `up, ${name}: killed at ${points} points of ${calls} calls, ${distinct.length} differ in what survives; ` +
      `tried ${distinct.length} with the state file and ${lost.length} without: up, then down; ${failures.length} failures; ${seconds(began)}`,
  );
  expect(failures).toEqual([]);
  // A matrix that lost its points would prove nothing.
  expect(calls).toBeGreaterThan(300);
  expect(points).toBeGreaterThan(2.7 * calls);
  expect(distinct.length).toBeGreaterThan(150);
  expect(lost.length).toBeGreaterThan(100);
}

/** Kills `down` at every point; each time `down` again must leave nothing, and for a share of them `up` bring it all back. */
export async function killDown(name: string, config: object): Promise<void> {
  const began = performance.now();
  const rehearsal = await rehearse(config, "down");
  const { points, calls, distinct } = rehearsal;
  const lost = withoutState(distinct);
  const failures = await tryAll([...distinct, ...lost], async (from, index) => {
    const again = { ...from, time: from.time + restartAfter(from) };
    return downAgain(rehearsal, await start(rehearsal.config, again, { direct: index % 10 !== 0 }));
  });
  const halfway = distinct.filter((_point, index) => index % 8 === 3);
  const upAfter = await tryAll(halfway, async (from) => {
    const { on, wrong } = await upAgain({ ...rehearsal, made: undefined }, from);
    return wrong.length > 0 ? wrong : downAgain({ ...rehearsal, snapshots: undefined }, on);
  });
  console.log(
    `down, ${name}: killed at ${points} points of ${calls} calls, ${distinct.length} differ in what survives; ` +
      `tried ${distinct.length} with the state file and ${lost.length} without: down; ${halfway.length}: up, then down; ${failures.length + upAfter.length} failures; ${seconds(began)}`,
  );
  expect([...failures, ...upAfter]).toEqual([]);
  expect(calls).toBeGreaterThan(300);
  expect(points).toBeGreaterThan(2.7 * calls);
  expect(distinct.length).toBeGreaterThan(130);
}
