import type { Aws, Services } from "./aws.ts";
import { coalescer, idBatcher } from "./coalesce.ts";
import { isRead } from "./safety.ts";
import { serviceNames } from "./services.ts";

/**
 * The connection for one look at the stack: what it has asked once it does not ask again, whoever asks. Not for what waits, nor
 * for what changes something and looks again: its answers stay as they were. A failure is not kept.
 * @param amongOthers see `Aws.amongOthers`
 */
export function oneLook(aws: Aws, amongOthers?: ReadonlySet<string>): Aws {
  const answers = new Map<string, Promise<unknown>>();
  const once = (key: string, ask: () => Promise<unknown>): Promise<unknown> => {
    const known = answers.get(key);
    if (known) return known;
    const asked = ask().catch((error: unknown) => {
      answers.delete(key);
      throw error;
    });
    answers.set(key, asked);
    return asked;
  };
  const services = serviceNames.map((service) => {
    const asked = new Proxy({} as Record<string, unknown>, {
      get: (_target, method: string) => (input: object) => {
        const calls = aws[service] as unknown as Record<string, (input: object) => Promise<unknown>>;
        const ask = async () => calls[method]?.(input);
        return isRead(method.charAt(0).toUpperCase() + method.slice(1))
          ? once(`${service}.${method} ${JSON.stringify(input)}`, ask)
          : ask();
      },
    });
    return [service, asked] as const;
  });
  return {
    ...aws,
    ...(Object.fromEntries(services) as unknown as Services),
    coalesce: coalescer(),
    batchById: idBatcher(),
    ...(amongOthers ? { amongOthers } : {}),
  };
}
