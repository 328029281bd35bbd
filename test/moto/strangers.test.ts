/** The changes of strangers that the sandbox has one by one, on an AWS that we did not write, by another SDK: all at once. */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { StatusItem } from "../../src/engine/status.ts";
import { buddyverse } from "../command.ts";
import type { Hand } from "../strangers/hand.ts";
import { CHANGES, type Change, type Says } from "../strangers/table.ts";
import { agrees, saying } from "../strangers/tried.ts";
import { needs } from "../tools.ts";
import { type MotoServer, startMoto } from "./server.ts";

const REGION = "ap-northeast-2";
const config = {
  image: { base: "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64" },
  bastion: { allowedCidrs: ["203.0.113.10/32"] },
  domain: { name: "buddyverse.link" },
  monitoring: { email: "ops@example.com" },
};

const SERVICES = [
  ...["acm", "autoScaling", "backup", "cloudWatch", "logs", "ec2", "efs", "elb", "iam", "rds", "route53", "s3"],
  ...["sns", "ssm"],
] as const;

/** moto 5.2 answers with a page of HTML. */
const NO_CALL = /parse response|<!doctype/;
/** It takes the call, and shows nothing of it afterwards; or it is told as something else, which is said. */
const NOT_TOLD = /^not told$/;
/** What of the changes is not to be seen here, by what came of them. */
const NOT_HERE: Readonly<Record<string, RegExp>> = {
  // There must be such a gateway.
  "ec2:vpc: a transit gateway": /InvalidTransitGatewayID.NotFound/,
  "ec2:instance: detailed monitoring": NO_CALL,
  // It takes the older form only, OperationType and GroupNames.
  "ec2:image: its snapshot is public": NOT_TOLD,
  "ec2:image: protected from being deregistered": NO_CALL,
  // Another change makes it the default.
  "ec2:launch-template: a version more that nothing is launched of": NOT_TOLD,
  // Of a template it shows the tags of its creation.
  "ec2:launch-template: a tag more": NOT_TOLD,
  "auto-scaling:group: another warm-up": NOT_TOLD,
  "auto-scaling:group: another cooldown": NOT_TOLD,
  "cloudwatch:alarm: its actions are switched off": NO_CALL,
  "ec2:vpc: nothing passes its internet gateway": NO_CALL,
  // Another one sets these options anew.
  "ec2:instance: metadata reach further": NOT_TOLD,
  "efs:file-system: a replication may overwrite it": NO_CALL,
  "logs:log-group: a metric is made of it": NOT_TOLD,
  "auto-scaling:group: its metrics are collected no more": NO_CALL,
  "auto-scaling:group: protected from being deleted": NOT_TOLD,
  "rds:database: another port, which restarts it": NOT_TOLD,
  // Its account is another, so that it leads elsewhere.
  "rds:database: told of in this account": NOT_TOLD,
  "sns:topic: a function of this account is told": NOT_TOLD,
  // It loses the group, or fails on it once another subnet is in it.
  "rds:subnet-group: other words": NO_CALL,
  "rds:subnet-group: a public subnet more": NOT_TOLD,
  "efs:file-system: no backups": NO_CALL,
  "efs:file-system: another throughput": NO_CALL,
  "efs:file-system: more throughput": NO_CALL,
  "backup:vault: nobody may restore": NO_CALL,
  "backup:vault: another account may put copies into it": NO_CALL,
  "backup:vault: nobody may delete what is in it": NO_CALL,
  "logs:log-group: protected from being deleted": NO_CALL,
  // It takes a name only, and answers that an id is gone.
  "ec2:key-pair: deleted": NOT_TOLD,
  "auto-scaling:group: an instance is started like a bastion, with all its tags": NO_CALL,
  "auto-scaling:group: an instance is started like a web instance, with its tags": NO_CALL,
  // It takes no block that blocks nothing.
  "s3:bucket: everybody may read it from any address": /InvalidRequest/,
  // All are made on one stack, and another one is of the same: its file system policy, its inline policy of that name.
  "efs:file-system: nobody may write": NOT_TOLD,
  "iam:role: another inline policy": NOT_TOLD,
  // Another one refuses them.
  "elb:load-balancer: requests that look like smuggling are let through": NOT_TOLD,
  // Another one takes the group its target group, whose targets are not looked at then.
  "elb:target-group: visitors are sent to a bastion": NOT_TOLD,
  "elb:target-group: visitors are sent to a machine of theirs": NOT_TOLD,
  "elb:target-group: no visitors for the web instances": /InvalidTarget/,
  // Told on the sandbox, where each has a stack of its own; why not beside all others was not found.
  "ec2:vpc: the default network ACL denies all that comes in": NOT_TOLD,
  "auto-scaling:group: a web instance is in a group of theirs": NOT_TOLD,
  "ec2:instance: a NAT has other rights": NOT_TOLD,
  "rds:database: a replica of theirs": NOT_TOLD,
  "rds:database: a public replica of theirs": NOT_TOLD,
  "route53:alias-records: an HTTPS record of theirs beside www": NOT_TOLD,
};

/** It does at once what waits for the maintenance window on AWS. */
const LEFT_OUT = /^rds:.*, in the window$/;

describe("strangers, against an AWS that we did not write", needs("moto_server and python3 with boto3"), () => {
  let server: MotoServer;
  let folder: string;
  let env: Record<string, string>;
  let boto: ChildProcess;

  beforeAll(async () => {
    server = await startMoto();
    folder = mkdtempSync(join(tmpdir(), "buddyverse-strangers-"));
    env = {
      AWS_ENDPOINT_URL: server.url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
    };
    writeFileSync(join(folder, "buddyverse.config.json"), JSON.stringify(config));
    boto = spawn("python3", [join(import.meta.dirname, "hand.py"), REGION], {
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "inherit"],
    });
  });
  afterAll(() => {
    boto?.kill();
    server?.stop();
    if (folder) rmSync(folder, { recursive: true });
  });

  /** A stranger who works with boto3. */
  function hand(): Hand {
    const { resources } = JSON.parse(readFileSync(join(folder, "buddyverse.state.json"), "utf8"));
    const lines = createInterface({ input: boto.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    const call = (service: string) => async (operation: string, input: object) => {
      boto.stdin?.write(`${JSON.stringify([service, operation, input])}\n`);
      const { answer, error } = JSON.parse((await lines.next()).value);
      if (error !== undefined) throw new Error(error);
      return answer;
    };
    return {
      ...Object.fromEntries(SERVICES.map((service) => [service, call(service)])),
      on: { config, graph: { nodes: new Map(Object.entries(resources)) }, clock: { now: () => Date.now() } },
      id: (key: string) => resources[key]?.id ?? expect.unreachable(`the stack has no ${key}`),
      wait: async () => {},
    } as unknown as Hand;
  }

  /** What is not told of changes, all made one after the other; "": it is. */
  async function untold(who: Hand, changes: readonly Change[]): Promise<Record<string, string>> {
    const trouble = new Map<Change, string>();
    for (const change of changes)
      await change.does(who).catch((error: Error) => trouble.set(change, error.message.slice(0, 160)));
    const { stdout } = await buddyverse(["status", "--json"], { cwd: folder, env });
    const { resources, extras } = JSON.parse(stdout);
    // All that was done to a field decides together what it means for safety.
    const off = resources
      .filter(({ standing }: StatusItem) => standing !== "in-sync")
      .map((one: StatusItem) => ({ ...one, drift: one.drift.map((drift) => ({ ...drift, danger: undefined })) }));
    return Object.fromEntries(
      changes.flatMap((change) => {
        const { kind } = change.says;
        const says: Says = kind === "managed" ? { kind, key: change.says.key, field: change.says.field } : change.says;
        const told = agrees(says, saying(says, off, extras));
        return told ? [] : [[`${change.type}: ${change.name}`, trouble.get(change) ?? "not told"]];
      }),
    );
  }

  test("all that the mock can do is told", { timeout: 590_000 }, async () => {
    execFileSync(
      "python3",
      [
        "-c",
        `import boto3; boto3.client("route53").create_hosted_zone(Name="${config.domain.name}", CallerReference="x")`,
      ],
      { env: { ...process.env, ...env } },
    );
    const [up] = await Promise.all([
      buddyverse(["up", "--yes"], { cwd: folder, env }),
      promisify(execFile)("python3", [join(import.meta.dirname, "builder.py"), REGION], {
        env: { ...process.env, ...env },
      }),
    ]);
    expect(up).toMatchObject({ code: 0 });
    const who = hand();
    const of = (isGone: boolean) =>
      CHANGES.filter(
        ({ type, name, says: { kind } }) =>
          kind !== "unseen" && (kind === "missing") === isGone && !LEFT_OUT.test(`${type}: ${name}`),
      );
    // What is gone is nothing that has changed: it goes last.
    const left = { ...(await untold(who, of(false))), ...(await untold(who, of(true))) };
    expect(left).toEqual(
      Object.fromEntries(Object.entries(NOT_HERE).map(([name, why]) => [name, expect.stringMatching(why)])),
    );
  });
});
