import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BuddyError } from "../lib/errors.ts";
import { type Checked, NotChecked } from "./mysql-tls.ts";
import { notStarted } from "./ssh.ts";

const LOOK_AGAIN_MS = 150;

/** The words of the command that opens a local port to a host and port that another host reaches. @param to "host:port" */
export const tunnelWords = (config: string, host: string, port: number, to: string): readonly string[] => [
  "ssh",
  "-F",
  config,
  "-N",
  "-o",
  "ExitOnForwardFailure=yes",
  "-L",
  `127.0.0.1:${port}:${to}`,
  host,
];

export interface Tunnel extends Checked {
  /** The exit code of ssh, when that has ended. */
  readonly ended: Promise<number>;
}

/** ssh ended before the tunnel was open. Its own words it has said itself. */
export class SshEnded extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`ssh ended with ${code}`);
    this.code = code;
  }
}

/**
 * Opens a tunnel, and looks at what is at its end before it answers. It is closed by the signal, or where the look fails.
 * @param check tries the port; throws NotChecked
 * @throws BuddyError `failed` when the port is not free, SshEnded, NotChecked, or what the signal was aborted with
 */
export async function openTunnel(
  [program = "", ...words]: readonly string[],
  {
    port,
    check,
    signal,
  }: { readonly port: number; readonly check: () => Promise<Checked>; readonly signal: AbortSignal },
): Promise<Tunnel> {
  await assertFree(port);
  signal.throwIfAborted();
  // It asks for a key's passphrase on the terminal, and says there what is wrong.
  const child = spawn(program, words, { stdio: ["inherit", "ignore", "inherit"] });
  const close = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", close);
  let code: number | undefined;
  const ended = new Promise<number>((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(program, error)));
    child.once("close", (exit) => {
      signal.removeEventListener("abort", close);
      code = exit ?? 128;
      resolve(code);
    });
  });
  try {
    for (;;) {
      const look = check().catch((error: unknown) => {
        if (error instanceof NotChecked && error.trouble === "not-open") return undefined;
        throw error;
      });
      const found = await Promise.race([look, ended.then(() => undefined)]);
      signal.throwIfAborted();
      if (code !== undefined) throw new SshEnded(code);
      if (found) return { ...found, ended };
      await Promise.race([sleep(LOOK_AGAIN_MS), ended]);
    }
  } catch (error) {
    close();
    await ended.catch(() => undefined);
    throw error;
  }
}

/** What listens there already would be taken for the tunnel. */
function assertFree(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      const why = error.code === "EADDRINUSE" ? "something else listens there" : error.message;
      reject(
        new BuddyError({
          code: "failed",
          message: `port ${port} of this machine cannot be opened: ${why}`,
          hint: "Name another one with --port.",
        }),
      );
    });
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve()));
  });
}
