import type { Aws } from "../aws/aws.ts";
import { internet } from "../aws/network.ts";
import { type Clock, realClock } from "../lib/clock.ts";
import type { Served } from "../sandbox/http/client.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type StateText, stateFile } from "../state/store.ts";
import type { Paths } from "./paths.ts";

/** What a command runs against: AWS, or the embedded one. */
export interface Backend {
  readonly clock: Clock;
  readonly text: StateText;
  readonly network: Aws["network"];
  readonly wire?: Sandbox;
  /** The embedded AWS in another process. */
  readonly served?: Served;
  readonly speed?: number | "max";
}

/** AWS, or whatever AWS_ENDPOINT_URL names. */
export const awsBackend = ({ state }: Paths, stateless = false): Backend => ({
  clock: realClock(),
  text: { ...stateFile(state), ...(stateless ? { read: () => undefined } : {}) },
  network: internet,
});
