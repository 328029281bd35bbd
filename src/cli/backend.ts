import type { Aws } from "../aws/aws.ts";
import { internet } from "../aws/network.ts";
import type { Config } from "../config/schema.ts";
import { type Clock, realClock } from "../lib/clock.ts";
import { BuddyError } from "../lib/errors.ts";
import type { Served } from "../sandbox/http/client.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { type LocalState, stateFile } from "../state/store.ts";
import type { CommonOptions } from "./options.ts";
import type { Paths } from "./paths.ts";

/** What a command runs against: AWS, or the embedded one. */
export interface Backend {
  readonly clock: Clock;
  readonly text: LocalState;
  readonly network: Aws["network"];
  readonly wire?: Sandbox;
  /** The embedded AWS in another process. */
  readonly served?: Served;
  readonly speed?: number | "max";
}

/** AWS, or whatever AWS_ENDPOINT_URL names. */
const awsBackend = ({ state }: Paths, stateless = false): Backend => ({
  clock: realClock(),
  text: { ...stateFile(state), ...(stateless ? { read: () => undefined } : {}) },
  network: internet,
});

/** What is undone at a command's end, the last first. */
export type Closing = (() => void | Promise<void>)[];

/** What a command runs against. @param closing what the command ends with */
export async function backendFor(
  options: CommonOptions,
  paths: Paths,
  config: Config,
  { writes, stateless }: { readonly writes: boolean; readonly stateless?: boolean | undefined },
  closing: Closing,
): Promise<Backend> {
  if (options.chaos && !options.sandbox)
    throw new BuddyError({ code: "usage", message: "--chaos is for the sandbox", hint: "Add --sandbox." });
  if (!options.sandbox) {
    const { AWS_ENDPOINT_URL: endpoint, BUDDYVERSE_SANDBOX_URL: served } = process.env;
    const backend = awsBackend(paths, stateless);
    if (endpoint === undefined || endpoint !== served) return backend;
    const { servedBackend } = await import("./served-backend.ts");
    return servedBackend(endpoint, backend.text, closing);
  }
  // The sandbox is loaded only for those who rehearse.
  const { servedAt } = await import("../sandbox/http/served-file.ts");
  const url = servedAt(paths.state);
  if (url !== undefined) {
    const { servedBackend, servedState } = await import("./served-backend.ts");
    if (options.chaos)
      throw new BuddyError({
        code: "usage",
        message: `the sandbox is served at ${url}, to others too: --chaos is not this command's to say`,
        hint: `Say it to the server: buddyverse sandbox serve --chaos …, or POST ${url}/buddyverse/chaos`,
      });
    return servedBackend(url, servedState(paths), closing);
  }
  const { sandboxBackend } = await import("./sandbox-backend.ts");
  return sandboxBackend(options, paths, config, writes ? closing : undefined);
}
