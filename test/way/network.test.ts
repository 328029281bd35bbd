import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { internet } from "../../src/aws/network.ts";
import { makeAuthority } from "../../src/sandbox/certificate-authority.ts";
import { folder } from "../cli/folder.ts";
import { KEYS, standIn } from "./stand-in.ts";

const STS = "sts.ap-northeast-2.amazonaws.com";

/** Listens on loopback until the test has ended. Answers the port. */
async function listening(server: Server): Promise<number> {
  const sockets = new Set<{ destroy(): void }>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A port that nothing listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A proxy that gives this answer to each CONNECT. Answers its URL, and what was asked for. */
async function proxy(answer: string): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.once("data", (data) => {
      asked.push(data.toString().split("\r\n")[0] ?? "");
      socket.end(answer);
    });
  });
  return { url: `http://127.0.0.1:${await listening(server)}`, asked };
}

/** How each command ends, in words: all of them alike. */
async function ends(env: Readonly<Record<string, string>>, commands = ["plan", "status --json", "doctor"]) {
  const on = folder({ domain: null });
  const said = [];
  for (const line of commands) {
    const { code, stdout, stderr } = await on.run(line, { ...KEYS, ...env });
    expect({ line, code }).toEqual({ line, code: 1 });
    expect(stdout + stderr).not.toMatch(/foreseen|sso login|secret|Unknown/);
    if (line.includes("--json")) expect(JSON.parse(stdout)).toMatchObject({ error: { code: "network" } });
    said.push(stdout + stderr);
  }
  return said;
}
const expectAll = (said: readonly string[], ...parts: readonly string[]) => {
  for (const text of said) for (const part of parts) expect(text).toContain(part);
};

describe("no way to AWS: every command says in one sentence which host and which proxy", () => {
  test("a proxy that is not there", async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    expectAll(
      await ends({ HTTPS_PROXY: url }),
      `${STS} cannot be reached through the proxy ${url} (HTTPS_PROXY): nothing listens at the proxy's address`,
      "Check HTTPS_PROXY",
    );
  });

  test("a proxy whose name nobody knows, named without a scheme", async () => {
    expectAll(
      await ends({ https_proxy: "nosuch.invalid:3128" }),
      `${STS} cannot be reached through the proxy http://nosuch.invalid:3128 (https_proxy): DNS `,
      "nosuch.invalid",
    );
  });

  test("a proxy that wants a login", async () => {
    const { url, asked } = await proxy(
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n',
    );
    expectAll(
      await ends({ HTTPS_PROXY: url }),
      `the proxy ${url} wants a login (407`,
      "http://USER:PASSWORD@HOST:PORT",
    );
    expect(asked.length).toBeGreaterThan(0);
    expect(new Set(asked)).toEqual(new Set([`CONNECT ${STS}:443 HTTP/1.1`]));
    const login = url.replace("//", "//me:hush-hush@");
    const said = await ends({ HTTPS_PROXY: login }, ["plan", "status --json"]);
    expectAll(said, `the proxy ${url} does not accept the login in HTTPS_PROXY (407`);
    for (const text of said) expect(text).not.toContain("hush-hush");
  });

  test("a proxy that refuses the host", async () => {
    const { url } = await proxy("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nforbidden");
    expectAll(
      await ends({ HTTPS_PROXY: url }),
      `the proxy ${url} answered HTTP 403 Forbidden in place of ${STS}`,
      "NO_PROXY=.amazonaws.com",
    );
  });

  test("an endpoint that is not there, or whose name nobody knows", async () => {
    const port = await closedPort();
    expectAll(
      await ends({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
      `127.0.0.1:${port} cannot be reached: nothing listens there (connection refused)`,
      `AWS_ENDPOINT_URL is http://127.0.0.1:${port}: correct or unset it`,
    );
    expectAll(
      await ends({ AWS_ENDPOINT_URL: "http://nosuch.invalid" }),
      "nosuch.invalid cannot be reached: DNS ",
      "AWS_ENDPOINT_URL is http://nosuch.invalid",
    );
  });

  test("something else answers there", async () => {
    const page = createHttpServer((_request, response) => {
      response.writeHead(404, { "Content-Type": "text/html" });
      response.end("<html><body>not here<br></body></html>");
    });
    const port = await listening(page);
    expectAll(
      await ends({ AWS_ENDPOINT_URL: `http://127.0.0.1:${port}` }),
      `what answers at 127.0.0.1:${port} is not AWS: HTTP 404 Not Found`,
    );
    expectAll(
      await ends({ AWS_ENDPOINT_URL: `https://127.0.0.1:${port}` }),
      `what answers at 127.0.0.1:${port} does not speak TLS`,
    );
  });

  test("settings that cannot be: a CA bundle that is not there, a proxy that is none", async () => {
    expectAll(await ends({ AWS_CA_BUNDLE: "/no/such.pem" }), "AWS_CA_BUNDLE names /no/such.pem, which cannot be read");
    expectAll(
      await ends({ HTTPS_PROXY: "ftp://proxy:21" }),
      "HTTPS_PROXY does not name a proxy",
      "HTTPS_PROXY=http://",
    );
  });
});

describe("TLS that is opened on the way", () => {
  const DAY = 86_400_000;
  const now = Date.now();
  async function intercepted(names: readonly string[], from = now - DAY, until = now + DAY) {
    const authority = await makeAuthority(now - 9 * DAY, now + 9 * DAY);
    const issued = await authority.issue(names, from, until);
    const { url } = await standIn();
    const server = createTlsServer(
      { key: issued.key, cert: `${issued.cert}\n${authority.certificate}` },
      (request, response) => {
        let body = "";
        request.on("data", (part) => {
          body += part;
        });
        request.on("end", async () => {
          const headers = { ...(request.headers as Record<string, string>) };
          const answer = await fetch(url, { method: "POST", headers, body });
          response.writeHead(answer.status, { "Content-Type": "text/xml" });
          response.end(await answer.text());
        });
      },
    );
    return { endpoint: `https://localhost:${await listening(server)}`, authority };
  }

  test("by a certificate that nobody vouches for: names the two variables, which help", async () => {
    const { endpoint, authority } = await intercepted(["localhost"]);
    expectAll(
      await ends({ AWS_ENDPOINT_URL: endpoint }),
      `${new URL(endpoint).host} shows a certificate that this machine does not trust: self-signed certificate in certificate chain`,
      "NODE_EXTRA_CA_CERTS=FILE.pem",
      "AWS_CA_BUNDLE=FILE.pem",
    );
    const on = folder({ domain: null });
    writeFileSync(join(on.path, "ca.pem"), authority.certificate);
    const { code, stderr } = await on.run("outputs", {
      ...KEYS,
      AWS_ENDPOINT_URL: endpoint,
      AWS_CA_BUNDLE: join(on.path, "ca.pem"),
    });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("stack buddyverse is not up") });
  });

  test("by one of another name, or of another time", async () => {
    const other = await intercepted(["proxy.example"]);
    const over = await intercepted(["localhost"], now - 3 * DAY, now - DAY);
    const { path } = folder();
    const trusted = join(path, "ca.pem");
    writeFileSync(trusted, `${other.authority.certificate}\n${over.authority.certificate}`);
    expectAll(
      await ends({ AWS_ENDPOINT_URL: other.endpoint, AWS_CA_BUNDLE: trusted }, ["plan"]),
      "shows a certificate that is not its own",
    );
    expectAll(
      await ends({ AWS_ENDPOINT_URL: over.endpoint, AWS_CA_BUNDLE: trusted }, ["plan"]),
      "has expired, by this machine's clock",
      "Set the clock",
    );
  });
});

describe("by a proxy", () => {
  test("NO_PROXY goes around it; ALL_PROXY is one too", async () => {
    const { url: aws } = await standIn();
    const { url, asked } = await proxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    const on = folder({ domain: null });
    const around = await on.run("outputs", { ...KEYS, AWS_ENDPOINT_URL: aws, HTTP_PROXY: url, NO_PROXY: "127.0.0.1" });
    expect(around.stderr).toContain("stack buddyverse is not up");
    expect(asked).toEqual([]);
    await on.run("outputs", { ...KEYS, AWS_ENDPOINT_URL: aws, ALL_PROXY: url });
    expect(asked[0]).toBe(`POST ${aws}/ HTTP/1.1`);
  });

  test("what the SDK asks for credentials goes through it, too", async () => {
    const { url, asked } = await proxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    const on = folder({ domain: null });
    writeFileSync(
      join(on.path, "aws"),
      "[profile base]\naws_access_key_id = a\naws_secret_access_key = secret\n[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/ops\nsource_profile = base\nregion = eu-west-1\n",
    );
    const { stderr } = await on.run("outputs --profile ops", {
      AWS_CONFIG_FILE: join(on.path, "aws"),
      HTTPS_PROXY: url,
    });
    expect(new Set(asked)).toEqual(new Set(["CONNECT sts.eu-west-1.amazonaws.com:443 HTTP/1.1"]));
    expect(stderr).toContain(`the proxy ${url} answered HTTP 403 Forbidden`);
  });

  test("what else a profile says holds for the clients: its FIPS endpoints", async () => {
    const { url, asked } = await proxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    const on = folder({ domain: null, region: "us-east-1", zones: ["us-east-1a", "us-east-1b"] });
    writeFileSync(
      join(on.path, "aws"),
      "[profile base]\naws_access_key_id = a\naws_secret_access_key = secret\nuse_fips_endpoint = true\n",
    );
    await on.run("outputs --profile base", { AWS_CONFIG_FILE: join(on.path, "aws"), HTTPS_PROXY: url });
    expect(new Set(asked)).toEqual(new Set(["CONNECT sts-fips.us-east-1.amazonaws.com:443 HTTP/1.1"]));
  });

  test("a login of IAM Identity Center, too", async () => {
    const { url, asked } = await proxy("HTTP/1.1 403 Forbidden\r\n\r\n");
    const on = folder({ domain: null });
    // As `aws sso login` leaves it: the file is named by the session's hash.
    const cache = join(on.path, ".aws", "sso", "cache");
    mkdirSync(cache, { recursive: true });
    const token = { accessToken: "t", expiresAt: new Date(Date.now() + 3_600_000).toISOString() };
    writeFileSync(join(cache, `${createHash("sha1").update("corp").digest("hex")}.json`), JSON.stringify(token));
    writeFileSync(
      join(on.path, "aws"),
      "[profile work]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = ops\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n",
    );
    const by = (proxy: string) =>
      on.run("outputs --profile work", { AWS_CONFIG_FILE: join(on.path, "aws"), HTTPS_PROXY: proxy });
    const refused = await by(url);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`the proxy ${url} answered in place of IAM Identity Center`);
    const dead = `http://127.0.0.1:${await closedPort()}`;
    const { stderr } = await by(dead);
    expect(stderr).toContain(`AWS cannot be reached through the proxy ${dead} (HTTPS_PROXY): nothing listens`);
    expect(refused.stderr + stderr).not.toMatch(/sso login|foreseen/);
    expect(new Set(asked)).toEqual(new Set(["CONNECT portal.sso.eu-west-1.amazonaws.com:443 HTTP/1.1"]));
  });

  test("so does the question for this machine's address, of which the error says what the way is", async () => {
    const { url, asked } = await proxy("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
    const before = process.env.HTTPS_PROXY;
    process.env.HTTPS_PROXY = url;
    try {
      await expect(internet.publicAddress()).rejects.toMatchObject({
        code: "network",
        message: expect.stringContaining("checkip.amazonaws.com"),
        hint: expect.stringContaining("bastion.allowedCidrs"),
      });
    } finally {
      if (before === undefined) delete process.env.HTTPS_PROXY;
      else process.env.HTTPS_PROXY = before;
    }
    expect(asked).toEqual(["CONNECT checkip.amazonaws.com:443 HTTP/1.1"]);
  });
});
