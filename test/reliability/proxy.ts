import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";

/** An HTTP proxy between the tool and an AWS endpoint that loses answers. */
export interface FaultProxy {
  readonly url: string;
  /** How many changing calls went through it since the last strike was ordered. */
  changes(): number;
  /**
   * The answer of the n-th changing call from now is lost after AWS has acted; then `then` is called. Those are not counted whose
   * token moto does not heed, as AWS does: a repeat makes a second one there.
   */
  strike(nth: number, then: () => void): void;
  stop(): void;
}

const READ = /^(Describe|Get|List|Head)/;
const NOT_HEEDED = /^(CreateRouteTable|RunInstances)$/;

/** True when a request changes something: told by the query's Action, the JSON target, or the HTTP method. */
function changes(method: string, headers: NodeJS.Dict<string | string[]>, body: string): boolean {
  const action =
    /(?:^|&)Action=(\w+)/.exec(body)?.[1] ??
    String(headers["x-amz-target"] ?? "")
      .split(".")
      .at(-1) ??
    "";
  return action === "" ? method !== "GET" && method !== "HEAD" : !READ.test(action) && !NOT_HEEDED.test(action);
}

export async function startProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  let seen = 0;
  let order: { readonly nth: number; readonly then: () => void } | undefined;
  const server = createServer((incoming, outgoing) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part) => parts.push(part));
    incoming.on("end", () => {
      const body = Buffer.concat(parts);
      const { method = "GET", url, headers } = incoming;
      const struck = changes(method, headers, body.toString("latin1")) && ++seen === order?.nth ? order : undefined;
      const forwarded = request({ hostname, port, method, path: url, headers }, (answer) => {
        if (struck) {
          answer.resume();
          answer.on("end", () => {
            struck.then();
            outgoing.destroy();
          });
          return;
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      });
      forwarded.on("error", () => outgoing.destroy());
      forwarded.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    changes: () => seen,
    strike(nth, then) {
      seen = 0;
      order = { nth, then };
    },
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
