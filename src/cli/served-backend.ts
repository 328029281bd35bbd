import { stateBeside } from "../sandbox/file.ts";
import { openServed } from "../sandbox/http/client.ts";
import { type LocalState, stateFile } from "../state/store.ts";
import type { Backend, Closing } from "./backend.ts";
import type { Paths } from "./paths.ts";

/** The state of `--sandbox` while the world is served. */
export const servedState = ({ state }: Paths): LocalState => stateFile(stateBeside(state));

/** The embedded AWS of another process: all calls go over HTTP; the clock, DNS and the site are the sandbox's. */
export async function servedBackend(url: string, text: LocalState, closing: Closing): Promise<Backend> {
  const served = await openServed(url);
  closing.push(served.close);
  return { clock: served.clock, text, network: served.network, served, speed: served.speed };
}
