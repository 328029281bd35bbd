// Starts a holder of a lock and never looks after it: killed, it stays a zombie for as long as this lives.
import { spawn } from "node:child_process";
import { join } from "node:path";

spawn(process.execPath, [join(import.meta.dirname, "holder.js"), ...process.argv.slice(2)], {
  stdio: ["ignore", "inherit", "inherit"],
});
// Node reaps from its event loop, which waits here for ever.
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
