// Holds a lock until it is killed: the second process of the lock's tests.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";

const [path, token] = process.argv.slice(2);
const file = `/proc/${process.pid}/stat`;
const stat = existsSync(file) ? readFileSync(file, "utf8") : undefined;
const started = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
writeFileSync(
  path,
  JSON.stringify({
    token,
    pid: process.pid,
    host: hostname(),
    user: "somebody",
    command: "up",
    since: new Date(0).toISOString(),
    started,
  }),
  { flag: "wx" },
);
process.stdout.write("held\n");
setInterval(() => {}, 60_000);
