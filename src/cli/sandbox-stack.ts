import { type Steps, stepsFor } from "../../steps/index.ts";
import type { Inputs } from "../../steps/inputs.ts";
import { asItStands } from "../../steps/zones.ts";
import type { Aws } from "../aws/aws.ts";
import { connect, type TracedCall } from "../aws/connect.ts";
import { types } from "../aws/services.ts";
import type { Config } from "../config/schema.ts";
import type { Emit } from "../engine/events.ts";
import type { Run } from "../engine/run.ts";
import { openStack, type Stack } from "../engine/stack.ts";
import type { Clock } from "../lib/clock.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { openStore, type StateText } from "../state/store.ts";

export interface SandboxStackOptions {
  readonly config: Config;
  readonly inputs: Inputs;
  readonly sandbox: Sandbox;
  readonly clock: Clock;
  /** Or what opens it, where it lies in the sandbox. */
  readonly text: StateText | ((aws: Aws) => Promise<StateText>);
  /** Says which run has written the state, where several share it. */
  readonly run?: string | undefined;
  /** Another graph than the whole stack's. */
  readonly steps?: Steps | undefined;
  readonly signal?: AbortSignal | undefined;
  /** `down --delete-zone`. */
  readonly deleteKept?: boolean | undefined;
  readonly emit?: Emit | undefined;
  readonly token?: Run["token"] | undefined;
  readonly replace?: boolean | undefined;
  readonly allowOutage?: boolean | undefined;
  readonly upgrade?: readonly string[] | undefined;
  readonly onCall?: ((call: TracedCall) => void) | undefined;
  /** Awaited before each call that changes something. */
  readonly beforeChange?: (() => Promise<void>) | undefined;
}

/** The whole tool on an embedded AWS, with nothing random in it. */
export async function sandboxStack(
  options: SandboxStackOptions,
): Promise<{ readonly aws: Aws; readonly stack: Stack }> {
  const { config, sandbox, clock, inputs, steps = stepsFor } = options;
  const signal = options.signal ?? new AbortController().signal;
  const aws = await connect({
    region: config.region,
    clock,
    wire: sandbox,
    network: sandbox.network,
    signal,
    onCall: options.onCall,
    onBookkeeping: options.onCall,
    beforeChange: options.beforeChange,
    random: () => 0.5,
  });
  const identity = { stack: config.stack, account: aws.account, region: aws.region };
  const text = typeof options.text === "function" ? await options.text(aws) : options.text;
  const store = openStore(text, identity, () => "lineage", options.run);
  // Another run on the same world, with its state lost, too, has others.
  let tokens = 1_000 * Math.round(clock.now());
  const stack = openStack({
    name: config.stack,
    tags: config.tags,
    steps: steps(await asItStands(config, aws, store.resources), inputs),
    types,
    aws,
    clock,
    signal,
    deleteKept: options.deleteKept,
    store,
    emit: options.emit ?? (() => {}),
    replace: options.replace,
    allowOutage: options.allowOutage,
    upgrade: options.upgrade,
    token: options.token ?? (() => `token${String(++tokens).padStart(27, "0")}`),
  });
  return { aws, stack };
}

/** A state in memory. */
export function memoryText(text?: string): StateText & { text: string | undefined } {
  return {
    path: "memory",
    text,
    read() {
      return this.text;
    },
    write(written) {
      this.text = written;
    },
    backUp() {},
  };
}
