import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetParametersCommand } from "@aws-sdk/client-ssm";
import { expect, onTestFinished, test } from "vitest";
import { explain } from "../../src/lib/errors.ts";
import { awsError } from "../../src/sandbox/service.ts";
import { START } from "../lifecycle/stage.ts";
import { inSandboxOf } from "../stranger.ts";
import { type Answer, fresh, rehearse, start } from "./matrix.ts";

const BIN = join(import.meta.dirname, "..", "..", "bin", "buddyverse.js");

test("a password that AWS quotes in its error reaches no state, trace, event or error text", async () => {
  const { config } = await rehearse({ domain: null }, "up");
  const passwords = new Set<string>();
  const quoting =
    (answer: Answer): Answer =>
    async (service, operation, input) => {
      const { MasterUserPassword, Value, Type } = input as {
        MasterUserPassword?: string;
        Value?: string;
        Type?: string;
      };
      const secret = MasterUserPassword ?? (Type === "SecureString" ? Value : undefined);
      if (secret) passwords.add(secret);
      if (MasterUserPassword)
        throw awsError("InvalidParameterValue", `The parameter MasterUserPassword is not valid: ${MasterUserPassword}`);
      return answer(service, operation, input);
    };
  const on = await start(config, { world: fresh(config), time: START, state: undefined }, { around: quoting });
  const { settled } = await on.up();
  const error = settled.find(({ key }) => key === "database")?.error;
  expect(error?.message).toContain("MasterUserPassword is not valid: ***");
  // The database's password, and the key that applications sign with.
  expect(passwords.size).toBe(2);
  const written = [
    on.text.text,
    JSON.stringify(on.calls),
    JSON.stringify(on.events),
    JSON.stringify(settled),
    explain(error, { verbose: true }),
  ].join("\n");
  for (const password of passwords) expect(written).not.toContain(password);
});

/** With what is in base64, as user data and documents in it, as plain text. */
const plain = (text: string): string =>
  text.replace(/[A-Za-z0-9+/]{40,}={0,2}/g, (part) => plain(Buffer.from(part, "base64").toString("latin1")));

test("no secret of the environment, the stack or its application is in any byte that secret set, up, a killed up, status, rotate and down write", {
  timeout: 120_000,
}, async () => {
  const cwd = mkdtempSync(join(tmpdir(), "buddyverse-secrets-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const image = { app: { git: "https://example.com/site.git", revision: "v1" } };
  writeFileSync(join(cwd, "buddyverse.config.json"), JSON.stringify({ image, app: { secrets: ["STRIPE_KEY"] } }));
  const canaries = [
    "CANARY-secret-access-key-7f3a",
    "CANARY-session-token-91bc",
    "CANARY-mysql-password-55de",
    "CANARY-stripe-key-02d1",
  ] as const;
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
    AWS_SECRET_ACCESS_KEY: canaries[0],
    AWS_SESSION_TOKEN: canaries[1],
    MYSQL_PWD: canaries[2],
  };
  let screens = "";
  const run = (args: string, timeout?: number, input = "") => {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [BIN, ...args.split(" "), "--sandbox", "--sandbox-speed", "max"],
      { cwd, env, input, encoding: "utf8", killSignal: "SIGKILL", ...(timeout ? { timeout } : {}) },
    );
    screens += stdout + stderr;
  };
  run("secret set STRIPE_KEY --trace set.jsonl --verbose", undefined, `${canaries[3]}\n`);
  run("up --yes --trace killed.jsonl --verbose", 1_500);
  run("up --yes --trace up.jsonl --json-lines --verbose");
  run("status --trace status.jsonl --json");
  // The sandbox's own file is the AWS of the rehearsal and holds the password, as AWS does; the stack state in it must not.
  const file = JSON.parse(readFileSync(join(cwd, "buddyverse.sandbox.json"), "utf8"));
  const secrets = new Set<string>();
  const noteSecrets = () =>
    inSandboxOf(cwd, async ({ ssm }, clock) => {
      await clock.sleep(5_000);
      const Names = ["password", "secret-key"].map((name) => `/buddyverse/buddyverse/database/${name}`);
      const { Parameters = [] } = await ssm.send(new GetParametersCommand({ Names, WithDecryption: true }));
      for (const { Value = "" } of Parameters) secrets.add(Value);
    });
  await noteSecrets();
  run("rotate password --yes --trace rotate.jsonl --verbose");
  await noteSecrets();
  expect([...secrets]).toEqual(Array.from({ length: 3 }, () => expect.stringMatching(/^\w{24,}$/)));
  const state = JSON.stringify(file.state);
  // Instances are told its name, and only its parameter has the value.
  const world = plain(JSON.stringify(file.world));
  expect(world).toContain('"secrets":["STRIPE_KEY"]');
  expect(world.split(canaries[3])).toHaveLength(2);
  expect(state).toContain("database-password");
  run("down --yes --trace down.jsonl --verbose");
  const traces = readdirSync(cwd, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("buddyverse.sandbox.json"))
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
  expect(traces.join("")).toContain("CreateDBInstance");
  const all = [screens, state, ...traces].join("\n");
  for (const secret of [...canaries, ...secrets]) expect(all).not.toContain(secret);
});
