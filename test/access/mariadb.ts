import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { AUTHORITY, CERTIFICATE, KEY } from "../verify/pem.ts";

/** A MariaDB of this machine, with TLS and a certificate for `site.example`. */
export interface MariaDb {
  readonly port: number;
  /** The file of who signed its certificate. */
  readonly ca: string;
  /** Asks it as its root, past the network. */
  sql(text: string): string;
  close(): Promise<void>;
}

const options = (folder: string) => ["--no-defaults", `--datadir=${join(folder, "data")}`, "--user=root"];

/** Debian's MariaDB on a free port of this machine, with nothing in it. */
export async function mariaDb(folder: string): Promise<MariaDb> {
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  for (const [name, text] of Object.entries({ "ca.pem": AUTHORITY, "cert.pem": CERTIFICATE, "key.pem": KEY }))
    writeFileSync(at(name), text);
  execFileSync(
    "mariadb-install-db",
    [...options(folder), "--auth-root-authentication-method=normal", "--skip-test-db"],
    { stdio: "pipe" },
  );
  const port = await freePort();
  const child = spawn(
    "mariadbd",
    [
      ...options(folder),
      `--socket=${at("socket")}`,
      `--pid-file=${at("pid")}`,
      "--bind-address=127.0.0.1",
      `--port=${port}`,
      "--innodb-buffer-pool-size=16M",
      "--innodb-log-file-size=4M",
      `--ssl-ca=${at("ca.pem")}`,
      `--ssl-cert=${at("cert.pem")}`,
      `--ssl-key=${at("key.pem")}`,
    ],
    { stdio: "ignore" },
  );
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const sql = (input: string): string =>
    execFileSync(
      "mariadb",
      ["--no-defaults", "--default-character-set=utf8mb4", "-N", "-u", "root", "-S", at("socket")],
      {
        input,
        encoding: "utf8",
        stdio: ["pipe", "pipe", "pipe"],
      },
    ).trim();
  for (let tries = 0; ; tries += 1) {
    try {
      sql("SELECT 1");
      break;
    } catch (error) {
      if (child.exitCode !== null || tries > 200) throw error;
      await sleep(50);
    }
  }
  return {
    port,
    ca: at("ca.pem"),
    sql,
    close: () => {
      child.kill("SIGKILL");
      return closed;
    },
  };
}

/** One that nobody listens at. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
