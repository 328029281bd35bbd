import { readIfThere, removeIfThere, writeAtomically } from "../../state/file.ts";
import { type Lock, takeLock } from "../../state/lock.ts";

/** Beside the sandbox's file while its world is served: where. */
const addressFile = (path: string): string => `${path}.served`;
const lockFile = (path: string): string => `${path}.served.lock`;

/**
 * Takes the world for a server, until it is given back: only who holds this lock writes the world then. Throws `locked` while
 * another server has it.
 */
export function takeServed(path: string): { announce(url: string): void; release(): void } {
  const lock: Lock = takeLock(lockFile(path), "sandbox serve", String(process.pid), new Date());
  return {
    announce: (url) => writeAtomically(addressFile(path), `${url}\n`, { synced: false }),
    release() {
      removeIfThere(addressFile(path));
      lock.release();
    },
  };
}

/** Where the world is served, as its server has said. Undefined: it is not, or the server was killed. */
export function servedAt(path: string): string | undefined {
  const url = readIfThere(addressFile(path))?.trim();
  if (url === undefined) return undefined;
  try {
    // Nobody's: what is left of one that was killed.
    takeLock(lockFile(path), "sandbox", String(process.pid), new Date()).release();
    removeIfThere(addressFile(path));
    return undefined;
  } catch {
    return url;
  }
}
