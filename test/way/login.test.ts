import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connect } from "../../src/aws/connect.ts";
import { realClock } from "../../src/lib/clock.ts";
import { type Folder, folder } from "../cli/folder.ts";
import { KEYS, type Sent, standIn, xmlError } from "./stand-in.ts";

const config = { bastion: { allowedCidrs: ["203.0.113.10/32"] }, domain: null } as const;
const BASE = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = secret\n";
const MFA = "arn:aws:iam::111122223333:mfa/ops";
const OPS = `[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/ops\nsource_profile = base\n`;

/** A folder with an AWS config file in it. */
function withProfiles(text: string): { readonly on: Folder; readonly env: Record<string, string> } {
  const on = folder(config);
  writeFileSync(join(on.path, "aws"), text);
  return { on, env: { AWS_CONFIG_FILE: join(on.path, "aws") } };
}

describe("a profile with mfa_serial", () => {
  const saved = { ...process.env };
  afterEach(() => {
    for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
    Object.assign(process.env, saved);
  });

  test("asks for the code once a run, and all clients share the session that it opens", async () => {
    const { url, sent } = await standIn();
    const { env } = withProfiles(`${BASE}${OPS}mfa_serial = ${MFA}\n`);
    Object.assign(process.env, { ...env, AWS_ENDPOINT_URL: url, AWS_EC2_METADATA_DISABLED: "true" });
    const asked: string[][] = [];
    const traced: unknown[] = [];
    const aws = await connect({
      region: "ap-northeast-2",
      clock: realClock(),
      network: { publicAddress: async () => "203.0.113.1", nameServers: async () => [] },
      profile: "ops",
      mfaCode: async (...about) => {
        asked.push(about);
        return "271828";
      },
      onCall: (call) => traced.push(call),
    });
    await Promise.all([
      aws.ec2.describeVpcs({}),
      aws.rds.describeDBInstances({}),
      aws.elb.describeLoadBalancers({}),
      aws.autoScaling.describeAutoScalingGroups({}),
    ]);
    expect(asked).toEqual([[MFA, "ops"]]);
    const opened = sent.filter(({ action }) => action === "AssumeRole");
    expect(
      opened.map(({ accessKeyId, body }) => [accessKeyId, body.get("SerialNumber"), body.get("TokenCode")]),
    ).toEqual([["AKIABASE", MFA, "271828"]]);
    expect(new Set(sent.filter((one) => one !== opened[0]).map(({ accessKeyId }) => accessKeyId))).toEqual(
      new Set(["ASIAROLE"]),
    );
    expect(traced.length).toBeGreaterThan(4);
    expect(JSON.stringify(traced)).not.toContain("271828");
    // Nobody is asked again in the middle of the work: the session ends, and is said to.
    expect(aws.credentialsEnd()).toMatchObject({ renewed: false, byCode: true });
  });

  test("nobody is asked again in the middle of the work: the session holds to its end, which is said", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    onTestFinished(() => void vi.useRealTimers());
    const { url, sent } = await standIn();
    const { env } = withProfiles(`${BASE}${OPS}mfa_serial = ${MFA}\n`);
    Object.assign(process.env, { ...env, AWS_ENDPOINT_URL: url });
    let asked = 0;
    const aws = await connect({
      region: "ap-northeast-2",
      clock: realClock(),
      network: { publicAddress: async () => "203.0.113.1", nameServers: async () => [] },
      profile: "ops",
      mfaCode: async () => {
        asked++;
        return "271828";
      },
    });
    // Of an hour: two minutes before its end the SDK would like a new one.
    vi.setSystemTime(Date.now() + 58 * 60_000);
    await aws.ec2.describeVpcs({});
    vi.setSystemTime(Date.now() + 3 * 60_000);
    await expect(aws.ec2.describeVpcs({})).rejects.toMatchObject({
      code: "credentials",
      message: 'the session that the MFA code opened for profile "ops" has ended',
    });
    expect(asked).toBe(1);
    expect(sent.filter(({ action }) => action === "AssumeRole")).toHaveLength(1);
  });

  test("roles that each want a code are asked for one at a time", async () => {
    const { url, sent } = await standIn();
    const { env } = withProfiles(
      `${BASE}${OPS}mfa_serial = ${MFA}\n[profile far]\nrole_arn = arn:aws:iam::444455556666:role/far\nsource_profile = ops\nmfa_serial = ${MFA}2\n`,
    );
    Object.assign(process.env, { ...env, AWS_ENDPOINT_URL: url });
    let open = 0;
    await connect({
      region: "ap-northeast-2",
      clock: realClock(),
      network: { publicAddress: async () => "203.0.113.1", nameServers: async () => [] },
      profile: "far",
      mfaCode: async (serial) => {
        expect(++open).toBe(1);
        await new Promise((done) => setImmediate(done));
        open--;
        return serial === MFA ? "111111" : "222222";
      },
    });
    const codes = sent.filter(({ action }) => action === "AssumeRole").map(({ body }) => body.get("TokenCode"));
    expect(codes).toEqual(["111111", "222222"]);
  });

  test("without a terminal it says how to open the session before", async () => {
    const { url, sent } = await standIn();
    const { on, env } = withProfiles(`${BASE}${OPS}mfa_serial = ${MFA}\n`);
    for (const given of [{ line: "plan --profile ops" }, { line: "doctor", AWS_PROFILE: "ops" }]) {
      const { line, ...rest } = given;
      const { code, stdout, stderr } = await on.run(line, { ...env, ...rest, AWS_ENDPOINT_URL: url });
      expect(code).toBe(1);
      const said = stdout + stderr;
      expect(said).toContain(
        `profile "ops" needs the code of the MFA device ${MFA}, and there is no terminal to ask on`,
      );
      expect(said).toContain("aws configure export-credentials --profile ops --format env");
      expect(said).toContain("aws-vault exec ops");
      expect(said).not.toMatch(/foreseen|sso login/);
    }
    expect(sent).toEqual([]);
  });

  test("a code that AWS does not accept", async () => {
    const { url } = await standIn({
      instead: ({ action }) =>
        action === "AssumeRole"
          ? xmlError(403, "AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
          : undefined,
    });
    const { env } = withProfiles(`${BASE}${OPS}mfa_serial = ${MFA}\n`);
    Object.assign(process.env, { ...env, AWS_ENDPOINT_URL: url });
    await expect(
      connect({
        region: "ap-northeast-2",
        clock: realClock(),
        network: { publicAddress: async () => "203.0.113.1", nameServers: async () => [] },
        profile: "ops",
        mfaCode: async () => "271828",
      }),
    ).rejects.toMatchObject({
      code: "credentials",
      message: expect.stringContaining("AWS does not accept the MFA code"),
      hint: expect.stringContaining("only once"),
    });
  });
});

describe("each way to get credentials fails in its own words, with the command that helps", () => {
  const failing = async (
    profiles: string,
    line: string,
    env: Record<string, string> = {},
    instead?: (sent: Sent) => ReturnType<typeof xmlError> | undefined,
  ) => {
    const { url } = await standIn(instead ? { instead } : {});
    const on = withProfiles(profiles);
    const { code, stderr } = await on.on.run(line, { AWS_ENDPOINT_URL: url, ...on.env, ...env });
    expect(code).toBe(1);
    expect(stderr).not.toContain("foreseen");
    return stderr;
  };

  test("a profile that is not there is named, with those that are and where it was looked for", async () => {
    const said = await failing(`${BASE}${OPS}`, "outputs --profile shop", KEYS);
    expect(said).toMatch(/there is no profile "shop" in .*aws or .*\/\.aws\/credentials/);
    expect(said).toContain("There are base and ops. Name one with --profile or AWS_PROFILE.");
    expect(await failing("", "outputs", { AWS_PROFILE: "shop" })).toContain("There are none at all.");
  });

  test("a profile that says nothing of credentials", async () => {
    const said = await failing(`${BASE}[profile empty]\nregion = eu-west-1\n`, "outputs --profile empty");
    expect(said).toMatch(/there are no AWS credentials: profile "empty" \(.*\) does not say where to get any/);
    expect(said).toContain("(base)");
  });

  test("none at all, with the profiles that there are", async () => {
    const said = await failing(BASE, "outputs");
    expect(said).toContain("there are no AWS credentials: neither in the environment, nor in a profile");
    expect(said).toContain("Name a profile that has some with --profile or AWS_PROFILE (base)");
    expect(said).toContain("--sandbox");
  });

  test("a login of IAM Identity Center that has ended", async () => {
    const sso =
      "[profile work]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = ops\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://corp.awsapps.com/start\n";
    const said = await failing(sso, "outputs --profile work");
    expect(said).toContain('there are no AWS credentials of profile "work": ');
    expect(said).toContain("Log in again: `aws sso login --profile work`, then run the same command");
    const chained = `${sso}[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/ops\nsource_profile = work\n`;
    expect(await failing(chained, "outputs --profile ops")).toContain("`aws sso login --profile work`");
  });

  test("an `aws login` that has ended", async () => {
    const said = await failing(
      "[profile me]\nlogin_session = arn:aws:iam::111122223333:user/me\n",
      "outputs --profile me",
    );
    expect(said).toContain("`aws login --profile me`");
  });

  test("a process that fails, or answers nonsense: its own words, and once only", async () => {
    const { on, env } = withProfiles("");
    mkdirSync(join(on.path, "bin"));
    const script = join(on.path, "bin", "get");
    writeFileSync(script, `#!/bin/sh\necho run >> ${join(on.path, "runs")}\necho 'vault is sealed' >&2\nexit 1\n`);
    chmodSync(script, 0o755);
    writeFileSync(
      join(on.path, "aws"),
      `[profile vault]\ncredential_process = ${script}\n[profile odd]\ncredential_process = echo hello\n`,
    );
    const { code, stderr } = await on.run("outputs --profile vault", env);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `there are no AWS credentials of profile "vault": Command failed: ${script} vault is sealed`,
    );
    expect(stderr).toContain("aws configure export-credentials --profile vault");
    expect(on.read("runs")).toBe("run\n");
    const odd = await on.run("outputs --profile odd", env);
    expect(odd.stderr).toContain("Profile odd credential_process returned invalid JSON.");
  });

  test("a process that answers is started once, for all clients of the run", async () => {
    const { url, sent } = await standIn();
    const { on, env } = withProfiles("");
    const script = join(on.path, "get");
    const answer = '{"Version":1,"AccessKeyId":"ASIAPROCESS","SecretAccessKey":"secret"}';
    writeFileSync(script, `#!/bin/sh\necho run >> ${join(on.path, "runs")}\necho '${answer}'\n`);
    chmodSync(script, 0o755);
    writeFileSync(join(on.path, "aws"), `[profile vault]\ncredential_process = ${script}\n`);
    const { code } = await on.run("status --profile vault", { ...env, AWS_ENDPOINT_URL: url });
    expect(code).toBe(3);
    expect(new Set(sent.map(({ service }) => service)).size).toBeGreaterThan(5);
    expect(new Set(sent.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set(["ASIAPROCESS"]));
    expect(on.read("runs")).toBe("run\n");
  });

  test("a role that is not handed out", async () => {
    const refused = (sent: Sent) =>
      sent.action === "AssumeRole"
        ? xmlError(
            403,
            "AccessDenied",
            "User: arn:aws:iam::111122223333:user/me is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/ops",
          )
        : undefined;
    const said = await failing(`${BASE}${OPS}`, "outputs --profile ops", {}, refused);
    expect(said).toContain('AWS does not hand out the role of profile "ops": User: arn:aws:iam::111122223333:user/me');
    expect(said).toContain("add mfa_serial to the profile");
    expect(said).not.toContain("buddyverse policy");
  });

  test("keys that AWS does not know, and a session that has ended, of a profile and of the environment", async () => {
    const unknown = () =>
      xmlError(403, "InvalidClientTokenId", "The security token included in the request is invalid.");
    expect(await failing(BASE, "outputs --profile base", {}, unknown)).toMatch(
      /AWS does not accept the credentials of profile "base": InvalidClientTokenId: The security token[\s\S]*aws configure --profile base/,
    );
    const expired = () => xmlError(403, "ExpiredToken", "The security token included in the request is expired");
    expect(await failing("", "outputs", { ...KEYS, AWS_SESSION_TOKEN: "t" }, expired)).toMatch(
      /the AWS credentials have expired[\s\S]*Set fresh ones in the environment/,
    );
  });
});

describe("a region that is not enabled in the account", () => {
  const elsewhereOnly = ({ region }: Sent) =>
    region === "us-east-1"
      ? undefined
      : xmlError(403, "InvalidClientTokenId", "The security token included in the request is invalid.");

  test.each([
    ["ap-east-1", "the region is not enabled in the account", "aws account enable-region --region-name ap-east-1"],
    ["cn-north-1", "the region belongs to a part of AWS that has accounts of its own", "another region"],
  ])("%s is told from credentials that are false", async (region, why, hint) => {
    const { url } = await standIn({ instead: elsewhereOnly });
    const on = folder({ ...config, region, zones: [`${region}a`, `${region}b`] } as never);
    for (const line of ["plan", "doctor"]) {
      const { code, stdout, stderr } = await on.run(line, { AWS_ENDPOINT_URL: url, ...KEYS });
      expect(code).toBe(1);
      expect(stdout + stderr).toContain(
        `${region} does not know the credentials of account 111122223333, which us-east-1 accepts: ${why}`,
      );
      expect(stdout + stderr).toContain(hint);
      expect(stdout + stderr).not.toMatch(/foreseen|sso login|does not accept/);
    }
  });
});
