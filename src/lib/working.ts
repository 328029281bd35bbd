import { AsyncLocalStorage } from "node:async_hooks";

const working = new AsyncLocalStorage<string>();
let followed = false;

/** From now on `workedOn` knows. Only who asks it pays: up to Node 22 every promise of the process takes longer then. */
export function followWork(): void {
  followed = true;
}

/** Does work for an object: calls that are made meanwhile are its own. @param key the object's */
export const workingOn = <T>(key: string, work: () => T): T => (followed ? working.run(key, work) : work());

/** The key of the object that the present work is for; undefined: for none in particular, or nobody follows. */
export const workedOn = (): string | undefined => working.getStore();
