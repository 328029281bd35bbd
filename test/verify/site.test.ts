import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { jumpingClock, realClock } from "../../src/lib/clock.ts";
import { CheckFailed } from "../../src/verify/check.ts";
import { networkSite, type Resolve, type Site } from "../../src/verify/site.ts";
import { AUTHORITY, CERTIFICATE, KEY } from "./pem.ts";

type Listening = Pick<Server, "listen" | "address" | "close">;
async function listening(server: Listening): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}
const siteAt = (port: number, names: readonly string[] = ["site.example", "balancer.example"]): Site => {
  const resolve: Resolve = (name) => (names.includes(name) ? { host: "127.0.0.1", port } : undefined);
  return networkSite({ clock: realClock(), resolve, ca: AUTHORITY });
};
const secure = (options: object = {}) =>
  listening(createHttpsServer({ key: KEY, cert: CERTIFICATE, ...options }, (_request, response) => response.end("ok")));

test("asks for the URL's host and path, at the load balancer when told, and follows nothing", async () => {
  const asked: unknown[] = [];
  const port = await listening(
    createHttpServer(({ url, headers }, response) => {
      asked.push([url, headers.host, headers["user-agent"], headers.cookie]);
      response.setHeader("set-cookie", ["AWSALB=one; Path=/; Expires=Thu, 01 Jan 2032", "AWSALBCORS=one; Secure"]);
      response.writeHead(301, { location: "https://site.example/x" }).end("moved");
    }),
  );
  const answer = await siteAt(port).get("http://site.example/a?b=c", {
    via: "balancer.example",
    headers: { "user-agent": "buddyverse-verify/1", cookie: "a=b" },
  });
  expect(asked).toEqual([["/a?b=c", "site.example", "buddyverse-verify/1", "a=b"]]);
  expect(answer).toMatchObject({ status: 301, cookies: ["AWSALB=one", "AWSALBCORS=one"], body: "moved" });
  expect(answer.headers.location).toBe("https://site.example/x");
});

test("each request has a connection of its own, four at a time at most", async () => {
  let open = 0;
  let most = 0;
  let connections = 0;
  const server = createHttpServer((_request, response) => {
    most = Math.max(most, ++open);
    setImmediate(() => {
      open--;
      response.end();
    });
  });
  server.on("connection", () => connections++);
  const site = siteAt(await listening(server));
  await Promise.all(Array.from({ length: 12 }, () => site.get("http://site.example/")));
  expect(connections).toBe(12);
  expect(most).toBeLessThanOrEqual(4);
});

test("nobody there, a name that is not there, a closed connection: the answer is no", async () => {
  const dead = createTcpServer();
  const port = await listening(dead as unknown as Listening);
  dead.close();
  await expect(siteAt(port).get("http://site.example/")).rejects.toThrow(CheckFailed);
  await expect(siteAt(port).get("http://other.example/")).rejects.toThrow("other.example: the DNS knows no such name");
  await expect(siteAt(port).handshake("site.example", "TLSv1.2", "TLSv1.3")).rejects.toThrow(CheckFailed);
});

test("this machine has no way out: nothing is known", async () => {
  // No TCP goes to the broadcast address: the system refuses, whatever the network is like.
  const site = networkSite({ clock: realClock(), resolve: () => ({ host: "255.255.255.255", port: 80 }) });
  const error = await site.get("http://site.example/").catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(CheckFailed);
});

test("a good certificate: chain, name and days", async () => {
  const shown = await siteAt(await secure()).handshake("site.example", "TLSv1.2", "TLSv1.3");
  expect(shown).toMatchObject({ protocol: "TLSv1.3", problem: undefined, issuer: "Test authority" });
  expect(shown?.validTo).toBeGreaterThan(Date.UTC(2100, 0));
});

test("a certificate of another name, or of an authority that nobody trusts, says so", async () => {
  const port = await secure();
  const other = await siteAt(port, ["other.example"]).handshake("other.example", "TLSv1.2", "TLSv1.3");
  expect(other?.problem).toContain("ALTNAME");
  const resolve = () => ({ host: "127.0.0.1", port });
  const unknown = await networkSite({ clock: realClock(), resolve }).handshake("site.example", "TLSv1.2", "TLSv1.3");
  expect(unknown?.problem).toMatch(/UNABLE_TO_(VERIFY|GET)/);
});

test("old TLS is told from new: refused by a modern server, spoken by an old one", async () => {
  const modern = siteAt(await secure({ minVersion: "TLSv1.2" }));
  expect(await modern.handshake("site.example", "TLSv1", "TLSv1")).toBeUndefined();
  expect(await modern.handshake("site.example", "TLSv1.1", "TLSv1.1")).toBeUndefined();
  expect((await modern.handshake("site.example", "TLSv1.2", "TLSv1.2"))?.protocol).toBe("TLSv1.2");
  const old = siteAt(await secure({ minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }));
  expect((await old.handshake("site.example", "TLSv1", "TLSv1"))?.protocol).toBe("TLSv1");
  expect((await old.handshake("site.example", "TLSv1.1", "TLSv1.1"))?.protocol).toBe("TLSv1.1");
});

test("time does not run while a request is under way on a clock that jumps", async () => {
  const clock = jumpingClock(0);
  const port = await listening(createHttpServer((_request, response) => response.end(String(clock.now()))));
  const site = networkSite({ clock, resolve: () => ({ host: "127.0.0.1", port }) });
  let woken = false;
  const sleeping = clock.sleep(60_000).then(() => {
    woken = true;
  });
  expect((await site.get("http://site.example/")).body).toBe("0");
  expect(woken).toBe(false);
  await sleeping;
});
