import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Tests that start the command as a user does need what `bin/buddyverse.js` runs, as it is now. */
export function setup(): void {
  execFileSync(process.execPath, ["build.js"], { cwd: join(import.meta.dirname, ".."), stdio: "inherit" });
}
