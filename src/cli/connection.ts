import type { Aws } from "../aws/aws.ts";
import { connect } from "../aws/connect.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../lib/clock.ts";
import { askForCode, canAsk } from "./ask.ts";
import { type Backend, backendFor, type Closing } from "./backend.ts";
import { onInterrupt } from "./interrupt.ts";
import type { CommonOptions } from "./options.ts";
import { tell } from "./output.ts";
import type { Paths } from "./paths.ts";
import { tracing } from "./trace.ts";

/** AWS, for a command that does not work on the stack itself. */
export interface Connected {
  readonly aws: Aws;
  readonly clock: Clock;
  readonly backend: Backend;
  readonly signal: AbortSignal;
}

/** Connects, and closes the connection however the work ends. @param writes it changes something */
export async function withConnection<T>(
  {
    options,
    paths,
    config,
    writes,
  }: {
    readonly options: CommonOptions;
    readonly paths: Paths;
    readonly config: Config;
    readonly writes: boolean;
  },
  act: (connected: Connected) => Promise<T>,
): Promise<T> {
  const closing: Closing = [];
  const note = tell;
  try {
    const backend = await backendFor(options, paths, config, { writes }, closing);
    const { signal, stop } = onInterrupt();
    closing.push(stop);
    const traced = options.trace ? tracing(options.trace, note) : undefined;
    const aws = await connect({
      region: config.region,
      clock: backend.clock,
      network: backend.network,
      profile: options.profile,
      signal,
      wire: backend.wire,
      endpoint: backend.served,
      concurrency: options.concurrency,
      onCall: traced,
      onBookkeeping: traced,
      onTrouble: note,
      mfaCode: canAsk() ? (serial, profile) => askForCode(serial, profile, signal) : undefined,
    });
    return await act({ aws, clock: backend.clock, backend, signal });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}
