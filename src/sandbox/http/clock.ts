import type { Clock } from "../../lib/clock.ts";

export type Speed = number | "max";

/** At "max": how long nobody must have asked anything before time jumps, real milliseconds. */
const QUIET_MS = 20;
/** At "max": how much time goes by itself after the last request. Less than what is terminated stays to be seen. */
const ALONE_MS = 15 * 60_000;
/** Who sleeps by this clock leads it: for so long after its last sleep time does not run away from it, real milliseconds. */
const LED_MS = 2_000;
/** Nobody calls at a higher rate: a rounded-up timer of Node's would never end. */
const LEAST_TIMEOUT_MS = 1;

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
  /** It sleeps in another process: what it does between two requests takes real time. */
  readonly away: boolean;
}

/** The clock of a served world: its speed can be changed, and it can be put forward, while others sleep by it. */
export interface ServedClock extends Clock {
  readonly speed: Speed;
  setSpeed(speed: Speed): void;
  /** Puts it forward to that time; it never goes back. */
  jumpTo(time: number): void;
  /** Sleeps for somebody who asked for it over HTTP. */
  sleepAway(ms: number, signal: AbortSignal): Promise<void>;
  /** A request is under way until the answer is called. At "max" no time passes by itself meanwhile. */
  busy(): () => void;
  close(): void;
}

/** @param nextEvent when the world does something by itself the next time */
export function servedClock(origin: number, initial: Speed, nextEvent: () => number | undefined): ServedClock {
  let speed = initial;
  let base = origin;
  let since = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let requests = 0;
  let lastActive = performance.now();
  let lastAway = Number.NEGATIVE_INFINITY;
  let alone = ALONE_MS;
  let closed = false;
  const sleepers = new Set<Sleeper>();

  const now = () => (speed === "max" ? base : base + (performance.now() - since) * speed);
  const setTo = (time: number) => {
    base = time;
    since = performance.now();
  };
  const wakeDue = () => {
    for (const sleeper of sleepers) {
      if (sleeper.at > now()) continue;
      sleepers.delete(sleeper);
      sleeper.wake();
    }
  };
  const earliest = (away?: boolean) => {
    let at = Number.POSITIVE_INFINITY;
    for (const one of sleepers) if (away === undefined || one.away === away) at = Math.min(at, one.at);
    return at;
  };

  function arm(): void {
    clearTimeout(timer);
    if (closed) return;
    if (speed !== "max") {
      const at = earliest();
      if (at !== Number.POSITIVE_INFINITY)
        timer = setTimeout(tick, Math.max(LEAST_TIMEOUT_MS, Math.min((at - now()) / speed, 2 ** 30)));
      return;
    }
    // What sleeps here is a call on its way: it takes no real time.
    timer = earliest(false) === Number.POSITIVE_INFINITY ? setTimeout(tick, QUIET_MS) : setTimeout(tick, 0);
  }

  function tick(): void {
    if (speed === "max") {
      const here = earliest(false);
      if (here !== Number.POSITIVE_INFINITY) setTo(Math.max(base, Math.min(here, earliest())));
      else if (requests === 0 && performance.now() - lastActive >= QUIET_MS) {
        const led = performance.now() - lastAway < LED_MS;
        const event = led ? Number.POSITIVE_INFINITY : (nextEvent() ?? Number.POSITIVE_INFINITY);
        const at = Math.min(earliest(), event - base <= alone ? event : Number.POSITIVE_INFINITY);
        if (at !== Number.POSITIVE_INFINITY) {
          alone -= Math.max(0, at - base);
          setTo(Math.max(base, at));
        } else if (alone > 0 && !led) {
          setTo(base + alone);
          alone = 0;
        }
      }
    }
    wakeDue();
    arm();
  }

  const sleep = (ms: number, signal: AbortSignal | undefined, away: boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        at: now() + Math.max(0, ms),
        away,
        wake() {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      sleepers.add(sleeper);
      arm();
    });

  arm();
  return {
    now,
    get speed() {
      return speed;
    },
    setSpeed(to) {
      setTo(now());
      speed = to;
      arm();
    },
    jumpTo(time) {
      setTo(Math.max(now(), time));
      wakeDue();
      arm();
    },
    sleep: (ms, signal) => sleep(ms, signal, false),
    async sleepAway(ms, signal) {
      lastAway = performance.now();
      try {
        await sleep(ms, signal, true);
      } finally {
        lastAway = performance.now();
      }
    },
    hold: (work) => work,
    busy() {
      requests++;
      alone = ALONE_MS;
      return () => {
        requests--;
        lastActive = performance.now();
      };
    },
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
