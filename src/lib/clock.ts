/** Time as the engine and the sandbox see it. Milliseconds everywhere in this file. */
export interface Clock {
  now(): number;
  /** Sleeps, or rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Tells a clock that runs by itself that real work is under way, during which time may not jump. */
  hold<T>(work: Promise<T>): Promise<T>;
}

function abortable(signal: AbortSignal | undefined, start: (wake: () => void) => () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = start(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The wall clock, or one that runs `speed` times as fast from `origin` on. */
export function realClock(speed = 1, origin = Date.now()): Clock {
  const started = performance.now();
  return {
    now: () => origin + (performance.now() - started) * speed,
    sleep: (ms, signal) =>
      abortable(signal, (wake) => {
        const timer = setTimeout(wake, Math.max(0, ms / speed));
        return () => clearTimeout(timer);
      }),
    hold: (work) => work,
  };
}

/**
 * A clock that never waits: when nothing else happens in this process it jumps to the next sleeper's time.
 * Deterministic as long as all work between sleeps is done in promises, or is told to `hold`.
 */
export function jumpingClock(origin: number): Clock {
  let now = origin;
  let order = 0;
  let held = 0;
  let pumping = false;
  let activity = 0;
  const sleepers = new Map<number, { readonly at: number; readonly wake: () => void }>();

  // Work between sleeps takes some turns of the event loop: a coalesced read one, and no work was seen to take more than two.
  // Time moves only after quiet ones.
  const QUIET_TURNS = 4;
  function pump(): void {
    if (pumping) return;
    pumping = true;
    let seen = activity;
    let quiet = 0;
    const turn = () => {
      if (sleepers.size === 0) {
        pumping = false;
        return;
      }
      quiet = held > 0 || seen !== activity ? 0 : quiet + 1;
      seen = activity;
      if (quiet >= QUIET_TURNS) {
        quiet = 0;
        now = Math.max(now, Math.min(...[...sleepers.values()].map((sleeper) => sleeper.at)));
        // All that are due wake in one turn, as timers of the same millisecond do.
        for (const [id, sleeper] of sleepers) {
          if (sleeper.at > now) continue;
          sleepers.delete(id);
          sleeper.wake();
        }
      }
      setImmediate(turn);
    };
    setImmediate(turn);
  }

  return {
    now: () => now,
    sleep: (ms, signal) =>
      abortable(signal, (wake) => {
        const id = order++;
        activity++;
        sleepers.set(id, { at: now + Math.max(0, ms), wake });
        pump();
        return () => sleepers.delete(id);
      }),
    async hold(work) {
      held++;
      try {
        return await work;
      } finally {
        held--;
        activity++;
      }
    },
  };
}
