import { spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface GitServer {
  /** "http://127.0.0.1:PORT" */
  readonly origin: string;
  /** What was asked for since it was emptied last. */
  readonly requests: string[];
  /** Says "asked" when something below /slow is asked for, which is never answered. */
  readonly slow: EventEmitter;
  close(): void;
}

/** Serves the repositories of a folder by git's own http-backend; below /private it wants a login. */
export async function gitServer(folder: string): Promise<GitServer> {
  const requests: string[] = [];
  const slow = new EventEmitter();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://here");
    requests.push(`${request.method} ${url.pathname}`);
    if (url.pathname.startsWith("/private")) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      return;
    }
    // Never answered.
    if (url.pathname.startsWith("/slow")) {
      slow.emit("asked");
      return;
    }
    const header = (name: string) => String(request.headers[name] ?? "");
    const backend = spawn("git", ["http-backend"], {
      env: {
        ...process.env,
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: header("content-type"),
        HTTP_CONTENT_ENCODING: header("content-encoding"),
        GIT_PROTOCOL: header("git-protocol"),
      },
    });
    request.pipe(backend.stdin);
    const chunks: Buffer[] = [];
    backend.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    backend.on("close", () => {
      const answer = Buffer.concat(chunks);
      const end = answer.indexOf("\r\n\r\n");
      let status = 200;
      for (const line of answer.subarray(0, end).toString().split("\r\n")) {
        const [name = "", value = ""] = line.split(": ");
        if (name === "Status") status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.writeHead(status).end(answer.subarray(end + 4));
    });
  });

  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    slow,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
