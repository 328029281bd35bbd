import { expect, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { parseConfig } from "../../src/config/load.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";
import {
  type Answer,
  amiss,
  compare,
  downAgain,
  fresh,
  madeBy,
  type Process,
  type Rehearsal,
  rehearse,
  start,
} from "./matrix.ts";

const MODES = [
  ["NAT instance", {}],
  ["NAT gateway", { nat: { mode: "gateway" } }],
] as const;

const rehearsals = new Map<string, Promise<Rehearsal>>();
const normalOf = (given: object): Promise<Rehearsal> => {
  const key = JSON.stringify(given);
  const known = rehearsals.get(key) ?? rehearse(given, "up");
  rehearsals.set(key, known);
  return known;
};

const reset = () => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
const broken = () => awsError("InternalFailure", "An internal error has occurred", { status: 500 });

/** Up and down behind faults: one of each, nothing made twice, nothing left. Answers how the calls were counted. */
async function live(
  rehearsal: Rehearsal,
  options: Parameters<typeof start>[2],
): Promise<{ readonly on: Process; readonly wrong: string[]; readonly upCalls: number }> {
  const { config } = rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined }, options);
  const wrong = amiss((await on.up()).settled);
  const upCalls = on.sent.length;
  on.sandbox.settle();
  wrong.push(...compare("after up", census(on.sandbox.world), rehearsal.normal));
  if (rehearsal.made) wrong.push(...compare("made", madeBy(on.made), madeBy(rehearsal.made)));
  wrong.push(...(await downAgain(rehearsal, on)));
  return { on, wrong, upCalls };
}

/** Each changing call fails once, in one way; the same call again goes through. */
function eachOnce(fault: "call lost" | "answer reset" | "answer 500", struck: Set<string>) {
  return (answer: Answer): Answer => {
    const seen = new Set<string>();
    return async (service, operation, input) => {
      const key = `${service}:${operation} ${JSON.stringify(input)}`;
      const first = !isRead(operation) && !seen.has(key);
      seen.add(key);
      if (!first) return answer(service, operation, input);
      struck.add(`${service}:${operation}`);
      if (fault === "call lost") throw reset();
      await answer(service, operation, input);
      throw fault === "answer reset" ? reset() : broken();
    };
  };
}

test.each(
  MODES.flatMap(([name, given]) =>
    (["call lost", "answer reset", "answer 500"] as const).map((fault) => [fault, name, given] as const),
  ),
)("every changing call of up and down: %s once, %s: one of each, and nothing left", async (fault, _name, given) => {
  const rehearsal = await normalOf(given);
  const struck = new Set<string>();
  const { wrong, upCalls } = await live(rehearsal, { around: eachOnce(fault, struck) });
  expect(wrong).toEqual([]);
  // Every sort of changing call was struck, creates and deletes.
  expect(struck.size).toBeGreaterThan(55);
  expect(upCalls / rehearsal.calls).toBeLessThan(3);
});

test.each([1, 2, 3, 4, 5, 6])(
  "chaos, seed %i: three calls of ten throttled, one answer and one call of twenty lost: one of each, no storm",
  async (seed) => {
    const rehearsal = await normalOf(MODES[seed % 2 === 0 ? 0 : 1][1]);
    const { wrong, upCalls } = await live(rehearsal, {
      chaos: { throttle: 0.3, loseAnswer: 0.05, loseCall: 0.05, seed },
    });
    expect(wrong).toEqual([]);
    // 30 % throttled alone is 1.43 attempts for each call that goes through.
    expect(upCalls / rehearsal.calls).toBeLessThan(2.5);
  },
);

const OUTAGE_MS = 120_000;

/** A service answers 503 for two minutes, from a while after the start on. */
const outage =
  (down: string, from: number) =>
  (answer: Answer, clock: Clock): Answer =>
  async (service, operation, input) => {
    const since = clock.now() - START - from;
    if (service === down && since >= 0 && since < OUTAGE_MS) {
      await clock.sleep(100);
      throw awsError("ServiceUnavailable", "Service Unavailable", { status: 503 });
    }
    return answer(service, operation, input);
  };

test.each([
  ["ec2", 5_000],
  ["ec2", 300_000],
  ["rds", 20_000],
  ["efs", 10_000],
  ["elastic-load-balancing-v2", 15_000],
  ["auto-scaling", 660_000],
  ["iam", 1_000],
  ["ssm", 1_000],
  ["acm", 1_000],
  ["route-53", 150_000],
  ["cloudwatch", 40_000],
])("%s answers 503 for two minutes from %i ms on: up waits, backs off and finishes", async (service, from) => {
  const rehearsal = await normalOf({});
  const { on, wrong } = await live(rehearsal, { around: outage(service, from) });
  expect(wrong).toEqual([]);
  const during = on.sent.filter(
    (one) => one.service === service && one.at - START >= from && one.at - START < from + OUTAGE_MS,
  );
  expect(during.length).toBeGreaterThan(0);
  // Not one a second for each of the objects that wait for it: it backs off.
  const waiting = new Set(during.map(({ operation }) => operation)).size;
  expect(during.length / waiting).toBeLessThan(300);
});

test("throttled for two minutes, the waits between the attempts of one call grow", async () => {
  const config = parseConfig({ domain: null }, "test.config.json");
  const at: number[] = [];
  const around =
    (answer: Answer, clock: Clock): Answer =>
    async (service, operation, input) => {
      if (operation === "CreateVpc" && clock.now() - START < OUTAGE_MS) {
        at.push(clock.now());
        throw awsError("RequestLimitExceeded", "Request limit exceeded.", { status: 503 });
      }
      return answer(service, operation, input);
    };
  const on = await start(config, { world: fresh(config), time: START, state: undefined }, { around });
  expect(amiss((await on.up()).settled)).toEqual([]);
  const waits = at.slice(1).map((time, index) => time - (at[index] as number));
  expect(waits[0]).toBeLessThan(1_000);
  expect(Math.max(...waits)).toBeGreaterThanOrEqual(5_000);
  expect(at.length).toBeLessThan(30);
});
