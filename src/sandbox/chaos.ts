import { BuddyError } from "../lib/errors.ts";
import { awsError, COMMON_ERRORS, type SandboxService } from "./service.ts";

/** What goes wrong on purpose; shares are 0 to 1 of all calls. */
export interface Chaos {
  /** Calls that AWS refuses as too many. */
  readonly throttle: number;
  /** Calls whose answer is lost after AWS acted: half as a reset connection, half as a 500. */
  readonly loseAnswer: number;
  /** Calls that are lost on the way, before AWS acts. */
  readonly loseCall: number;
  /** For how long there is no connection, seconds, from the second call on: who the caller is has been asked. */
  readonly outage?: number;
  readonly seed: number;
}

const KEYS = {
  throttle: "throttle",
  "lose-answer": "loseAnswer",
  "lose-call": "loseCall",
  outage: "outage",
  seed: "seed",
} as const;
const SHARES: readonly (keyof Chaos)[] = ["throttle", "loseAnswer", "loseCall"];

/** Reads `throttle=0.3,lose-answer=0.05,seed=7`. Throws `usage` for anything else. */
export function parseChaos(text: string): Chaos {
  const chaos: { -readonly [K in keyof Chaos]: number } = {
    throttle: 0,
    loseAnswer: 0,
    loseCall: 0,
    outage: 0,
    seed: 1,
  };
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=");
    const key = KEYS[name.trim() as keyof typeof KEYS];
    const number = Number(value);
    if (!key || value.trim() === "" || !Number.isFinite(number) || number < 0 || (SHARES.includes(key) && number > 1)) {
      throw new BuddyError({
        code: "usage",
        message: `--chaos does not know "${part}"`,
        hint: "It takes shares from 0 to 1, seconds without a connection, and a seed, as throttle=0.3,lose-answer=0.05,lose-call=0.05,outage=90,seed=7.",
      });
    }
    chaos[key] = number;
  }
  return chaos;
}

const throttling = ({ errors }: SandboxService): Error => {
  const { throttled, throttledStatus: status } = { ...COMMON_ERRORS, ...errors };
  return awsError(throttled, "Rate exceeded", { status });
};

/** A lost connection, and one that does not come about, as Node gives them. */
const reset = (): Error => Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
const noConnection = (): Error =>
  Object.assign(new Error("getaddrinfo EAI_AGAIN"), { code: "EAI_AGAIN", syscall: "getaddrinfo" });
const broken = ({ errors }: SandboxService): Error =>
  awsError({ ...COMMON_ERRORS, ...errors }.internal, "An internal error has occurred", { status: 500 });

/** Seeded, and apart from the world's own randomness: the same world goes on whatever goes wrong on the way to it. */
export function chaosOf({ throttle, loseAnswer, loseCall, outage = 0, seed }: Chaos): {
  /** Throws when this call shall not reach AWS. @param now the clock's milliseconds */
  before(service: SandboxService, now: number): void;
  /** Throws when this call's answer shall be lost. */
  after(service: SandboxService): void;
} {
  let state = seed >>> 0 || 1;
  const random = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 2 ** 32;
  };
  let calls = 0;
  let connectedFrom: number | undefined;
  return {
    before(service, now) {
      if (++calls > 1) {
        connectedFrom ??= now + outage * 1_000;
        if (now < connectedFrom) throw noConnection();
      }
      if (random() < throttle) throw throttling(service);
      if (random() < loseCall) throw reset();
    },
    after(service) {
      if (random() < loseAnswer) throw random() < 0.5 ? reset() : broken(service);
    },
  };
}
