import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { applicationOf } from "../../src/cli/application.ts";
import { pathsOf } from "../../src/cli/paths.ts";
import { configSchema } from "../../src/config/schema.ts";
import { jumpingClock } from "../../src/lib/clock.ts";
import { freshWorld } from "../../src/sandbox/fresh.ts";
import { openSandbox } from "../../src/sandbox/sandbox.ts";
import { folder } from "./folder.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** AWS on the wire, with the sandbox's price list behind it; `change` rewrites what it says. */
async function wiredAws(change: (answer: Answer) => Answer = (answer) => answer) {
  const clock = jumpingClock(Date.now());
  const sandbox = openSandbox({ world: freshWorld({ region: "ap-northeast-2", time: clock.now(), seed: 2 }), clock });
  const scopes: string[] = [];
  const xml = (body: string): Answer => ({ status: 200, body });
  async function answer(target: string | undefined, body: string): Promise<Answer> {
    if (target === "AWSPriceListService.GetProducts") {
      const products = await sandbox.answer("pricing", "GetProducts", JSON.parse(body));
      return change({ status: 200, body: JSON.stringify(products) });
    }
    if (body.includes("Action=GetCallerIdentity")) {
      return xml(
        "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/u</Arn><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
      );
    }
    if (body.includes("Action=DescribeSpotPriceHistory")) {
      const item = `<item><instanceType>t3.micro</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>0.003900</spotPrice><timestamp>${new Date().toISOString()}</timestamp><availabilityZone>ap-northeast-2a</availabilityZone></item>`;
      return xml(
        `<DescribeSpotPriceHistoryResponse><spotPriceHistorySet>${item}</spotPriceHistorySet><nextToken/></DescribeSpotPriceHistoryResponse>`,
      );
    }
    return { status: 400, body: "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>" };
  }
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (text) => {
      body += text;
    });
    request.on("end", async () => {
      scopes.push(/Credential=\w+\/\d+\/([^,]+)\/aws4_request/.exec(request.headers.authorization ?? "")?.[1] ?? "");
      const said = await answer(request.headers["x-amz-target"] as string | undefined, body);
      const type = said.body.startsWith("<") ? "text/xml" : "application/x-amz-json-1.1";
      response.writeHead(said.status, { "content-type": type }).end(said.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { scopes, url, env: { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "AKIDEXAMPLE", AWS_SECRET_ACCESS_KEY: "x" } };
}

const dearerNat = (answer: Answer): Answer => ({
  ...answer,
  body: answer.body.replaceAll("0.0590000000", "0.0700000000"),
});

describe("cost --live", () => {
  test("asks AWS, says what differs, keeps it, and all later commands count with it", async () => {
    const aws = await wiredAws(dearerNat);
    const on = folder({ nat: { mode: "gateway" } });
    const today = new Date().toISOString().slice(0, 10);
    const before = await on.run("cost --json");
    const live = await on.run("cost --live --trace trace.jsonl", aws.env);
    expect(live.stderr).toBe("");
    expect(live.code).toBe(0);
    expect(live.stdout).toContain("\n  nat:gateway  $0.059 → $0.07 per hour (before: 2026-09-25)\n");
    expect(live.stdout).toContain("\n  ec2:t3.micro:spot  $0.00377 → $0.0039 per hour (before: 2025-06-28)\n");
    expect(live.stdout).toContain(`as AWS itself said on ${today}`);
    expect(live.stdout).toMatch(/Written to .*buddyverse\.prices\.json: cost, plan/);
    // Signed for the one region that has the endpoint, whatever the stack's.
    expect(new Set(aws.scopes)).toEqual(new Set(["ap-northeast-2/sts", "us-east-1/pricing", "ap-northeast-2/ec2"]));
    const products = on.trace().filter(({ operation }) => operation === "GetProducts");
    expect(products.length).toBeGreaterThan(25);
    expect(products[0]?.input).toMatchObject({ FormatVersion: "aws_v1", MaxResults: 100 });

    // Nobody is asked any more.
    const later = await on.run("cost --json");
    const totals = ({ stdout }: { stdout: string }) => JSON.parse(stdout).totals;
    // Two gateways, 730 hours, 1.1 cents more.
    expect(totals(later).fixed - totals(before).fixed).toBeCloseTo(16.06, 2);
    expect(JSON.parse(later.stdout).prices).toMatchObject({ asked: today, collected: "2026-11-22" });
    const plan = await on.run("plan --offline");
    expect(plan.stdout).toContain(`AWS was asked for the prices on ${today}.`);
    expect(JSON.parse((await on.run("plan --offline --json")).stdout).pricesAsked).toBe(today);
    const up = await on.rehearse("up --yes");
    expect(up.stdout).toContain(`by the estimate. AWS was asked for the prices on ${today}.`);
    const status = JSON.parse((await on.rehearse("status --json")).stdout);
    expect(status.cost).toMatchObject({ prices: { asked: today } });
    // Another region has its own place in the file.
    expect(JSON.parse((await on.run("cost --json --region us-east-1")).stdout).prices).not.toHaveProperty("asked");

    // The same answer again is no news; the file's other regions stay.
    const file = join(on.path, "buddyverse.prices.json");
    const kept = JSON.parse(on.read("buddyverse.prices.json"));
    kept.regions["eu-west-1"] = { ...kept.regions["ap-northeast-2"], rows: [] };
    writeFileSync(file, JSON.stringify(kept));
    const again = JSON.parse((await on.run("cost --live --json", aws.env)).stdout);
    expect(again.live).toMatchObject({ region: "ap-northeast-2", changes: [] });
    expect(again.live.file).toMatch(/buddyverse\.prices\.json$/);
    expect(again.live.notFound).toContainEqual({ item: "efs:backup", why: "AWS's price list has no such product" });
    expect(Object.keys(JSON.parse(on.read("buddyverse.prices.json")).regions).toSorted()).toEqual([
      "ap-northeast-2",
      "eu-west-1",
    ]);
  });

  test("the service's own endpoint setting works too", async () => {
    const aws = await wiredAws();
    const other = await wiredAws();
    const on = folder();
    const { code } = await on.run("cost --live", { ...other.env, AWS_ENDPOINT_URL_PRICING: aws.url });
    expect(code).toBe(0);
    expect(new Set(aws.scopes)).toEqual(new Set(["us-east-1/pricing"]));
    expect(other.scopes).not.toContain("us-east-1/pricing");
  });

  test("asks about any region, also beside the state of a stack in another", async () => {
    const aws = await wiredAws();
    const on = folder();
    const state = {
      version: 1,
      stack: "buddyverse",
      account: "111122223333",
      region: "ap-northeast-2",
      lineage: "0011223344556677",
      serial: 1,
      resources: {},
    };
    writeFileSync(join(on.path, "buddyverse.state.json"), JSON.stringify(state));
    const { code, stdout } = await on.run("cost --live --json --region us-east-1", aws.env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ region: "us-east-1", live: { region: "us-east-1", changes: [] } });
    expect(Object.keys(JSON.parse(on.read("buddyverse.prices.json")).regions)).toEqual(["us-east-1"]);
    expect((await on.run("status --region us-east-1", aws.env)).code).toBe(6);
  });

  test("without the permission it says which, and writes nothing", async () => {
    const body = JSON.stringify({
      __type: "AccessDeniedException",
      Message:
        "User: arn:aws:iam::111122223333:user/u is not authorized to perform: pricing:GetProducts because no identity-based policy allows the pricing:GetProducts action",
    });
    const aws = await wiredAws(() => ({ status: 400, body }));
    const on = folder();
    const { code, stderr, stdout } = await on.run("cost --live", aws.env);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toContain("AWS does not let you read its price list: User: arn:aws:iam::111122223333:user/u");
    expect(stderr).toContain("Allow pricing:GetProducts");
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });

  test("without credentials it ends as every command does", async () => {
    const on = folder();
    const { code, stderr } = await on.run("cost --live");
    expect(code).toBe(1);
    expect(stderr).toContain("there are no AWS credentials");
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });

  test("on the sandbox it is a rehearsal: nothing is written, and the estimate stays", async () => {
    const on = folder();
    const plain = JSON.parse((await on.run("cost --json")).stdout);
    const { code, stdout } = await on.rehearse("cost --live --json");
    expect(code).toBe(0);
    const { live, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual(plain);
    expect(live).toMatchObject({ file: null, changes: [] });
    expect(live.found).toBeGreaterThan(50);
    expect((await on.rehearse("cost --live")).stdout).toContain("Asked the sandbox");
    expect(on.files()).toEqual(["buddyverse.config.json"]);
  });
});

describe("a price file", () => {
  test("that cannot be read stops what counts with it, and nothing else", async () => {
    const on = folder();
    writeFileSync(join(on.path, "buddyverse.prices.json"), "{");
    for (const line of ["cost", "plan --offline"]) {
      const { code, stderr } = await on.run(line);
      expect(code, line).toBe(2);
      expect(stderr, line).toContain("buddyverse.prices.json cannot be used");
      expect(stderr, line).toContain("Remove it");
    }
    expect((await on.rehearse("outputs")).stderr).not.toContain("prices");
  });

  test("that is older than the shipped table is left aside with a notice on stderr", async () => {
    const on = folder();
    const plain = await on.run("cost --json");
    const rows = [{ item: "nat:gateway", region: "ap-northeast-2", unit: "hour", usd: 9, from: 0, source: "PL" }];
    const regions = { "ap-northeast-2": { asked: "2026-01-01T00:00:00.000Z", sources: {}, rows } };
    writeFileSync(join(on.path, "buddyverse.prices.json"), JSON.stringify({ version: 2, regions }));
    const old = await on.run("cost --json");
    expect(old.stdout).toBe(plain.stdout);
    expect(old.stderr).toMatch(
      /^The prices of ap-northeast-2 in .*buddyverse\.prices\.json are of 2026-01-01, older than the shipped table of 2026-11-22: not used\. To ask AWS again: buddyverse cost --live\n$/,
    );
    expect((await on.run("cost --quiet")).stderr).toBe("");
    expect((await on.rehearse("cost --live")).stderr).toBe("");
  });

  test("does not come into the image", async () => {
    const config = configSchema.parse({ image: { app: { folder: "." } } });
    const on = folder({ image: { app: { folder: "." } } });
    writeFileSync(join(on.path, "manage.py"), "x");
    const paths = pathsOf({ config: join(on.path, "buddyverse.config.json"), color: false });
    const packed = async () => (await applicationOf(config, paths)).archive;
    const before = await packed();
    expect(before).toBeDefined();
    writeFileSync(join(on.path, "buddyverse.prices.json"), JSON.stringify({ version: 2, regions: {} }));
    expect(await packed()).toEqual(before);
    writeFileSync(join(on.path, "more.py"), "x");
    expect(await packed()).not.toEqual(before);
  });
});
