/** The scripts that run on the instances, run here: their folders moved into a temporary one, other programs played. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { createSecureContext, TLSSocket } from "node:tls";
import { beforeEach, describe, expect, test } from "vitest";
import { makeAuthority } from "../../src/sandbox/certificate-authority.ts";
import natRoute from "../../steps/scripts/nat-route.sh";
import webBoot from "../../steps/scripts/web-boot.sh";
import webMysql from "../../steps/scripts/web-mysql.conf";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";
import { programs, run } from "./run.ts";

const SCRIPTS = new URL("../../steps/scripts/", import.meta.url).pathname;
let root: string;
beforeEach(() => {
  root = temporaryFolder("instance");
});
const read = (name: string) => readFileSync(join(root, name), "utf8");

describe("nat-route.sh", needs("bash with timeout and awk"), () => {
  const route = (answer: string) =>
    run("bash", ["-s", "172.31.0.0/16"], {
      input: natRoute,
      env: {
        PATH: programs(join(root, "bin"), {
          ip: `echo '${answer}'`,
          nft: `if [ "$1" = -f ]; then cat >${root}/rules; else cat ${root}/rules; fi`,
          sysctl: `[ "$1" = -n ] && echo 1; echo "$*" >>${root}/sysctl`,
          sleep: "",
        }),
      },
    });

  test("masquerades through the interface that the routing table names", async () => {
    const { code, out } = await route("default via 172.31.10.1 dev enX0 proto dhcp src 172.31.10.9 metric 512");
    expect({ code, out }).toEqual({
      code: 0,
      out: "BUDDYVERSE-NAT READY: 172.31.0.0/16 is masqueraded through enX0\n",
    });
    expect(read("rules")).toContain('oifname "enX0" ip saddr 172.31.0.0/16 ip daddr != 172.31.0.0/16 masquerade');
    expect(read("sysctl")).toContain("net.ipv4.ip_forward=1");
    // The kernel sends redirects when either of the two is on.
    expect(read("sysctl")).toContain("net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.enX0.send_redirects=0");
  });

  test("fails with a clear line when there is no default route", async () => {
    const { code, out } = await route("");
    expect({ code, out }).toEqual({ code: 1, out: "BUDDYVERSE-NAT no default route after 60 s\n" });
    expect(existsSync(join(root, "rules"))).toBe(false);
  });
});

describe("web-boot.sh", needs("bash with timeout and awk"), () => {
  const boot = (played: Readonly<Record<string, string>> = {}) => {
    for (const folder of ["etc", "run"]) mkdirSync(join(root, folder), { recursive: true });
    if (!existsSync(join(root, "etc/fstab")))
      writeFileSync(join(root, "etc/fstab"), "LABEL=cloudimg-rootfs / ext4 defaults 0 1\n");
    const done = (name: string) => `echo "${name} $*" >>${root}/done`;
    const PATH = programs(join(root, "bin"), {
      mountpoint: `[ -e ${root}/mounted ]`,
      mount: `${done("mount")}; touch ${root}/mounted`,
      install: 'for folder; do :; done; mkdir -p "$folder"',
      flock: 'shift 3; exec "$@"',
      "amazon-cloudwatch-agent-ctl": "",
      "buddyverse-aws": `${done("aws")}; mkdir -p ${root}/run/buddyverse`,
      "buddyverse-site": done("site"),
      "buddyverse-release": done("release"),
      hostname: "echo 172.31.1.5 fe80::1",
      curl: `${done("curl")}; echo 200`,
      systemctl: done("systemctl"),
      sleep: "",
      ...played,
    });
    const input = webBoot
      .replaceAll("/usr/local/sbin/buddyverse-", `${root}/bin/buddyverse-`)
      .replaceAll("/opt/aws/amazon-cloudwatch-agent/bin/", `${root}/bin/`)
      .replaceAll("/etc/fstab", `${root}/etc/fstab`)
      .replaceAll("/run/buddyverse", `${root}/run/buddyverse`)
      .replaceAll("/mnt/efs", `${root}/efs`)
      .replaceAll("/etc/buddyverse/", `${root}/etc/`);
    writeFileSync(join(root, "etc/release.json"), JSON.stringify({ healthCheckPath: "/health/" }));
    return run("bash", ["-s"], {
      input,
      env: {
        PATH,
        BUDDYVERSE_REGION: "ap-northeast-2",
        BUDDYVERSE_DNS_SUFFIX: "amazonaws.com",
        BUDDYVERSE_FILE_SYSTEM: "fs-0123456789abcdef0",
        BUDDYVERSE_PARAMETER_PATH: "/buddyverse/buddyverse/database/",
      },
    });
  };

  test("mounts, fetches, shares, releases, and starts Apache after all that", async () => {
    expect(await boot()).toEqual({
      code: 0,
      out: "BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves\nBUDDYVERSE-BOOT the application answers 200 for /health/\n",
    });
    expect(read("done").trim().split("\n")).toEqual([
      "systemctl daemon-reload",
      `mount ${root}/efs`,
      "aws instance",
      "aws settings",
      "site serve",
      "site share",
      "release ",
      "systemctl start apache2.service",
      "systemctl start buddyverse-database.timer",
      "curl -s -o /dev/null -m 10 -w %{http_code} -A ELB-HealthChecker/2.0 http://172.31.1.5/health/",
    ]);
    expect(existsSync(join(root, "run/buddyverse/ready"))).toBe(true);
  });

  test("tells why it does not come up, also when it serves and the load balancer will not like the answer", async () => {
    const ends = async (played: Readonly<Record<string, string>>) => {
      const { code, out } = await boot(played);
      return { code, last: out.trim().split("\n").at(-1), told: read("done").match(/^release \S.*/gm) };
    };
    const answer = "the application answers 500 for /health/, and 200 is what the load balancer wants";
    expect(await ends({ curl: "echo 500" })).toEqual({
      code: 1,
      last: `BUDDYVERSE-BOOT FAILED: ${answer}`,
      told: [`release ${answer}`],
    });
    expect(read("done")).toContain("systemctl start apache2.service");
    expect(await ends({ curl: "printf 000; exit 7" })).toMatchObject({ last: expect.stringContaining("answers 000") });
    expect(await ends({ "buddyverse-site": "exit 1" })).toMatchObject({
      last: "BUDDYVERSE-BOOT FAILED: the application does not start",
      told: expect.arrayContaining(["release the application does not start"]),
    });
  });

  test("writes the spec's mount into fstab once, whatever stood there, at each boot", async () => {
    await boot();
    writeFileSync(
      join(root, "etc/fstab"),
      `${read("etc/fstab").replace("fs-0123456789abcdef0", "fs-00000000000000000")}`,
    );
    expect((await boot()).code).toBe(0);
    expect((await boot()).code).toBe(0);
    expect(read("etc/fstab")).toBe(
      "LABEL=cloudimg-rootfs / ext4 defaults 0 1\n" +
        `fs-0123456789abcdef0.efs.ap-northeast-2.amazonaws.com:/ ${root}/efs nfs4 ` +
        "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport,_netdev 0 0\n",
    );
  });

  describe("a file system that AWS Backup has made", () => {
    const from = "aws-backup-restore_2026-11-23T09-21-16-832Z";
    const lay = () => {
      for (const [path, text] of [
        ["media/photo.txt", "a photo"],
        ["static/page.css", "css"],
        ["media/.hidden", "hidden"],
        [".before-restore-1/old.txt", "aside"],
        ["aws-backup-restore_2020-01-01T00-00-00-000Z/old.txt", "another"],
        ["notes $(x) 'y'.txt", "odd"],
        [".buddyverse-restore", ""],
      ] as const) {
        mkdirSync(dirname(join(root, "efs", from, path)), { recursive: true });
        writeFileSync(join(root, "efs", from, path), text);
      }
    };
    // Without the lock, which stays, and what is known of releases.
    const atRoot = () =>
      readdirSync(join(root, "efs"))
        .filter((name) => name !== ".buddyverse-restore" && name !== ".buddyverse")
        .sort();
    const WHOLE = [
      ".before-restore-1",
      "aws-backup-restore_2020-01-01T00-00-00-000Z",
      "media",
      "notes $(x) 'y'.txt",
      "static",
    ];

    test("has its files at the root before Apache starts, and only once", async () => {
      lay();
      for (const _ of [1, 2]) {
        expect((await boot()).code).toBe(0);
        expect(atRoot()).toEqual(WHOLE);
        expect([read("efs/media/photo.txt"), read("efs/media/.hidden"), read("efs/static/page.css")]).toEqual([
          "a photo",
          "hidden",
          "css",
        ]);
      }
      // What is restored beside running files stays there.
      mkdirSync(join(root, "efs", from));
      expect((await boot()).code).toBe(0);
      expect(atRoot()).toContain(from);
    });

    test("an instance that dies at it serves nothing; the next one goes on with that", async () => {
      // The mark, then each of five entries, is one rename.
      for (let renames = 0; renames < 6; renames++) {
        for (const one of ["efs", "run", "renames"]) rmSync(join(root, one), { recursive: true, force: true });
        lay();
        const one = `[ "$(cat ${root}/renames 2>/dev/null | wc -l)" -lt ${renames} ] || exit 1; echo >>${root}/renames`;
        const mv = `case $1 in -T) ${one}; exec /bin/mv "$@" ;; esac; shift 2; for each; do ${one}; /bin/mv -t . "$each"; done`;
        expect((await boot({ mv })).code, String(renames)).toBe(1);
        expect(existsSync(join(root, "run/buddyverse/ready")), String(renames)).toBe(false);
        expect((await boot({ mv: 'exec /bin/mv "$@"' })).code, String(renames)).toBe(0);
        expect(atRoot(), String(renames)).toEqual(WHOLE);
        expect(read("efs/media/photo.txt"), String(renames)).toBe("a photo");
      }
    });
  });

  test("tries a mount again while the name does not resolve", async () => {
    const mount = `echo x >>${root}/tries; [ $(wc -l <${root}/tries) -ge 9 ] && touch ${root}/mounted`;
    expect((await boot({ mount })).code).toBe(0);
    expect(read("tries").length).toBe(18);
  });

  test.each([
    ["EFS cannot be mounted", { mount: "exit 32" }, "fs-0123456789abcdef0 cannot be mounted at"],
    [
      "there are no settings",
      { "buddyverse-aws": '[ "$1" = instance ]' },
      "no settings under /buddyverse/buddyverse/database/",
    ],
    ["the application does not start", { "buddyverse-site": '[ "$1" != serve ]' }, "the application does not start"],
    ["its files cannot be shared", { "buddyverse-site": '[ "$1" != share ]' }, "static files and uploads"],
    ["the release command fails", { "buddyverse-release": "exit 1" }, "the release command"],
  ])("does not start Apache when %s", async (_name, played, line) => {
    const { code, out } = await boot(played);
    expect(code).toBe(1);
    expect(out).toContain(`BUDDYVERSE-BOOT FAILED: ${line}`);
    expect(read("done")).not.toContain("apache2");
  });
});

describe("web-aws.py", needs("python3"), () => {
  const ask = async (verb: string, env: Readonly<Record<string, string>> = {}, parameters: object = {}) => {
    // A boto3 that reads its parameters from a file; the machine may have neither the real one nor www-data.
    mkdirSync(join(root, "python/botocore"), { recursive: true });
    writeFileSync(join(root, "python/botocore/__init__.py"), "");
    writeFileSync(join(root, "python/botocore/config.py"), "def Config(**options): return None\n");
    writeFileSync(
      join(root, "python/botocore/exceptions.py"),
      "class BotoCoreError(Exception): pass\nclass ClientError(Exception): pass\n",
    );
    writeFileSync(
      join(root, "python/boto3.py"),
      `import grp, json, os, types
grp.getgrnam = lambda name: {"www-data": types.SimpleNamespace(gr_gid=os.getgid())}[name]
class Client:
  def get_parameters(self, Names, WithDecryption):
    assert WithDecryption
    assert len(Names) <= 10
    have = json.load(open("${root}/parameters"))
    return {"Parameters": [{"Name": n, "Value": have[n]} for n in reversed(Names) if n in have]}
  def put_parameter(self, **call): json.dump(call, open("${root}/put", "w"))
def client(service, region_name, config=None):
  assert (service, region_name) == ("ssm", "ap-northeast-2")
  return Client()
`,
    );
    writeFileSync(join(root, "parameters"), JSON.stringify(parameters));
    return run("python3", [join(SCRIPTS, "web-aws.py"), ...verb.split(" ")], {
      env: {
        PATH: programs(join(root, "bin"), {
          systemctl: `[ ! -e ${root}/broken ] || exit 1; echo "$*" >>${root}/systemctl; echo "$BUDDYVERSE_RUN begins" >>${root}/turns`,
        }),
        BUDDYVERSE_LOCK: join(root, "lock"),
        PYTHONPATH: join(root, "python"),
        BUDDYVERSE_RUN: join(root, "run"),
        BUDDYVERSE_REGION: "ap-northeast-2",
        BUDDYVERSE_DNS_SUFFIX: "amazonaws.com",
        BUDDYVERSE_FILE_SYSTEM: "fs-0123456789abcdef0",
        BUDDYVERSE_PARAMETER_PATH: "/b/db/",
        BUDDYVERSE_DATABASE: "django_db",
        BUDDYVERSE_USER: "admin",
        BUDDYVERSE_STACK: "b",
        BUDDYVERSE_RELEASE_FILE: join(root, "release.json"),
        BUDDYVERSE_ENTRY_FILE: join(root, "entry.json"),
        ...env,
      },
    });
  };
  const early = { "/b/db/password": "p4ss", "/b/db/primary": "database1.example.com:3306" };
  const late = { ...early, "/b/db/replica": "database1-replica.example.com:3307" };

  test("writes the database settings for root and Apache only, and has Apache read them when they change", async () => {
    expect(await ask("settings", {}, early)).toEqual({ code: 0, out: "" });
    expect(JSON.parse(read("run/database.json"))).toEqual({
      name: "django_db",
      user: "admin",
      password: "p4ss",
      primary: { host: "database1.example.com", port: 3306 },
      replica: null,
      ca: "/etc/buddyverse/database-ca.pem",
      secretKey: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(statSync(join(root, "run/database.json")).mode & 0o777).toBe(0o640);
    await ask("settings", {}, late);
    expect(JSON.parse(read("run/database.json")).replica).toEqual({
      host: "database1-replica.example.com",
      port: 3307,
    });
    await ask("settings", {}, late);
    // Apache does not run before everything is there.
    expect(existsSync(join(root, "systemctl"))).toBe(false);
    writeFileSync(join(root, "run/ready"), "");
    await ask("settings", {}, late);
    expect(existsSync(join(root, "systemctl"))).toBe(false);
    await ask("settings", {}, early);
    expect(read("systemctl")).toBe("try-reload-or-restart apache2.service\n");
  });

  test("a reload that fails is made up for by the next run, though nothing has changed since", async () => {
    await ask("settings", {}, early);
    writeFileSync(join(root, "run/ready"), "");
    writeFileSync(join(root, "broken"), "");
    expect((await ask("settings", {}, late)).code).toBe(1);
    rmSync(join(root, "broken"));
    expect((await ask("settings", {}, late)).code).toBe(0);
    expect(read("systemctl")).toBe("try-reload-or-restart apache2.service\n");
    await ask("settings", {}, late);
    expect(read("systemctl")).toBe("try-reload-or-restart apache2.service\n");
  });

  test("a change is taken by one instance after the other: each waits until the application of the one before answers", async () => {
    const instances = ["one", "two"].map((name) => ({ BUDDYVERSE_RUN: join(root, name) }));
    // Apache has a request wait until the application is there.
    const apache = createHttpServer((_request, answer) => {
      appendFileSync(join(root, "turns"), "answers\n");
      answer.writeHead(500).end();
    });
    await new Promise<void>((resolve) => apache.listen(0, "127.0.0.1", resolve));
    const BUDDYVERSE_APACHE = `http://127.0.0.1:${(apache.address() as AddressInfo).port}/`;
    const all = (parameters: object) =>
      Promise.all(instances.map((env) => ask("settings", { ...env, BUDDYVERSE_APACHE }, parameters)));
    await all(early);
    for (const { BUDDYVERSE_RUN } of instances) writeFileSync(join(BUDDYVERSE_RUN, "ready"), "");
    for (const { code, out } of await all(late)) expect({ code, out }).toEqual({ code: 0, out: "" });
    apache.close();
    const turns = read("turns").trim().split("\n");
    expect(turns.filter((_turn, index) => index % 2 === 0).sort()).toEqual(
      instances.map(({ BUDDYVERSE_RUN }) => `${BUDDYVERSE_RUN} begins`).sort(),
    );
    expect(turns.filter((_turn, index) => index % 2 === 1)).toEqual(["answers", "answers"]);
  });

  test("where the lock cannot be had, as on shared files that do not answer, nobody waits for it", async () => {
    await ask("settings", {}, early);
    writeFileSync(join(root, "run/ready"), "");
    expect(await ask("settings", { BUDDYVERSE_LOCK: join(root, "none/lock") }, late)).toMatchObject({ code: 0 });
    expect(read("systemctl")).toBe("try-reload-or-restart apache2.service\n");
  });

  test("an application's key is of its own, and does not change with the password", async () => {
    const keyWith = async (parameters: object) => {
      expect(await ask("settings", {}, parameters)).toEqual({ code: 0, out: "" });
      return JSON.parse(read("run/database.json")).secretKey;
    };
    const key = { "/b/db/secret-key": "s1gn" };
    expect(await keyWith({ ...early, ...key })).toBe("s1gn");
    expect(await keyWith({ ...early, ...key, "/b/db/password": "another" })).toBe("s1gn");
    // Without it, all instances work out the same one.
    expect(await keyWith(early)).toMatch(/^[0-9a-f]{64}$/);
  });

  const environment = () => JSON.parse(read("run/app.env.json"));
  const given = (release: object) => writeFileSync(join(root, "release.json"), JSON.stringify(release));

  test("gives the application its environment: the stack's, then the config's, then the secrets", async () => {
    given({
      env: { GREETING: "hello", SECRET_KEY: "the config's", DEBUG: "0" },
      secrets: ["DEBUG", "PARTNER_KEY"],
      releaseId: "0123456789ab",
      siteNames: ["buddyverse.link", "www.buddyverse.link"],
      https: true,
    });
    writeFileSync(
      join(root, "entry.json"),
      JSON.stringify({ settings: "config.settings", databaseOptions: "read_default_file=/a&ssl_mode=b" }),
    );
    const password = { "/b/db/password": "p@ss/w:rd?" };
    const secrets = { "/buddyverse/b/app/DEBUG": "secret", "/buddyverse/b/app/PARTNER_KEY": "hush" };
    expect(await ask("settings", {}, { ...late, ...password, ...secrets })).toEqual({ code: 0, out: "" });
    const login = "mysql://admin:p%40ss%2Fw%3Ard%3F";
    expect(environment()).toEqual({
      PATH: "/srv/buddyverse/venv/bin:/usr/local/bin:/usr/bin:/bin",
      VIRTUAL_ENV: "/srv/buddyverse/venv",
      HOME: "/srv/buddyverse/home",
      LANG: "C.UTF-8",
      DATABASE_URL: `${login}@database1.example.com:3306/django_db?read_default_file=/a&ssl_mode=b`,
      DATABASE_REPLICA_URL: `${login}@database1-replica.example.com:3307/django_db?read_default_file=/a&ssl_mode=b`,
      SECRET_KEY: "the config's",
      DJANGO_SECRET_KEY: JSON.parse(read("run/database.json")).secretKey,
      ALLOWED_HOSTS: "buddyverse.link,www.buddyverse.link",
      STATIC_ROOT: "/srv/buddyverse/static",
      MEDIA_ROOT: "/mnt/efs/media",
      DJANGO_SETTINGS_MODULE: "config.settings",
      BUDDYVERSE_SITE: "https://buddyverse.link",
      BUDDYVERSE_RELEASE: "0123456789ab",
      BUDDYVERSE_REGION: "ap-northeast-2",
      BUDDYVERSE_STACK: "b",
      BUDDYVERSE_FILE_SYSTEM: "fs-0123456789abcdef0",
      GREETING: "hello",
      DEBUG: "secret",
      PARTNER_KEY: "hush",
    });
    expect(statSync(join(root, "run/app.env.json")).mode & 0o777).toBe(0o640);
  });

  test("reads from the primary while there is no replica", async () => {
    await ask("settings", {}, early);
    const { DATABASE_URL, DATABASE_REPLICA_URL } = environment();
    expect(DATABASE_REPLICA_URL).toBe(DATABASE_URL);
  });

  test("takes more secrets than Parameter Store gives at a time, and names those without a value", async () => {
    const secrets = Array.from({ length: 23 }, (_, index) => `KEY_${index}`);
    given({ env: {}, secrets, siteNames: ["a.example"] });
    const values = Object.fromEntries(secrets.map((name) => [`/buddyverse/b/app/${name}`, `of ${name}`]));
    await ask("settings", {}, { ...early, ...values });
    expect(environment()).toMatchObject({ KEY_0: "of KEY_0", KEY_22: "of KEY_22" });
    const { "/buddyverse/b/app/KEY_7": _, ...others } = values;
    expect(await ask("settings", {}, { ...early, ...others })).toEqual({
      code: 1,
      out: "BUDDYVERSE-BOOT not in SSM yet: /buddyverse/b/app/KEY_7\n",
    });
    expect(environment()).toMatchObject({ KEY_7: "of KEY_7" });
  });

  test("on the builder a stand-in of each is there, and no database", async () => {
    given({ env: { GREETING: "hello" }, secrets: ["PARTNER_KEY"], siteNames: ["a.example"] });
    expect(await ask("stand-in")).toEqual({ code: 0, out: "" });
    expect(environment()).toMatchObject({
      DATABASE_URL: expect.stringMatching(/^mysql:\/\/admin:bake@127\.0\.0\.1:9\//),
      PARTNER_KEY: "bake",
      GREETING: "hello",
    });
  });

  test("keeps what it has, and names what is missing, when a parameter is gone", async () => {
    await ask("settings", {}, early);
    const before = read("run/database.json");
    const { code, out } = await ask("settings", {}, { "/b/db/password": "p4ss" });
    expect({ code, out }).toEqual({ code: 1, out: "BUDDYVERSE-BOOT not in SSM yet: /b/db/primary\n" });
    expect(read("run/database.json")).toBe(before);
  });

  test("writes the mark as a String that may be there already", async () => {
    expect(await ask("baked ap-northeast-2 /b/image/0123")).toEqual({ code: 0, out: "" });
    expect(JSON.parse(read("put"))).toEqual({ Name: "/b/image/0123", Value: "baked", Type: "String", Overwrite: true });
  });

  test("asks the metadata service with a token (IMDSv2)", async () => {
    const metadata: Readonly<Record<string, string>> = {
      "instance-id": "i-0a",
      "placement/availability-zone": "ap-northeast-2a",
      "instance-type": "t3.micro",
      "ami-id": "ami-0b",
    };
    const service = createHttpServer((request, response) => {
      if (request.method === "PUT" && request.headers["x-aws-ec2-metadata-token-ttl-seconds"])
        return response.end("token");
      if (request.headers["x-aws-ec2-metadata-token"] !== "token") return response.writeHead(401).end();
      const value = metadata[(request.url ?? "").replace("/latest/meta-data/", "")];
      return value ? response.end(value) : response.writeHead(404).end();
    });
    await new Promise<void>((ready) => service.listen(0, "127.0.0.1", ready));
    const { port } = service.address() as AddressInfo;
    expect(await ask("instance", { BUDDYVERSE_IMDS: `http://127.0.0.1:${port}` })).toEqual({ code: 0, out: "" });
    service.close();
    expect(JSON.parse(read("run/instance.json"))).toEqual({
      id: "i-0a",
      zone: "ap-northeast-2a",
      type: "t3.micro",
      image: "ami-0b",
      templateVersion: null,
      fileSystem: "fs-0123456789abcdef0",
    });
  });
});

const authority = makeAuthority(Date.now(), Date.now() + 86_400_000);

/**
 * A database that has a certificate for this name, and hangs up on whom it convinced. Tells its port, and how many gave it what
 * is said only after that.
 */
async function mysqlServer(name: string) {
  const { cert, key } = await (await authority).issue([name], Date.now(), Date.now() + 86_400_000);
  const capabilities = 0x1 | 0x200 | 0x800 | 0x8000 | 0x80000;
  const greeting = Buffer.concat([
    Buffer.from("\n8.4.8\0", "latin1"),
    Buffer.from([1, 0, 0, 0, ...Buffer.from("12345678"), 0]),
    Buffer.from([capabilities & 0xff, (capabilities >> 8) & 0xff, 45, 2, 0, (capabilities >> 16) & 0xff, 0, 21]),
    Buffer.alloc(10),
    Buffer.from("123456789012\0caching_sha2_password\0", "latin1"),
  ]);
  const told = { logins: 0, port: 0, close: () => {} };
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.write(Buffer.concat([Buffer.from([greeting.length, 0, 0, 0]), greeting]));
    socket.once("data", () => {
      const secured = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert, key }) });
      secured.on("error", () => {});
      secured.once("data", () => {
        told.logins += 1;
        secured.destroy();
      });
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return Object.assign(told, { port: (server.address() as AddressInfo).port, close: () => server.close() });
}

describe("the built-in page", needs("the system's python3 with Django and PyMySQL"), () => {
  /** Asks the page in a Python process of its own, with these files in /run/buddyverse. */
  const visit = async (files: Readonly<Record<string, object>>, method = "get", address = "/") => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), JSON.stringify(content));
    writeFileSync(join(root, "ca.pem"), (await authority).certificate);
    writeFileSync(join(root, "mysql.cnf"), webMysql.replace("/etc/buddyverse/database-ca.pem", join(root, "ca.pem")));
    const ended = await run(
      "/usr/bin/python3",
      [
        "-c",
        `
import json, sys, time
import buddyverse_page
from django.test import Client
began = time.monotonic()
answer = getattr(Client(HTTP_HOST="172.31.11.5"), "${method}")("${address}")
print(json.dumps({"status": answer.status_code, "seconds": time.monotonic() - began, "text": answer.content.decode()}))
`,
      ],
      {
        env: {
          PYTHONPATH: join(SCRIPTS, "page"),
          PYTHONDONTWRITEBYTECODE: "1",
          BUDDYVERSE_RUN: root,
          BUDDYVERSE_EFS: join(root, "efs"),
          BUDDYVERSE_MYSQL_CNF: join(root, "mysql.cnf"),
        },
      },
    );
    expect(ended.code, ended.out).toBe(0);
    return JSON.parse(ended.out.trim().split("\n").at(-1) ?? "") as { status: number; seconds: number; text: string };
  };

  test("answers 200 to any host before anything is set up, as on the builder", async () => {
    const { status, text } = await visit({});
    expect(status).toBe(200);
    expect(text).toContain("not set up yet");
  });

  test("answers 200 within 4 s and without the password when a database says nothing", async () => {
    const silent = createServer(() => {});
    await new Promise<void>((ready) => silent.listen(0, "127.0.0.1", ready));
    const endpoint = { host: "127.0.0.1", port: (silent.address() as AddressInfo).port };
    const database = {
      name: "django_db",
      user: "admin",
      password: "p4ss-w0rd",
      primary: endpoint,
      replica: { ...endpoint, port: 9 },
    };
    const page = await visit({ "database.json": database });
    const health = await visit({}, "get", "/health.json");
    silent.close();
    for (const { status, seconds, text } of [page, health]) {
      expect(status).toBe(200);
      expect(seconds).toBeLessThan(4);
      expect(text).toMatch(/not reachable|no answer/);
      expect(text).not.toContain("p4ss-w0rd");
    }
    expect(JSON.parse(health.text)).toMatchObject({ primary: { ok: false }, replica: { ok: false } });
  });

  test("gives the password only to a server whose certificate is for the database's name", {
    timeout: 60_000,
  }, async () => {
    const ask = async (name: string) => {
      const server = await mysqlServer(name);
      const primary = { host: "localhost", port: server.port };
      const database = { name: "django_db", user: "admin", password: "p4ss-w0rd", primary, replica: null };
      let why = "no answer";
      // On a busy machine it may not have looked within its 2 s.
      while (why.startsWith("no answer")) {
        const { text } = await visit({ "database.json": database }, "get", "/health.json");
        why = JSON.parse(text).primary.why;
      }
      server.close();
      return [why, server.logins > 0];
    };
    expect(await ask("database1.example.com")).toEqual(["not reachable (its certificate is not for this name)", false]);
    expect(await ask("localhost")).toEqual(["not reachable (MySQL error 2013)", true]);
  });

  test("answers 503 when this instance should have a file system and does not", async () => {
    const { status, text } = await visit({ "instance.json": { id: "i-0a", fileSystem: "fs-0123456789abcdef0" } });
    expect(status).toBe(503);
    expect(text).toContain("not mounted");
  });

  test("takes nothing from a visitor", async () => {
    for (const method of ["post", "put", "delete"]) expect((await visit({}, method)).status).toBe(405);
  });
});
