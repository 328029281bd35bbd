import { breakLock } from "../../state/lock.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { pathsOf } from "../paths.ts";

export async function unlock(id: string, options: CommonOptions): Promise<number> {
  const holder = breakLock(pathsOf(options).lock, id);
  printResult(options, `The lock of "${holder.command}" by ${holder.user} on ${holder.host} is broken.`, {
    unlocked: holder,
  });
  return 0;
}
