import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { isRead } from "../../src/aws/safety.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { checkIdentity, readState } from "../../src/state/store.ts";
import { folder } from "../cli/folder.ts";
import { START } from "../lifecycle/stage.ts";
import { census } from "../sandbox/contents.ts";
import { type Answer, amiss, compare, downAgain, fresh, madeBy, rehearse, start } from "./matrix.ts";

const rehearsal = rehearse({}, "up");

test.each([5, 60, 120, 180, 250, 320])(
  "credentials that expire at call %i: stops cleanly, says what to do; fresh ones go on with nothing lost",
  async (at) => {
    const { config, normal, made = [], ...rest } = await rehearsal;
    let calls = 0;
    const expiring =
      (answer: Answer): Answer =>
      async (service, operation, input) => {
        if (++calls > at)
          throw awsError(
            service === "ec2" ? "RequestExpired" : "ExpiredToken",
            "The security token included in the request is expired",
            { status: 403 },
          );
        return answer(service, operation, input);
      };
    const on = await start(config, { world: fresh(config), time: START, state: undefined }, { around: expiring });
    const ended = await on.up().catch((error: unknown) => error);
    const errors =
      ended instanceof Error
        ? [ended]
        : (ended as Awaited<ReturnType<typeof on.up>>).settled.flatMap(({ error }) => error ?? []);
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) {
      expect((error as { code?: string }).code ?? error.name).toMatch(/credentials|ExpiredToken|RequestExpired/);
    }
    // Each object that was under way asks once more, at most; nothing tries again and again.
    expect(calls - at).toBeLessThan(60);
    on.sandbox.settle();
    const next = await start(config, {
      world: JSON.stringify(on.sandbox.world),
      time: on.clock.now() + 60_000,
      state: on.text.text,
    });
    expect(amiss((await next.up()).settled)).toEqual([]);
    next.sandbox.settle();
    expect(compare("after up", census(next.sandbox.world), normal)).toEqual([]);
    expect(compare("made", madeBy(on.made, next.made), madeBy(made))).toEqual([]);
    expect(await downAgain({ config, normal, made, ...rest }, next)).toEqual([]);
  },
);

test("a state of another account: nothing but GetCallerIdentity is sent", async () => {
  const { config } = await rehearsal;
  const on = await start(config, { world: fresh(config), time: START, state: undefined });
  on.run.store.put("vpc", {
    type: "ec2:vpc",
    name: "v",
    status: "ready",
    id: "vpc-1",
    since: 0,
    token: "t",
    spec: {},
    needs: [],
  });
  const state = on.text.text?.replaceAll("111122223333", "444455556666");
  const sent: string[] = [];
  const other = start(
    config,
    { world: fresh(config), time: START, state },
    {
      around: (answer) => (service, operation, input) => {
        sent.push(operation);
        return answer(service, operation, input);
      },
    },
  );
  await expect(other).rejects.toMatchObject({
    code: "wrong-account",
    message: expect.stringContaining("444455556666"),
  });
  expect(sent).toEqual(["GetCallerIdentity"]);
  expect(sent.filter((operation) => !isRead(operation))).toEqual([]);
  const read = readState({ ...on.text, read: () => state });
  expect(
    () => read && checkIdentity(read, { stack: config.stack, account: "111122223333", region: config.region }, "x"),
  ).toThrow();
});

test("a state of another region: nothing at all is sent", async () => {
  const on = folder({ bastion: { allowedCidrs: ["203.0.113.10/32"] } });
  const identity = { version: 1, stack: "buddyverse", account: "111122223333", region: "eu-west-1" };
  writeFileSync(
    join(on.path, "buddyverse.state.json"),
    JSON.stringify({ ...identity, lineage: "l", serial: 1, resources: {} }),
  );
  for (const line of ["up --yes", "down --yes", "status"]) {
    const { code, stderr } = await on.run(`${line} --trace trace.jsonl`, {
      AWS_ENDPOINT_URL: await emptyAccount(),
      ...KEYS,
    });
    expect(code, line).toBe(6);
    expect(stderr).toContain("belongs to region eu-west-1, but this run is for region ap-northeast-2");
  }
  expect(on.trace()).toEqual([]);
});

/** An account with nothing in it, which knows the caller, looks things up, and takes no change. */
async function emptyAccount(): Promise<string> {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const action = new URLSearchParams(body).get("Action");
      const result =
        action === "GetCallerIdentity"
          ? "<Arn>arn:aws:iam::111122223333:user/me</Arn><Account>111122223333</Account>"
          : "";
      const [, service] = /\/([\w-]+)\/aws4_request/.exec(request.headers.authorization ?? "") ?? [];
      if (service === "s3") {
        response.statusCode = 404;
        response.end("<Error><Code>NoSuchBucket</Code></Error>");
      } else if (service === "route53") {
        response.end("<ListHostedZonesByNameResponse><HostedZones/></ListHostedZonesByNameResponse>");
      } else if (action === null) {
        const dashboard = /GetDashboard$/.test(`${request.headers["x-amz-target"] ?? request.url}`);
        response.statusCode = dashboard ? 404 : 200;
        response.setHeader("Content-Type", "application/x-amz-json-1.0");
        response.end(dashboard ? '{"__type":"ResourceNotFound"}' : "{}");
      } else if (/^Get(Role|InstanceProfile)$/.test(action)) {
        response.statusCode = 404;
        response.end("<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>None.</Message></Error></ErrorResponse>");
      } else if (isRead(action)) {
        response.setHeader("Content-Type", "text/xml");
        response.end(`<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`);
      } else {
        response.statusCode = 400;
        response.end(
          "<Response><Errors><Error><Code>RequestExpired</Code><Message>Request has expired.</Message></Error></Errors></Response>",
        );
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const MINUTE = 60_000;
const KEYS = { AWS_ACCESS_KEY_ID: "ASIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "secret", AWS_SESSION_TOKEN: "token" };

describe("until when the credentials hold is said with whose they are, before anything is sent that changes", () => {
  const config = { bastion: { allowedCidrs: ["203.0.113.10/32"] }, domain: null };

  test("those of the environment end: a run that takes longer is warned of, with what happens then", async () => {
    const on = folder(config);
    const end = new Date(Date.now() + 10 * MINUTE);
    const env = { AWS_ENDPOINT_URL: await emptyAccount(), ...KEYS, AWS_CREDENTIAL_EXPIRATION: end.toISOString() };
    const { code, stderr } = await on.run("up --yes --step rds --trace trace.jsonl", env);
    const [first, second] = stderr.split("\n");
    expect(first).toBe("buddyverse · account 111122223333 · ap-northeast-2 · stack buddyverse");
    expect(second).toMatch(/^credentials until ([-\d]{10} )?\d\d:\d\d UTC \(in (10|9) min\)$/);
    expect(second).toContain(`${end.toISOString().slice(11, 16)} UTC`);
    expect(stderr).toMatch(
      /\nwarning: this takes about 1\d min, and the credentials hold (10|9) min more\. They are from environment variables, which are not renewed: when they end, the run stops cleanly, nothing is lost, and the same command goes on after a new login\./,
    );
    expect(code).not.toBe(0);
    expect(on.trace().length).toBeGreaterThan(5);

    const doctor = await on.run("doctor --json", env);
    expect(JSON.parse(doctor.stdout).findings[0].message).toMatch(
      /^account 111122223333, region ap-northeast-2; credentials until .* UTC \(in/,
    );
  });

  test("down says so too, by what it will take", async () => {
    const on = folder(config);
    const recorded = {
      type: "rds:database",
      name: "database1",
      id: "database1",
      status: "ready",
      since: 0,
      token: "t",
      spec: {},
      needs: [],
    };
    const identity = { version: 1, stack: "buddyverse", account: "111122223333", region: "ap-northeast-2" };
    const state = { ...identity, lineage: "l", serial: 1, resources: { database: recorded } };
    writeFileSync(join(on.path, "buddyverse.state.json"), JSON.stringify(state));
    const down = async (minutes: number) =>
      on.run("down --yes", {
        AWS_ENDPOINT_URL: await emptyAccount(),
        ...KEYS,
        AWS_CREDENTIAL_EXPIRATION: new Date(Date.now() + minutes * MINUTE).toISOString(),
      });
    const { stderr } = await down(3);
    expect(stderr.split("\n")[1]).toMatch(/^credentials until .* UTC \(in (3 min|1\d\d s|2 min)\)$/);
    expect(stderr).toMatch(/\nwarning: this takes about \d min, and the credentials hold/);
    writeFileSync(join(on.path, "buddyverse.state.json"), JSON.stringify(state));
    expect((await down(30)).stderr).not.toMatch(/his takes about/);
  });

  test("those that the SDK gets anew are not said to end; long enough ones and those without an end bring no warning", async () => {
    const url = await emptyAccount();
    const on = folder(config);
    const expiring = (minutes: number) => new Date(Date.now() + minutes * MINUTE).toISOString();
    const process = {
      Version: 1,
      AccessKeyId: "ASIAEXAMPLE",
      SecretAccessKey: "secret",
      SessionToken: "token",
      Expiration: expiring(10),
    };
    writeFileSync(join(on.path, "key.json"), JSON.stringify(process));
    writeFileSync(join(on.path, "aws"), `[profile renewed]\ncredential_process = cat ${join(on.path, "key.json")}\n`);
    const [renewed, long, endless] = await Promise.all([
      on.run("up --yes --step rds", {
        AWS_ENDPOINT_URL: url,
        AWS_PROFILE: "renewed",
        AWS_CONFIG_FILE: join(on.path, "aws"),
      }),
      folder(config).run("up --yes --step rds", {
        AWS_ENDPOINT_URL: url,
        ...KEYS,
        AWS_CREDENTIAL_EXPIRATION: expiring(90),
      }),
      folder(config).run("up --yes --step rds", { AWS_ENDPOINT_URL: url, ...KEYS }),
    ]);
    expect(renewed?.stderr).toMatch(
      /UTC \(in (10|9) min\); the AWS SDK renews them while the login or role behind them/,
    );
    expect(renewed?.stderr).toMatch(
      /\nThis takes about 1\d min, and the credentials hold (10|9) min more\. The AWS SDK renews them .*where that ends too, the run stops/,
    );
    expect(renewed?.stderr).not.toContain("warning: this");
    expect(long?.stderr).toMatch(/credentials until .* UTC \(in 1\.5 h\)|\(in (89|90) min\)/);
    for (const one of [long, endless]) {
      expect(one?.stderr).toContain("Plan: ");
      expect(one?.stderr).not.toMatch(/his takes about/);
    }
    expect(endless?.stderr).not.toContain("credentials until");
  });
});
