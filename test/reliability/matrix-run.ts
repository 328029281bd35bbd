import { expect } from "vitest";
import {
  ANOTHER,
  downAgain,
  FULL,
  type Rehearsal,
  rehearse,
  restartAfter,
  type Surviving,
  start,
  tryAll,
  upAgain,
  withoutState,
} from "./matrix.ts";

const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;

/** One in so many goes on through the SDK's client, whose retries have nothing to do here; the others past it, in half the time. */
const THROUGH_SDK = 30;

export interface Trial {
  /** In a sample: one point in so many. Absent: it is tried in full only. */
  readonly every?: number;
  /** The calls that only this config makes: they must be met. */
  readonly own?: RegExp;
}

const triedOf = (points: readonly Surviving[], { every = 1 }: Trial): readonly Surviving[] =>
  FULL ? points : points.filter((_point, index) => index % every === 0);

const counted = (tried: readonly unknown[], all: readonly unknown[]): string =>
  tried.length === all.length ? `${all.length}` : `${tried.length} of ${all.length}`;

/** A matrix that lost its points would prove nothing. */
function expectWhole({ points, calls, distinct }: Rehearsal, least: number): void {
  expect(calls).toBeGreaterThan(300);
  expect(points).toBeGreaterThan(2.7 * calls);
  expect(distinct.length).toBeGreaterThan(least);
}

/** The calls that are its own were met. */
function expectOwn(tried: readonly Surviving[], trial: Trial): void {
  const { own } = trial;
  if (own) expect(tried.filter(({ where }) => own.test(where)).length).toBeGreaterThan(3);
}

/** Kills `up` at these points; each time `up` again must converge to one of each of all that is in the account, and `down` leave nothing. */
export async function killUp(name: string, config: object, trial: Trial): Promise<void> {
  const began = performance.now();
  const rehearsal = await rehearse(config, "up");
  const { points, calls, distinct } = rehearsal;
  const lost = withoutState(distinct);
  const [withState, without] = [triedOf(distinct, trial), triedOf(lost, trial)];
  const failures = await tryAll([...withState, ...without], async (from, index) => {
    const { on, wrong } = await upAgain(rehearsal, from, index % THROUGH_SDK !== 0);
    return wrong.length > 0 ? wrong : downAgain(rehearsal, on);
  });
  console.log(
    `up, ${name}: killed at ${points} points of ${calls} calls, ${distinct.length} differ in what survives; ` +
      `tried ${counted(withState, distinct)} with the state file and ${counted(without, lost)} without: up, then down; ${failures.length} failures; ${seconds(began)}`,
  );
  expect(failures).toEqual([]);
  expectWhole(rehearsal, 150);
  expect(lost.length).toBeGreaterThan(100);
  expectOwn(withState, trial);
}

/** Kills `down` at these points; each time `down` again must leave nothing, and for a share of them `up` bring it all back. */
export async function killDown(name: string, config: object, trial: Trial): Promise<void> {
  const began = performance.now();
  const rehearsal = await rehearse(config, "down");
  const { points, calls, distinct } = rehearsal;
  const lost = withoutState(distinct);
  const [withState, without] = [triedOf(distinct, trial), triedOf(lost, trial)];
  const failures = await tryAll([...withState, ...without], async (from, index) => {
    const again = { ...from, time: from.time + restartAfter(from) };
    const snapshots = from.state === undefined ? ANOTHER : rehearsal.snapshots;
    const on = await start(rehearsal.config, again, { direct: index % THROUGH_SDK !== 0 });
    return downAgain({ ...rehearsal, snapshots }, on);
  });
  const halfway = withState.filter((_point, index) => index % 8 === 3);
  const upAfter = await tryAll(halfway, async (from) => {
    const { on, wrong } = await upAgain({ ...rehearsal, made: undefined }, from);
    return wrong.length > 0 ? wrong : downAgain({ ...rehearsal, snapshots: ANOTHER }, on);
  });
  console.log(
    `down, ${name}: killed at ${points} points of ${calls} calls, ${distinct.length} differ in what survives; ` +
      `tried ${counted(withState, distinct)} with the state file and ${counted(without, lost)} without: down; ${halfway.length}: up, then down; ${failures.length + upAfter.length} failures; ${seconds(began)}`,
  );
  expect([...failures, ...upAfter]).toEqual([]);
  expectWhole(rehearsal, 130);
  expectOwn(withState, trial);
}
