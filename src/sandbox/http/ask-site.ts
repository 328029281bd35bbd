import * as http from "node:http";
import * as https from "node:https";
import type { ServedSite } from "../site.ts";
import type { WireAnswer, WireRequest } from "./protocol.ts";

const PASSED = ["content-type", "location", "set-cookie", "cache-control"];

/**
 * Asks the site as a visitor does, by the load balancer's name: over https where it listens there, as its redirect would lead to.
 * @param host the load balancer's name; undefined: there is none
 */
export async function askSite(site: ServedSite, host: string | undefined, request: WireRequest): Promise<WireAnswer> {
  const path = request.path.slice("/site".length) + (request.query.size > 0 ? `?${request.query}` : "");
  if (host === undefined) return plain(503, "There is no load balancer in this world yet.");
  try {
    const first = await asked(http.request(new URL(path, site.httpUrl), options(host, request)));
    const elsewhere = first.status === 301 && first.headers.location?.startsWith("https:");
    return elsewhere
      ? await asked(
          https.request(new URL(path, site.httpsUrl), {
            ...options(host, request),
            // A name on its certificate is not this one: a person looks, who has asked for this address.
            rejectUnauthorized: false,
          }),
        )
      : first;
  } catch {
    return plain(502, "Nothing takes connections: there is no listener, or a security group lets nobody in.");
  }
}

const options = (host: string, { method, headers }: WireRequest): http.RequestOptions => ({
  method,
  agent: false,
  headers: { host, "user-agent": headers["user-agent"] ?? "-", ...(headers.cookie ? { cookie: headers.cookie } : {}) },
});

const plain = (status: number, text: string): WireAnswer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: `${text}\n`,
});

function asked(sent: http.ClientRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (answer) => {
      const parts: Buffer[] = [];
      answer.on("data", (part: Buffer) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 502,
          headers: Object.fromEntries(
            PASSED.flatMap((name) => {
              const value = answer.headers[name];
              return value === undefined ? [] : [[name, [value].flat().join(", ")]];
            }),
          ),
          body: Buffer.concat(parts),
        }),
      );
    });
    sent.end();
  });
}
