import { breakLock } from "../../state/lock.ts";
import type { CommonOptions } from "../options.ts";
import { pathsOf } from "../paths.ts";

export async function unlock(id: string, options: CommonOptions): Promise<number> {
  const holder = breakLock(pathsOf(options).lock, id);
  if (options.json) process.stdout.write(`${JSON.stringify({ unlocked: holder })}\n`);
  else process.stdout.write(`The lock of "${holder.command}" by ${holder.user} on ${holder.host} is broken.\n`);
  return 0;
}
