/** The sandbox's load balancer on loopback: real HTTP and TLS, by AWS's rules. */
import * as http from "node:http";
import * as https from "node:https";
import * as tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ServedSite, serveSite } from "../../src/sandbox/site.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { type Account, GROUP, grown } from "./grown.ts";

const NAME = "buddyverse.link";
let on: Account;
let site: ServedSite;
async function open(): Promise<void> {
  on = await grown();
  site = await serveSite(on.sandbox, on.clock);
}
const ELB = "elastic-load-balancing-v2";

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}
/** Asks the site as a visitor does; the test's clock stands still meanwhile. */
const ask = (
  path = "/",
  { secure = true, host = NAME, ...more }: { secure?: boolean; host?: string; headers?: object; method?: string } = {},
) =>
  on.clock.hold(
    new Promise<Answer>((done, fail) => {
      const to = site.addressOf(host, secure ? 443 : 80);
      const request = (secure ? https : http).request(
        {
          host: to?.address,
          port: to?.port,
          path,
          method: more.method ?? "GET",
          headers: { host, ...more.headers },
          agent: false,
          ...(secure ? { servername: host, ca: site.ca } : {}),
        },
        (response) => {
          let body = "";
          response.on("data", (part) => {
            body += part;
          });
          response.on("end", () => done({ status: response.statusCode, headers: response.headers, body }));
        },
      );
      request.on("error", fail);
      request.end();
    }),
  );
const health = async (headers: object = {}) => {
  const answer = await ask("/health.json", { headers });
  return { id: JSON.parse(answer.body).instance.id as string, answer };
};

describe("the site as it stands", () => {
  beforeAll(open);
  afterAll(() => site.close());

  test("http is redirected to https with host, path and query kept", async () => {
    const answer = await ask("/a/b?c=d", { secure: false });
    expect(answer.status).toBe(301);
    expect(answer.headers.location).toBe(`https://${NAME}:443/a/b?c=d`);
    expect(answer.headers.server).toBe("awselb/2.0");
  });

  test("the certificate is of the sandbox's authority, for the names of the domain, and for no other", async () => {
    const found = await on.clock.hold(
      new Promise<{ names: string; authorized: boolean }>((done, fail) => {
        const to = site.addressOf(`www.${NAME}`);
        const socket = tls.connect(
          { host: to?.address, port: to?.port, servername: `www.${NAME}`, ca: site.ca } as tls.ConnectionOptions,
          () => {
            done({ names: socket.getPeerCertificate().subjectaltname ?? "", authorized: socket.authorized });
            socket.destroy();
          },
        );
        socket.on("error", fail);
      }),
    );
    expect(found).toEqual({ names: `DNS:${NAME}, DNS:www.${NAME}`, authorized: true });
    expect(site.addressOf("elsewhere.example")).toBeUndefined();
  });

  test("TLS below 1.2 is refused, 1.2 and 1.3 are spoken", async () => {
    const speak = (version: tls.SecureVersion) =>
      on.clock.hold(
        new Promise<string>((done) => {
          const to = site.addressOf(NAME);
          const socket = tls.connect(
            {
              host: to?.address,
              port: to?.port,
              servername: NAME,
              ca: site.ca,
              minVersion: version,
              maxVersion: version,
              ciphers: "DEFAULT@SECLEVEL=0",
            } as tls.ConnectionOptions,
            () => {
              done(socket.getProtocol() ?? "");
              socket.destroy();
            },
          );
          socket.on("error", (error: NodeJS.ErrnoException) => done(error.code ?? ""));
        }),
      );
    expect(await speak("TLSv1.1")).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
    expect(await speak("TLSv1.2")).toBe("TLSv1.2");
    expect(await speak("TLSv1.3")).toBe("TLSv1.3");
  });

  test("without a cookie instances take turns; with it a visitor stays; the log counts them", async () => {
    const ids = [await health(), await health(), await health(), await health()].map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set((await on.members()).map(({ id }) => id)));
    expect(ids[0]).toBe(ids[2]);
    const first = await health();
    const cookies = first.answer.headers["set-cookie"] ?? [];
    expect(cookies.map((cookie) => cookie.split("=")[0])).toEqual(["AWSALB", "AWSALBCORS"]);
    const cookie = (cookies[0] as string).split(";")[0];
    for (let time = 0; time < 3; time++) expect((await health({ cookie })).id).toBe(first.id);
  });

  test("its web server's log goes to the stack's log group, from each instance to a stream of its own", async () => {
    const { id } = await health({ "user-agent": "who-asks" });
    const group = { logGroupName: "/buddyverse/buddyverse/apache", logStreamNames: [`${id}/access`] };
    const lines = await on.ask<{ events: { message: string }[] }>("cloudwatch-logs", "FilterLogEvents", {
      ...group,
      nextToken: "0",
    });
    expect(lines.events.at(-1)?.message).toMatch(
      /^- - - \[\d\d\/\w{3}\/\d{4}:[\d:]{8} \+0000\] "GET \/health\.json HTTP\/1\.1" 200 - "-" "who-asks"$/,
    );
  });

  test("pages, health, files of the shared file system, and what is not there", async () => {
    const found = JSON.parse((await ask("/health.json")).body);
    expect(found).toMatchObject({
      files: { ok: true },
      primary: { ok: true, readOnly: false },
      replica: { ok: true, readOnly: true },
    });
    expect((await ask("/")).body).toContain("BUDDYVERSE");
    const [member] = await on.members();
    await on.run(scriptFor("file-write", "hello"), member?.id ?? "");
    expect(await ask("/media/buddyverse-verify-hello.txt")).toMatchObject({
      status: 200,
      body: "buddyverse-verify hello\n",
    });
    expect((await ask("/media/none.txt")).status).toBe(404);
    expect((await ask("/media/../../etc/passwd")).status).toBe(404);
    expect((await ask("/nowhere")).status).toBe(404);
    expect((await ask("/", { method: "POST" })).status).toBe(405);
  });

  test("requests are counted in CloudWatch's metrics, redirects apart", async () => {
    await on.sleep(60 - (on.clock.now() % 60_000) / 1_000);
    const from = on.clock.now();
    for (let time = 0; time < 5; time++) await ask("/");
    await ask("/", { secure: false });
    await ask("/nowhere");
    await on.sleep(180);
    const { LoadBalancers } = (await on.sandbox.answer("elastic-load-balancing-v2", "DescribeLoadBalancers", {})) as {
      LoadBalancers: { LoadBalancerArn: string }[];
    };
    const Value = LoadBalancers[0]?.LoadBalancerArn.split(":loadbalancer/")[1];
    const query = (Id: string, MetricName: string, Stat = "Sum") => ({
      Id,
      MetricStat: {
        Metric: { Namespace: "AWS/ApplicationELB", MetricName, Dimensions: [{ Name: "LoadBalancer", Value }] },
        Period: 60,
        Stat,
      },
    });
    const { MetricDataResults } = (await on.sandbox.answer("cloudwatch", "GetMetricData", {
      StartTime: new Date(from),
      EndTime: new Date(on.clock.now()),
      MetricDataQueries: [
        query("requests", "RequestCount"),
        query("fine", "HTTPCode_Target_2XX_Count"),
        query("missing", "HTTPCode_Target_4XX_Count"),
        query("redirects", "HTTP_Redirect_Count"),
        query("errors", "HTTPCode_ELB_5XX_Count"),
        query("time", "TargetResponseTime", "p95"),
      ],
    })) as { MetricDataResults: { Id: string; Values: number[] }[] };
    const found = Object.fromEntries(MetricDataResults.map(({ Id, Values }) => [Id, Values]));
    expect(found).toMatchObject({ requests: [6], fine: [5], missing: [1], redirects: [1], errors: [] });
    expect(found.time?.[0]).toBeGreaterThan(0);
    expect(found.time?.[0]).toBeLessThan(0.1);
  });
});

describe("what the load balancer says itself", () => {
  beforeEach(open);
  afterEach(() => site.close());
  const arnOf = async (what: "TargetGroup" | "Listener" | "LoadBalancer", operation: string, input = {}) =>
    ((await on.ask<Record<string, Record<string, string>[]>>(ELB, operation, input))[`${what}s`] ?? []).map((one) => ({
      arn: one[`${what}Arn`],
      port: one.Port,
    }));
  const targetGroup = async () => (await arnOf("TargetGroup", "DescribeTargetGroups"))[0]?.arn;

  test("502 when Apache does not run on the instance that it still takes for healthy", async () => {
    const ids = (await on.members()).map(({ id }) => id);
    for (const id of ids) await on.run(scriptFor("apache-stop", "a"), id);
    expect(await ask("/")).toMatchObject({ status: 502, body: expect.stringContaining("502 Bad Gateway") });
    for (const id of ids) await on.run(scriptFor("apache-start", "a"), id);
    expect((await ask("/")).status).toBe(200);
  });

  test("504 when the security groups keep it from the instances", async () => {
    const [member] = await on.members();
    const instance = (await on.running()).find(({ InstanceId }) => InstanceId === member?.id);
    await on.close(instance?.SecurityGroups[0]?.GroupId ?? "", "Ingress");
    expect((await ask("/")).status).toBe(504);
  });

  test("503 with no target registered", async () => {
    await on.ask("auto-scaling", "DetachLoadBalancerTargetGroups", {
      AutoScalingGroupName: GROUP,
      TargetGroupARNs: [await targetGroup()],
    });
    expect((await ask("/")).status).toBe(503);
  });

  test("what it is told to answer by itself, where it redirects to, which target groups take turns, whom it sends to log in", async () => {
    const listeners = await arnOf("Listener", "DescribeListeners", {
      LoadBalancerArn: (await arnOf("LoadBalancer", "DescribeLoadBalancers"))[0]?.arn,
    });
    const https = listeners.find(({ port }) => Number(port) === 443)?.arn;
    const http = listeners.find(({ port }) => Number(port) === 80)?.arn;
    const does = async (ListenerArn: string | undefined, ...DefaultActions: object[]) => {
      await on.ask(ELB, "ModifyListener", { ListenerArn, DefaultActions });
      await on.sleep(5);
    };
    const fixed = { StatusCode: "418", ContentType: "text/html", MessageBody: "<h1>no</h1>" };
    await does(https, { Type: "fixed-response", FixedResponseConfig: fixed });
    expect(await ask("/")).toMatchObject({
      status: 418,
      body: "<h1>no</h1>",
      headers: { "content-type": "text/html" },
    });

    const to = (change: object) => ({
      Type: "redirect",
      RedirectConfig: { Protocol: "HTTPS", Port: "443", StatusCode: "HTTP_302", ...change },
    });
    await does(http, to({ Host: "www.#{host}", Path: "/new/#{path}", Query: "from=#{port}&#{query}" }));
    expect((await ask("/a?b=c", { secure: false })).headers.location).toBe(`https://www.${NAME}:443/new/a?from=80&b=c`);

    const AuthenticateOidcConfig = {
      Issuer: "https://who.example",
      AuthorizationEndpoint: "https://who.example/authorize",
      TokenEndpoint: "https://who.example/token",
      UserInfoEndpoint: "https://who.example/user",
      ClientId: "us",
      ClientSecret: "hidden",
    };
    const login = { Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig };
    const then = { Type: "forward", Order: 2, TargetGroupArn: await targetGroup() };
    await expect(does(http, login, then)).rejects.toMatchObject({ name: "InvalidLoadBalancerActionException" });
    await does(https, login, then);
    expect((await ask("/")).headers.location).toMatch(/^https:\/\/who\.example\/authorize\?client_id=us&/);
    expect(JSON.stringify(await on.ask(ELB, "DescribeListeners", { ListenerArns: [https] }))).not.toContain("hidden");

    const { Vpcs } = await on.ask<{ Vpcs: { VpcId: string; IsDefault: boolean }[] }>("ec2", "DescribeVpcs");
    const made = await on.ask<{ TargetGroups: { TargetGroupArn: string }[] }>(ELB, "CreateTargetGroup", {
      Name: "empty",
      Protocol: "HTTP",
      Port: 80,
      VpcId: Vpcs.find(({ IsDefault }) => !IsDefault)?.VpcId,
    });
    await on.sleep(5);
    const empty = made.TargetGroups[0]?.TargetGroupArn;
    const TargetGroups = [
      { TargetGroupArn: then.TargetGroupArn, Weight: 2 },
      { TargetGroupArn: empty, Weight: 1 },
    ];
    await does(https, { Type: "forward", ForwardConfig: { TargetGroups } });
    const statuses = await Array.from({ length: 6 }).reduce<Promise<unknown[]>>(
      async (all) => [...(await all), (await ask("/")).status],
      Promise.resolve([]),
    );
    expect(statuses).toEqual([200, 200, 503, 200, 200, 503]);
    await expect(on.ask(ELB, "DeleteTargetGroup", { TargetGroupArn: empty })).rejects.toMatchObject({
      name: "ResourceInUseException",
    });
  });

  test("with none healthy all get requests", async () => {
    await on.ask("auto-scaling", "UpdateAutoScalingGroup", { AutoScalingGroupName: GROUP, HealthCheckType: "EC2" });
    await on.ask(ELB, "ModifyTargetGroup", { TargetGroupArn: await targetGroup(), HealthCheckPath: "/nowhere" });
    await on.sleep(60);
    const [member] = await on.members();
    expect((await on.health(member?.id ?? ""))?.State).toBe("unhealthy");
    expect((await ask("/")).status).toBe(200);
  });

  test("a closed connection where nothing listens", async () => {
    const LoadBalancerArn = (await arnOf("LoadBalancer", "DescribeLoadBalancers"))[0]?.arn;
    const listeners = await arnOf("Listener", "DescribeListeners", { LoadBalancerArn });
    const ListenerArn = listeners.find(({ port }) => String(port) === "443")?.arn;
    await on.ask(ELB, "DeleteListener", { ListenerArn });
    await expect(ask("/")).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  test("a closed connection where nobody is let in", async () => {
    const { LoadBalancers } = await on.ask<{ LoadBalancers: { SecurityGroups: string[] }[] }>(
      ELB,
      "DescribeLoadBalancers",
    );
    await on.close(LoadBalancers[0]?.SecurityGroups[0] ?? "", "Ingress");
    await expect(ask("/")).rejects.toMatchObject({ code: "ECONNRESET" });
  });
});
