import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";

export interface MotoServer {
  readonly url: string;
  stop(): void;
}

/** Starts moto_server, the independent AWS mock, on a free port of this machine and waits until it answers. */
export async function startMoto(): Promise<MotoServer> {
  const port = await freePort();
  const server: ChildProcess = spawn(
    "python3",
    [join(import.meta.dirname, "server.py"), "-H", "127.0.0.1", "-p", String(port)],
    {
      env: { ...process.env, MOTO_ACM_VALIDATION_WAIT: "0", MOTO_IAM_LOAD_MANAGED_POLICIES: "true" },
      stdio: "ignore",
    },
  );
  const url = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + 60_000;
  for (;;) {
    try {
      await fetch(`${url}/moto-api/`);
      return { url, stop: () => server.kill("SIGKILL") };
    } catch (error) {
      if (performance.now() > deadline) {
        server.kill("SIGKILL");
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === "object" && address ? resolve(address.port) : reject(new Error("no port")),
      );
    });
  });
}
