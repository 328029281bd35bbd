import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";

export interface Sshd {
  readonly port: number;
  /** Its public key, as `TYPE BASE64`. */
  readonly hostKey: string;
  /** How many have connected. */
  connections(): number;
  /** Ends all that are connected. */
  cut(): void;
  /** Closes what is open, and takes nobody any more. */
  close(): Promise<void>;
}

/** The user as whom all log in: without rights of root, sshd lets in nobody else. */
export const USER = userInfo().username;

/** A key pair of OpenSSH's, `TYPE BASE64`. The private half is the file. */
export function keyPair(file: string): string {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file]);
  return publicKeyOf(file);
}
const publicKeyOf = (file: string): string =>
  execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" }).trim().split(" ").slice(0, 2).join(" ");

/**
 * Debian's sshd on a port of this machine, one process for each connection, as inetd starts it.
 * @param name also what `$WHERE` is on it
 * @param authorized who may log in
 * @param env of all that runs there
 */
export async function sshd(
  folder: string,
  name: string,
  authorized: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Sshd> {
  const at = (file: string) => join(folder, `${name}.${file}`);
  const hostKey = keyPair(at("host"));
  writeFileSync(at("authorized"), `${authorized}\n`);
  writeFileSync(
    at("config"),
    [
      `HostKey "${at("host")}"`,
      `AuthorizedKeysFile "${at("authorized")}"`,
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      "PermitRootLogin prohibit-password",
      "PrintMotd no",
      `SetEnv ${Object.entries({ WHERE: name, ...env })
        .map(([key, value]) => `${key}=${value}`)
        .join(" ")}`,
      "",
    ].join("\n"),
  );
  // As root, it wants a place to lock itself into.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const children = new Set<ChildProcess>();
  let connections = 0;
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    connections += 1;
    const child = spawn("/usr/sbin/sshd", ["-i", "-e", "-f", at("config")], { stdio: [socket, socket, "ignore"] });
    children.add(child);
    child.once("close", () => children.delete(child));
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    hostKey,
    connections: () => connections,
    cut: () => {
      for (const child of children) child.kill();
    },
    close: async () => {
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(
        [...children].map((child) => {
          const closed = new Promise((resolve) => child.once("close", resolve));
          child.kill();
          return closed;
        }),
      );
    },
  };
}
