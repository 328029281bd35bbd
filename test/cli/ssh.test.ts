/** `ssh`, `run` and `tunnel`, as they are typed: all but the connection, which test/access makes. */
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { open } from "../../src/cli/session.ts";
import { sshAccess } from "../../src/cli/ssh-access.ts";
import { commandsOf } from "../../src/verify/aws/commands.ts";
import { machinesBy } from "../../src/verify/machines.ts";
import { scriptFor } from "../../src/verify/scripts.ts";
import { machinesOf } from "../../steps/access.ts";
import { type Folder, folder, folderThatIsUp } from "./folder.ts";

let base: string;
beforeAll(async () => {
  base = await folderThatIsUp();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const CONFIG = "Buddy-Project.sandbox.buddyverse.ssh_config";

test("--print: the command that reaches a machine, through its zone's bastion, by a config beside the state", async () => {
  const on = folder({}, base);
  const { code, stdout, stderr } = await on.rehearse("ssh --print");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toBe(`ssh -F ${join(on.path, CONFIG)} web-1\n`);
  expect(statSync(join(on.path, CONFIG)).mode & 0o777).toBe(0o600);

  const { webInstances, bastions } = JSON.parse((await on.rehearse("outputs --json --refresh")).stdout);
  const entries = on.read(CONFIG).split(/\n(?=Host )/);
  const entry = (name: string) => entries.find((one) => one.startsWith(`Host ${name}\n`)) ?? "";
  for (const number of [1, 2]) {
    const address = /HostName (.*)/.exec(entry(`web-${number}`))?.[1];
    const bastion = /(bastion-\d)$/m.exec(entry(`web-${number}`))?.[1] ?? "";
    const { ssh } = webInstances.find((one: { readonly address: string }) => one.address === address);
    expect(ssh).toContain(`ec2-user@${/HostName (.*)/.exec(entry(bastion))?.[1]}'`);
  }
  expect(entry("bastion-2")).toContain(`HostName ${bastions[1].address}\n  User ec2-user\n`);
  expect(entry("*")).toContain(`IdentityFile "${join(on.path, "Buddy-Project.sandbox.pem")}"`);
});

test("a machine is named by its number or its id, and a command comes after --, in one piece", async () => {
  const on = folder({}, base);
  const line = "ssh bastion 2 --print --sandbox --sandbox-speed max --json -- ls -l --json";
  const { host, command, instance } = JSON.parse((await on.run(line)).stdout);
  expect({ host, command }).toEqual({
    host: "bastion-2",
    command: ["ssh", "-F", join(on.path, CONFIG), "bastion-2", "--", "ls -l --json"],
  });
  expect((await on.rehearse(`ssh bastion ${instance} --print`)).stdout).toContain(" bastion-2\n");
  expect(await on.rehearse("ssh web 3")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/there is no web 3: there is 1 \(i-\w+, ap-\S+\) and 2 \(i-/),
  });
  expect(await on.rehearse("ssh web ls")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('A command to run comes after "--"'),
  });
  expect(await on.run("plan --sandbox -- ls")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("plan runs no command"),
  });
  expect((await on.rehearse("ssh nat")).code).toBe(2);
});

test("--ssm: to a web instance by Session Manager, without a bastion; never to a bastion", async () => {
  const on = folder({}, base);
  const line = "--sandbox --sandbox-speed max";
  const { instance } = JSON.parse((await on.run(`ssh web 2 --ssm --print --json ${line}`)).stdout);
  const start = `aws ssm start-session --region ap-northeast-2 --target ${instance} --document-name AWS-StartSSHSession --parameters portNumber=22`;
  const entry = on
    .read(CONFIG)
    .split(/\n(?=Host )/)
    .find((one) => one.startsWith("Host web-2\n"));
  expect(entry).toContain(`  User ubuntu\n  HostKeyAlias ${instance}\n`);
  expect(entry?.split("\n").at(-1)).toBe(`  ProxyCommand ${start}`);
  expect(await on.run(`ssh bastion --ssm --print ${line}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Session Manager does not reach the bastions"),
  });
});

test("the sandbox says that it takes no ssh, and what can be done there", async () => {
  const on = folder({}, base);
  const { code, stderr } = await on.rehearse("ssh bastion");
  expect(code).toBe(1);
  expect(stderr).toContain("take no ssh");
  expect(stderr).toContain("buddyverse ssh --sandbox --print");
  expect(await on.rehearse("ssh --json")).toMatchObject({ code: 2 });
});

test("run: the words arrive, the output and the exit code are the command's, on one or on all", async () => {
  const on = folder({}, base);
  const line = "--sandbox --sandbox-speed max";
  const first = await on.run(`run ${line} -- echo {{x}} it's`);
  expect(first).toMatchObject({ code: 0, stdout: "{{x}} it's\n" });
  expect(first.stderr).toMatch(/^── web 1 of 2: i-\w+, in ap-northeast-2[ac]\n$/);
  expect(await on.run(`run --quiet ${line} -- false`)).toEqual({ code: 1, stdout: "", stderr: "" });
  const app = await on.run(`run --instance 2 ${line} -- python manage.py migrate --plan`);
  expect(app).toMatchObject({ code: 69, stdout: "" });
  expect(app.stderr).toMatch(/^── web 2 of 2: .*\nnot rehearsed: .*python manage\.py migrate --plan\n$/);

  const all = await on.run(`run --all --trace all.jsonl ${line} -- echo hi`);
  expect(all).toMatchObject({ code: 0, stdout: "hi\nhi\n" });
  expect(all.stderr).toMatch(/^── web 1 of 2: .*\n\n── web 2 of 2: .*\n$/);
  const sent = on.trace("all.jsonl").filter(({ operation }) => operation === "SendCommand");
  expect(sent.map(({ input }) => (input as { InstanceIds: string[] }).InstanceIds.length)).toEqual([1, 1]);
  const { exitCode, instances } = JSON.parse((await on.run(`run --all --json ${line} -- false`)).stdout);
  expect({ exitCode, instances }).toEqual({
    exitCode: 1,
    instances: Array(2).fill({
      instance: expect.stringMatching(/^i-/),
      exitCode: 1,
      output: "",
      errors: "",
      outputCut: false,
      errorsCut: false,
    }),
  });
});

test("run: on one that the load balancer calls healthy, unless another is named", async () => {
  const on = folder({}, base);
  const options = { sandbox: true, sandboxSpeed: "max", color: false, config: join(on.path, "buddyverse.config.json") };
  const session = await open(options, { command: "verify", writes: true, resolvesAddress: false });
  const { web } = await machinesOf(session.config, session.aws, session.stack.find);
  const machines = machinesBy(commandsOf(session.aws), session.clock, session.interrupted);
  const ids = web.map(({ id }) => id);
  await machines.run(ids, scriptFor("apache-stop", "a"));
  // The group has others in service by then, which the load balancer does not know as healthy yet.
  await session.clock.sleep(120_000);
  await session.close();
  const line = "--sandbox --sandbox-speed max";
  expect(await on.run(`run ${line} -- true`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("none of the 2 web instances is healthy"),
  });
  expect(await on.run(`run --instance 1 ${line} -- true`)).toMatchObject({ code: 0 });
  expect((await on.run(`run --all ${line} -- echo hi`)).stdout).toBe("hi\nhi\n");
});

test("run: what was cut, what took too long, what is not there and wrong usage are said", async () => {
  const on = folder({}, base);
  const line = "--sandbox --sandbox-speed max";
  const long = await on.run(`run ${line} -- echo ${"x".repeat(24_001)}`);
  expect({ code: long.code, characters: long.stdout.length }).toEqual({ code: 0, characters: 24_000 });
  expect(long.stderr).toContain("Note: there was more. Run Command keeps the first 24,000 characters");
  expect(await on.run(`run --timeout 90s ${line} -- sleep 89`)).toMatchObject({ code: 0 });
  expect(await on.run(`run --timeout 90s ${line} -- sleep 91`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/did not end within 90s on i-\w+, and Systems Manager has ended it/),
  });
  expect(await on.run(`run --instance 3 ${line} -- true`)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/there is no web instance 3: there is 1 \(i-\w+\) and 2 /),
  });
  expect(await folder().run(`run ${line} -- true`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no web instance of the stack buddyverse runs"),
  });
  for (const wrong of ["run", "run --all --instance 1 -- true", "run --timeout 49h -- true", "run --timeout 5 -- true"])
    expect({ wrong, code: (await on.run(wrong.replace("run", `run ${line}`))).code }).toEqual({ wrong, code: 2 });
});

test("tunnel --print: the command that leads to a database, and all that a client needs, but no password", async () => {
  const on = folder({ database: { replica: true } }, base);
  const { code, stdout, stderr } = await on.rehearse("tunnel database --print");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const endpoint = "database1\\.[\\w.-]+\\.rds\\.amazonaws\\.com:3306";
  expect(stdout).toMatch(
    new RegExp(
      `^ssh -F ${join(on.path, CONFIG)} -N -o ExitOnForwardFailure=yes -L 127.0.0.1:13306:${endpoint} bastion-1\n$`,
    ),
  );
  const replica = JSON.parse((await on.rehearse("tunnel database --replica --port 3307 --print --json")).stdout);
  const ca = join(on.path, "Buddy-Project.sandbox.buddyverse.rds-ca.pem");
  expect(replica).toMatchObject({
    host: "127.0.0.1",
    port: 3307,
    endpoint: expect.stringMatching(/^database1-replica\./),
    ca,
    mysql: `mysql --host=127.0.0.1 --port=3307 --user=admin -p --ssl-mode=VERIFY_CA --ssl-ca=${ca} django_db`,
    mariadb: `mariadb --host=127.0.0.1 --port=3307 --user=admin -p --ssl-ca=${ca} django_db`,
    password: expect.stringContaining("ssm get-parameter --with-decryption"),
  });
  const { commands } = JSON.parse((await on.rehearse("outputs --json")).stdout);
  expect(commands).toContain("buddyverse tunnel database --sandbox");
});

test("tunnel: what the sandbox cannot, a database that is not there, and wrong usage are said", async () => {
  const on = folder({}, base);
  expect(await on.rehearse("tunnel database")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /no MySQL server behind its endpoints(.*\n)+.*buddyverse tunnel database --sandbox --print/,
    ),
  });
  const single = folder({ database: { replica: false } });
  expect(await single.rehearse("tunnel database --replica")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("the config wants no read replica"),
  });
  expect(await single.rehearse("tunnel database")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("no primary database that can be reached"),
  });
  for (const wrong of ["tunnel", "tunnel redis", "tunnel database --port 65536"])
    expect({ wrong, code: (await on.rehearse(wrong)).code }).toEqual({ wrong, code: 2 });
});

test("without a key, without a stack: said, with what to do", async () => {
  const on = folder({}, base);
  rmSync(join(on.path, "Buddy-Project.sandbox.pem"));
  expect(await on.rehearse("ssh web")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/private key .*Buddy-Project.sandbox.pem is not there(.*\n)+.*copy it from there/),
  });
  // With a key of one's own, its private half or an agent.
  const own = folder({ bastion: { publicKeyFile: "Buddy-Project.sandbox.pem.pub" } }, base);
  expect((await own.rehearse("ssh --print")).code).toBe(0);
  expect(own.read(CONFIG)).toContain(`IdentityFile "${join(own.path, "Buddy-Project.sandbox.pem")}"`);
  rmSync(join(own.path, "Buddy-Project.sandbox.pem"));
  const line = "ssh --print --sandbox --sandbox-speed max";
  expect(await own.run(line, { SSH_AUTH_SOCK: "" })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("no ssh-agent is running"),
  });
  expect((await own.run(line, { SSH_AUTH_SOCK: "/tmp/agent" })).code).toBe(0);
  expect(own.read(CONFIG)).toContain(`IdentityFile "${join(own.path, "Buddy-Project.sandbox.pem.pub")}"`);

  const empty = folder();
  for (const what of ["bastion", "web"]) {
    const { code, stderr } = await empty.rehearse(`ssh ${what}`);
    expect({ what, code }, stderr).toEqual({ what, code: 1 });
    expect(stderr).toMatch(/no (bastion|web instance) of the stack buddyverse runs/);
  }
});

test("why a bastion does not answer: its group does not let this machine in", async () => {
  const whyNot = async ({ path }: Folder) => {
    const session = await open(
      { sandbox: true, sandboxSpeed: "max", color: false, config: join(path, "buddyverse.config.json") },
      { command: "ssh", writes: false, resolvesAddress: false },
    );
    const access = await sshAccess(session, "web", "1");
    await session.close();
    return access.whyNot();
  };
  expect(await whyNot(folder({}, base))).toBeUndefined();
  const moved = folder({ bastion: { allowedCidrs: ["198.51.100.0/24", "192.0.2.7/32"] } }, base);
  expect((await moved.rehearse("up --yes --quiet")).code).toBe(0);
  expect(await whyNot(moved)).toBe(
    "the bastions let in 198.51.100.0/24 and 192.0.2.7/32, and this machine's address is 203.0.113.10",
  );
});
