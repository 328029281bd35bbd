import * as http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { BuddyError } from "../../lib/errors.ts";
import { NOW_HEADER } from "./client.ts";
import type { WireAnswer, WireRequest } from "./protocol.ts";
import type { HttpWire } from "./wire.ts";

const LOOPBACK = "127.0.0.1";
/** More than any call of AWS takes: S3 takes larger objects, which are not for a simulation. */
const MOST_BYTES = 64 * 2 ** 20;

/** Doors beside AWS's; undefined: not one of them. */
export type Doors = (request: WireRequest, signal: AbortSignal) => Promise<WireAnswer | undefined> | undefined;

export interface SandboxServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves AWS's services and the sandbox's own doors on loopback: only this machine reaches them.
 * @param busy is told of each request of AWS's, and what it answers is called when that is answered
 */
export async function startServer(options: {
  /** 0: any free one. */
  readonly port: number;
  readonly wire: HttpWire;
  readonly doors: Doors;
  readonly busy: () => () => void;
  /** Its time, which goes with every answer. */
  readonly now: () => number;
  readonly told: (problem: string) => void;
}): Promise<SandboxServer> {
  const { wire, doors, busy, now, told } = options;
  const sockets = new Set<Socket>();

  async function handle(incoming: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const ended = new AbortController();
    response.on("close", () => ended.abort(new Error("the client has gone")));
    const request = await requestOf(incoming);
    if (request === undefined) {
      response.writeHead(413).end();
      return;
    }
    const own = doors(request, ended.signal);
    const idle = own === undefined ? busy() : undefined;
    try {
      const answer = await (own ?? wire.answer(request));
      if (answer === undefined) response.destroy();
      else {
        response.setHeader(NOW_HEADER, Math.round(now()));
        send(response, answer, incoming.method === "HEAD");
      }
    } finally {
      idle?.();
    }
  }

  const server = http.createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) => {
      if (response.destroyed) return;
      told(error instanceof Error ? (error.stack ?? error.message) : String(error));
      response.destroy();
    });
  });
  // A client keeps its connections as long as it likes; to end one while it sends looks like lost calls to it.
  server.keepAliveTimeout = 120_000;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await listening(server, options.port);
  return {
    url: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function listening(server: http.Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" || error.code === "EACCES"
          ? new BuddyError({
              code: "usage",
              message: `port ${port} of this machine is ${error.code === "EACCES" ? "not for this user" : "taken"}`,
              hint: "Name another one: buddyverse sandbox serve --port 4571. With --port 0 any free one is taken.",
            })
          : error,
      ),
    );
    server.listen(port, LOOPBACK, resolve);
  });
}

/** Undefined: its body is too long. */
async function requestOf(incoming: http.IncomingMessage): Promise<WireRequest | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of incoming as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MOST_BYTES) return undefined;
    parts.push(part);
  }
  const [path = "/", search = ""] = (incoming.url ?? "/").split(/\?(.*)/s);
  const headers = Object.fromEntries(
    Object.entries(incoming.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const sent = Buffer.concat(parts);
  const chunked = /^STREAMING-/.test(headers["x-amz-content-sha256"] ?? "");
  return {
    method: incoming.method ?? "GET",
    path,
    query: new URLSearchParams(search),
    headers,
    body: chunked ? unchunked(sent) : sent,
  };
}

/** S3's own chunks inside of the body, each with its length and signature (SigV4 streaming). */
function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; ) {
    const end = body.indexOf("\r\n", at);
    if (end < 0) break;
    const length = Number.parseInt(body.subarray(at, end).toString(), 16);
    if (!(length > 0)) break;
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
  return Buffer.concat(parts);
}

function send(response: http.ServerResponse, { status, headers, body }: WireAnswer, head: boolean): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (status !== 204) response.setHeader("content-length", Buffer.byteLength(body));
  response.writeHead(status);
  response.end(head ? undefined : body);
}
