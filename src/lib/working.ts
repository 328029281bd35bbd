import { AsyncLocalStorage } from "node:async_hooks";

const working = new AsyncLocalStorage<string>();

/** Does work for an object: calls that are made meanwhile are its own. @param key the object's */
export const workingOn = <T>(key: string, work: () => T): T => working.run(key, work);

/** The key of the object that the present work is for; undefined: for none in particular. */
export const workedOn = (): string | undefined => working.getStore();
