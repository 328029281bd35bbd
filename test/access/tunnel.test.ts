/** The tunnel to the database, by the system's ssh through Debian's sshd. To a MariaDB it goes in migrate.long.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { withHostKeys } from "../../src/access/host-keys.ts";
import { checkTls } from "../../src/access/mysql-tls.ts";
import { sshConfig } from "../../src/access/ssh-config.ts";
import { tunnelWords } from "../../src/access/tunnel.ts";
import { holdTunnel, type Plan } from "../../src/cli/commands/tunnel.ts";
import { exitCodeOf } from "../../src/lib/errors.ts";
import { needs } from "../tools.ts";
import { AUTHORITY, CERTIFICATE, KEY } from "../verify/pem.ts";
import { freePort } from "./mariadb.ts";
import { keyPair, type Sshd, sshd, USER } from "./sshd.ts";

/** What the certificate is for. */
const NAME = "site.example";

describe("by ssh, to what speaks as MySQL does", needs("ssh and sshd"), () => {
  let folder: string;
  let bastion: Sshd;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "buddyverse-tunnel-"));
    bastion = await sshd(folder, "bastion", keyPair(join(folder, "key")));
    const at = (name: string) => join(folder, name);
    const files = { config: at("ssh_config"), knownHosts: at("known"), identity: at("key") };
    writeFileSync(files.knownHosts, withHostKeys("", "i-bastion", [bastion.hostKey]));
    const host = { id: "i-bastion", address: "127.0.0.1", user: USER, pinned: true };
    const hosts = [
      { ...host, name: "bastion-1", port: bastion.port },
      { ...host, name: "dead", port: 1 },
    ];
    writeFileSync(files.config, sshConfig("stage", hosts, files));
    writeFileSync(at("ca.pem"), AUTHORITY);
  });
  afterAll(async () => {
    await bastion.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the command has found out of the stack, but that the bastion finds the database at a port of this machine. */
  async function plan(to: number, changed: Partial<Plan> = {}, host = "bastion-1"): Promise<Plan> {
    const port = changed.port ?? (await freePort());
    return {
      access: { host, whyNot: async () => undefined },
      role: "primary",
      port,
      host: NAME,
      command: tunnelWords(join(folder, "ssh_config"), host, port, `127.0.0.1:${to}`),
      ca: join(folder, "ca.pem"),
      certificates: () => Promise.reject(new Error("nobody is asked for certificates")),
      value: { mysql: "mysql of it", mariadb: "mariadb of it", password: "aws ssm get-parameter" },
      ...changed,
    };
  }
  const failure = (given: Plan, signal = new AbortController().signal) =>
    holdTunnel(given, () => {}, signal).then(
      () => "it was opened",
      (error: unknown) => ({ message: (error as Error).message, code: exitCodeOf(error) }),
    );

  test("TLS is checked before it says that it is ready, and the signal closes the port", async () => {
    const given = await plan(portOf(await mysql()));
    const controller = new AbortController();
    let held: Promise<number> | undefined;
    const said = await new Promise<string>((resolve, reject) => {
      held = holdTunnel(given, resolve, controller.signal);
      held.catch(reject);
    });
    expect(said.split("\n")[0]).toBe(
      `Ready: 127.0.0.1:${given.port} is the primary database (MySQL 8.4.3), checked: TLSv1.3, a certificate of RDS for ${NAME}.`,
    );
    controller.abort();
    expect(await held).toBe(0);
    const again = checkTls(given.port, { name: NAME, ca: AUTHORITY, withinMs: 5_000 });
    await expect(again).rejects.toMatchObject({ trouble: "not-open" });
  });

  test("who is not known to have signed is asked for once more; another name, or another authority, is refused", async () => {
    const database = portOf(await mysql());
    const ca = join(folder, "other.pem");
    writeFileSync(ca, CERTIFICATE);
    const fetched: string[] = [];
    const fetching = (text: string) => async () => {
      fetched.push(text);
      return text;
    };
    expect(await failure(await plan(database, { ca, certificates: fetching(CERTIFICATE) }))).toMatchObject({
      code: 1,
      message: expect.stringMatching(/did not prove that it is site\.example: .*certificate/),
    });
    const controller = new AbortController();
    const known = await plan(database, { ca, certificates: fetching(AUTHORITY) });
    await holdTunnel(known, () => controller.abort(), controller.signal);
    expect(fetched).toEqual([CERTIFICATE, AUTHORITY]);
    expect(readFileSync(ca, "utf8")).toBe(AUTHORITY);
    expect(await failure(await plan(database, { host: "database1.example" }))).toMatchObject({
      code: 1,
      message: expect.stringMatching(/did not prove that it is database1\.example: .*altnames/),
    });
  });

  test("what is in the way is said: a port that is taken, no bastion, no database, Ctrl-C; and that ssh has ended", async () => {
    const silent = await listening(() => {});
    expect(await failure(await plan(1, { port: portOf(silent) }))).toMatchObject({
      code: 1,
      message: expect.stringContaining("something else listens there"),
    });
    const whyNot = async () => "the bastions let in nobody";
    expect(await failure(await plan(1, { access: { host: "dead", whyNot } }, "dead"))).toEqual({
      code: 1,
      message: "the bastions let in nobody",
    });
    expect(await failure(await plan(1))).toMatchObject({
      code: 1,
      message: expect.stringContaining("site.example does not answer bastion-1"),
    });
    const controller = new AbortController();
    silent.once("connection", () => controller.abort());
    expect(await failure(await plan(portOf(silent)), controller.signal)).toEqual({ code: 5, message: "interrupted" });

    const cut = await plan(portOf(await mysql()));
    const ended = holdTunnel(cut, () => bastion.cut(), new AbortController().signal);
    await expect(ended).rejects.toThrow("the tunnel is closed: ssh ended with 255");
  });
});

/** As a MySQL server answers until somebody logs in. */
async function mysql(): Promise<Server> {
  const inner = createTlsServer({ cert: CERTIFICATE, key: KEY }, (secure) => secure.on("error", () => {}).resume());
  await listens(inner);
  return listening((socket) => {
    socket.write(GREETING);
    socket.once("data", (sent) => {
      const beyond = connect(portOf(inner), "127.0.0.1");
      beyond.on("error", () => {});
      beyond.write(sent.subarray(SSL_REQUEST_BYTES));
      socket.pipe(beyond).pipe(socket);
    });
  });
}
const SSL_REQUEST_BYTES = 36;

async function listens(server: Server): Promise<void> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
}

async function listening(act: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    act(socket);
  });
  await listens(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return server;
}
const portOf = (server: Server) => (server.address() as { port: number }).port;

const packet = (...parts: readonly (number | string)[]) => {
  const content = Buffer.concat(
    parts.map((part) => (typeof part === "number" ? Buffer.from([part]) : Buffer.from(part, "latin1"))),
  );
  const head = Buffer.alloc(4);
  head.writeUIntLE(content.length, 0, 3);
  return Buffer.concat([head, content]);
};

/** @param capabilities the lower byte pair of what it can */
const greeting = (low: number, high: number) =>
  packet(10, "8.4.3\0", "\0".repeat(13), low, high, 45, "\0".repeat(18), "\0".repeat(13));
const GREETING = greeting(0xff, 0xff);

test.each([
  ["a refusal", packet(0xff, 0x10, 0x04, "Too many connections"), "no-tls", "it says: Too many connections"],
  ["a server without TLS", greeting(0xff, 0xf7), "no-tls", "it does not offer TLS"],
  ["another server", Buffer.from("SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), "no-answer", "no answer within 0.2 s"],
  ["another short server", packet("hello"), "no-tls", "what answers is no MySQL server"],
])("without a proof no tunnel: %s", async (_what, bytes, trouble, message) => {
  const server = await listening((socket) => socket.write(bytes));
  await expect(checkTls(portOf(server), { name: NAME, ca: AUTHORITY, withinMs: 200 })).rejects.toMatchObject({
    trouble,
    message,
  });
});
