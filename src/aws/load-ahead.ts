import { setImmediate } from "node:timers/promises";
import { serviceOfType } from "./services.ts";

/**
 * Loads the SDKs that the types' calls will need, one after the other, so that what comes from the network meanwhile has its turn.
 * @param signal ends it: nothing is waited for any more
 */
export async function loadAhead(types: Iterable<string>, signal: AbortSignal): Promise<void> {
  const services = new Set([...types].flatMap((type) => serviceOfType.get(type) ?? []));
  for (const service of services) {
    await setImmediate();
    if (signal.aborted) return;
    await service.load();
  }
}
