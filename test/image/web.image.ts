/** The web server from user data to answers: baked, booted, broken. docs/image.md says what is real here. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import type { Drill, DrillContext } from "../../src/verify/drills/drill.ts";
import { deadWeb } from "../../src/verify/drills/drills/dead-web.ts";
import { lostInstance } from "../../src/verify/drills/drills/lost-instance.ts";
import { scaleOut } from "../../src/verify/drills/drills/scale-out.ts";
import { type PasswordVerb, type ScriptName, scriptFor } from "../../src/verify/scripts.ts";
import { builderUserData, type ImageApp, scriptsArchive, webUserData } from "../../steps/scripts/user-data.ts";
import * as aws from "./aws.ts";
import { boot, type Disk, disk, inside, type Machine, place, ROOT, sh, until, WORK } from "./machine.ts";

const PATH = "/buddyverse/buddyverse/database/";
const PASSWORD = "correct-Horse9battery";
const FILE_SYSTEM = "fs-0123456789abcdef0";
const USER_DATA = webUserData({
  region: aws.REGION,
  stack: "buddyverse",
  fileSystemId: FILE_SYSTEM,
  parameterPath: PATH,
  database: "django_db",
  user: "admin",
});
// Attempts follow each other at once, so that a failure for good takes seconds and not minutes.
const IMPATIENT = { "/usr/local/bin/sleep": "#!/bin/bash\nexec /usr/bin/sleep 0.1\n" };
// This kernel may have no NFS: the mount's last step. It takes only what EFS and its documentation want.
const EFS = {
  "/usr/sbin/mount.nfs4": `#!/bin/bash
set -e
echo "$@" >>/var/log/mount.nfs4
[ "$1" = ${FILE_SYSTEM}.efs.${aws.REGION}.amazonaws.com:/ ] && [ "$2" = /mnt/efs ]
for wanted in vers=4.1 rsize=1048576 wsize=1048576 hard timeo=600 retrans=2 noresvport; do [[ ",$*," == *"$wanted"* ]]; done
exec mount --bind /srv/share /mnt/efs
`,
};

// On a root that has the packages there is nothing to fetch; so the lists of all that Ubuntu has are not fetched either.
const NO_MIRROR = { "/etc/apt/sources.list": "" };

const SCRIPTS = `scripts/${scriptsArchive().sha256}.tar.gz`;
const WEB: aws.Place = { namespace: "web", address: "10.0.0.9" };
let image: readonly string[];

/** Bakes on these layers until the builder has powered itself off. */
async function bake(
  place: aws.Place,
  name: string,
  app: ImageApp,
  layers: readonly string[],
  files: Readonly<Record<string, string>> = {},
  prepare: (root: string) => void = () => {},
  scriptsKey = SCRIPTS,
  trusting: (userData: string) => string = aws.trustingOurAgent,
) {
  const marker = `/buddyverse/buddyverse/image/${name}`;
  const userData = { region: aws.REGION, stack: "buddyverse", markerName: marker, bucket: aws.BUCKET, scriptsKey, app };
  aws.describeInstance(place, `i-0${name}`, trusting(builderUserData(userData)));
  const builder = disk(name, layers, { ...aws.surroundings(), ...files });
  prepare(builder.root);
  const machine = boot(builder, place.namespace);
  const log = join(builder.root, "var/log/buddyverse-setup.log");
  await machine.off(280).catch((error: Error) => {
    throw new Error(`${error.message}\n${existsSync(log) ? sh("tail", "-n", "40", log) : "no set-up log"}`);
  });
  return { builder, console: machine.console(), marker: aws.parameter(marker) };
}

/** Asks a web server, as the load balancer does. */
function ask(
  path: string,
  { place = WEB, agent = "ELB-HealthChecker/2.0" } = {},
): { readonly status: number; readonly body: string; readonly headers: string } {
  const [body, headers] = [join(WORK, `${place.namespace}.body`), join(WORK, `${place.namespace}.headers`)];
  writeFileSync(body, "");
  const url = `http://${place.address}${path}`;
  const status = inside(
    aws.AWS,
    "bash",
    "-c",
    `curl -s -m 10 -A '${agent}' -o ${body} -D ${headers} -w '%{http_code}' ${url} || true`,
  );
  return {
    status: Number(status),
    body: readFileSync(body, "utf8"),
    headers: status === "000" ? "" : readFileSync(headers, "utf8"),
  };
}

interface Health {
  readonly instance: { readonly id: string; readonly zone: string; readonly imageContent: string };
  readonly files: { readonly ok: boolean };
  readonly primary: Database;
  readonly replica: Database;
}
interface Database {
  readonly ok: boolean;
  readonly why?: string;
  readonly readOnly: boolean;
  readonly tls: string;
  readonly beat: { readonly writer: string; readonly at: string } | null;
}
/** Asks until the page says so: it keeps what it found for 5 s, in each of its two processes. */
const healthWith = (wanted: (found: Health) => unknown) => {
  let found: Health | undefined;
  return until(
    60,
    () => {
      found = JSON.parse(ask("/health.json").body) as Health;
      return wanted(found) ? found : undefined;
    },
    () => JSON.stringify(found, undefined, 1),
  );
};

function archive(name: string, files: Readonly<Record<string, string>>): { key: string } {
  const folder = join(WORK, `app-${name}`);
  mkdirSync(folder, { recursive: true });
  place(folder, files);
  sh("tar", "-czf", `${folder}.tar.gz`, "-C", folder, ".");
  const sha256 = createHash("sha256")
    .update(readFileSync(`${folder}.tar.gz`))
    .digest("hex");
  const key = `app/${sha256}.tar.gz`;
  aws.s3("PUT", key, `${folder}.tar.gz`);
  return { key };
}

/** Runs a script as the SSM agent does it: from a file, by sh, as root. Throws when it fails. */
function command({ root }: Disk, machine: Machine, script: string): string {
  place(root, { "/var/lib/amazon/ssm/_script.sh": script });
  return machine.run("sh", "-c", "cd / && exec sh /var/lib/amazon/ssm/_script.sh");
}

/** What a drill sends to the instance, as far as `injectedAt` wants to see it, and how it puts it right again. */
async function drilled(drill: Drill, injectedAt: () => unknown): Promise<void> {
  const run = async (_: readonly string[], script: string) => void command(web, machine, script);
  const instances = ["a", "b"].map((zone) => ({ id: "i-0a1b2c3d4e5f60718", zone, inService: true }));
  const before = { desired: 2, max: 4, instances };
  const nothing = () => {};
  const scene = {
    stack: { machines: { run, start: run }, group: async () => before, setDesired: async () => nothing() },
    before,
    until: async () => {
      await injectedAt();
      throw new Error("seen");
    },
    ...{ note: nothing, inject: nothing, detected: nothing, recovered: nothing },
  } as unknown as DrillContext;
  await expect(drill.run(scene)).rejects.toThrow("seen");
  await drill.putBack(scene);
}

beforeAll(async () => {
  await aws.startAws(PASSWORD);
  aws.plug(WEB.namespace, WEB.address);
  const scripts = join(WORK, "scripts.tar.gz");
  writeFileSync(scripts, scriptsArchive().bytes);
  aws.s3("PUT", SCRIPTS, scripts);
});

test("the builder installs, proves, cleans, marks, and powers off", async () => {
  const { builder, console, marker } = await bake(WEB, "aaaaaaaaaaaa", null, [ROOT], {
    "/usr/local/bin/apt-get": '#!/bin/sh\necho "$@" >>/var/log/apt-get\nexec /usr/bin/apt-get "$@"\n',
    "/var/lib/amazon/ssm/Vault/Store/EC2RegistrationKey": "the builder's own",
  });
  expect(console, console.slice(-6000)).toContain(
    "BUDDYVERSE-SETUP DONE: /buddyverse/buddyverse/image/aaaaaaaaaaaa says baked",
  );
  expect(console).toContain("BUDDYVERSE-SETUP / answers 200");
  expect(marker).toBe("baked");
  const changes = readFileSync(join(builder.root, "var/log/apt-get"), "utf8").match(/-y \S+/g);
  expect(changes).toEqual(["-y install", "-y dist-upgrade", "-y install", "-y install"]);
  const told = readFileSync(join(builder.root, "var/log/agent-told"), "utf8");
  expect(told).toContain("-a fetch-config -m ec2 -s -c file:/etc/buddyverse-logs.json");
  expect(existsSync(join(builder.root, "etc/buddyverse-logs.json"))).toBe(false);
  // What AWS would copy into the image: no identity, no secret, Apache waiting for the boot script.
  const units = join(builder.root, "etc/systemd/system/multi-user.target.wants");
  expect(existsSync(join(units, "apache2.service"))).toBe(false);
  expect(sh("readlink", join(units, "buddyverse-boot.service"))).toContain("buddyverse-boot.service");
  expect(readFileSync(join(builder.root, "etc/machine-id"), "utf8")).toBe("");
  expect(existsSync(join(builder.root, "var/lib/cloud/instance"))).toBe(false);
  expect(readdirSync(join(builder.root, "var/lib/amazon/ssm"))).toEqual([]);
  expect(existsSync(join(builder.root, "mnt/efs/static"))).toBe(false);
  image = builder.layers;
});

let web: Disk;
let machine: Machine;
const share = { "/srv/share": aws.SHARE };

test("a web instance mounts, fetches, and serves over Apache", async () => {
  aws.putParameter(`${PATH}password`, PASSWORD, "SecureString");
  aws.putParameter(`${PATH}primary`, aws.ENDPOINT.primary);
  aws.putParameter(`${PATH}replica`, aws.ENDPOINT.replica);
  aws.describeInstance(WEB, "i-0a1b2c3d4e5f60718", USER_DATA);
  web = disk("web", image, EFS);
  machine = boot(web, WEB.namespace, share);
  await machine.says("BUDDYVERSE-BOOT READY", 180);
  expect(ask("/")).toMatchObject({ status: 200, headers: expect.stringMatching(/Server: Apache\r/) });
  expect(await healthWith(({ replica }) => replica.beat)).toMatchObject({
    instance: { id: "i-0a1b2c3d4e5f60718", zone: "ap-northeast-2a", imageContent: "aaaaaaaaaaaa" },
    files: { ok: true },
    primary: {
      ok: true,
      readOnly: false,
      tls: expect.stringContaining("TLS"),
      beat: { writer: "i-0a1b2c3d4e5f60718" },
    },
    replica: { ok: true, readOnly: true, tls: expect.stringContaining("TLS"), beat: { writer: "i-0a1b2c3d4e5f60718" } },
  });
  await until(60, () => ask("/").body.includes(">everything answers<"));
  expect(ask("/").body + ask("/health.json").body + machine.console()).not.toContain(PASSWORD);
  const read = (file: string) => readFileSync(join(web.root, "var/log", file), "utf8");
  const { collect_list: sent } = JSON.parse(read("agent-config")).logs.logs_collected.files;
  expect(read("agent-told")).toMatch(/-a fetch-config .* file:\/etc\/buddyverse-logs\.json\n$/);
  expect(sent).toContainEqual({
    file_path: "/var/log/buddyverse/boot.log",
    log_group_name: "/buddyverse/buddyverse/boot",
    log_stream_name: "{instance_id}",
  });
  expect(read("buddyverse/boot.log")).toContain("BUDDYVERSE-BOOT READY: EFS is mounted, Apache serves\n");
  expect(read("apache2/access.log")).toContain('"GET /health.json HTTP/1.1" 200');
  for (const log of ["error.log", "app.log"]) expect(existsSync(join(web.root, "var/log/apache2", log))).toBe(true);
});

test("/static/ and /media/ come from the share", () => {
  expect(readFileSync(join(aws.SHARE, "static/buddyverse.txt"), "utf8")).toBe(ask("/static/buddyverse.txt").body);
  writeFileSync(join(aws.SHARE, "media/from-another-instance.html"), "<p>hello</p>");
  expect(ask("/media/from-another-instance.html")).toMatchObject({
    status: 200,
    body: "<p>hello</p>",
    headers: expect.stringContaining("Content-Security-Policy: sandbox"),
  });
  machine.run("runuser", "-u", "www-data", "--", "touch", "/mnt/efs/media/upload");
  expect(existsSync(join(aws.SHARE, "media/upload"))).toBe(true);
  // What the wall keeps out: lists of files, ways out of the share, writing.
  expect(ask("/media/").status).not.toBe(200);
  expect(ask("/media/%2e%2e/%2e%2e/etc/passwd").status).toBeGreaterThanOrEqual(400);
});

test("the row written on the primary reaches the replica by replication only", async () => {
  const at = (role: aws.Role) => aws.sql(role, "SELECT at FROM django_db.buddyverse_beat");
  aws.sql("replica", "STOP SLAVE");
  const stopped = at("replica");
  await until(60, () => ask("/").status === 200 && at("primary") > stopped);
  expect(at("replica")).toBe(stopped);
  aws.sql("replica", "START SLAVE");
  await until(60, () => at("replica") > stopped);
  const arrived = `${stopped.replace(" ", "T")}Z`;
  const { replica } = await healthWith(({ replica }) => (replica.beat?.at ?? "") > arrived);
  expect(replica.beat?.writer).toBe("i-0a1b2c3d4e5f60718");
});

test("what verify asks of an instance is answered, and nothing of it stays", async () => {
  const asked = (name: ScriptName, token = "Verify1") => command(web, machine, scriptFor(name, token));
  for (const _ of [1, 2, 3]) ask("/", { agent: "buddyverse-verify/Verify1a" });
  expect(asked("requests", "Verify1a")).toBe("3\n");
  expect(asked("requests", "Verify1b")).toBe("0\n");

  expect(asked("file-write")).toBe("");
  expect(asked("file-read")).toBe("buddyverse-verify Verify1\n");
  expect(ask("/media/buddyverse-verify-Verify1.txt").body).toBe("buddyverse-verify Verify1\n");
  expect(machine.run("systemctl", "list-timers", "--no-legend", "run-*.timer").trim().split("\n")).toHaveLength(1);
  expect(asked("file-remove")).toBe("");
  expect(() => asked("file-read")).toThrow(/No such file/);
  expect(readdirSync(join(aws.SHARE, "media")).filter((name) => name.includes("Verify1"))).toEqual([]);

  const tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'buddyverse\\_verify%'";
  expect(JSON.parse(asked("database"))).toEqual({ lagMs: expect.any(Number) });
  expect(JSON.parse(asked("database-text"))).toEqual({
    characterSet: "utf8mb4",
    collation: expect.stringMatching(/^utf8mb4_/),
  });
  expect(JSON.parse(asked("password", "check"))).toEqual({ outcome: "in-use" });
  aws.sql("replica", "STOP SLAVE");
  const late = scriptFor("database", "Verify2").replace("PATIENCE = 60", "PATIENCE = 1");
  expect(() => command(web, machine, late)).toThrow("the row was not on the replica within 1 s");
  aws.sql("replica", "START SLAVE");
  expect(aws.sql("primary", tables)).toBe("0");

  expect(asked("outbound-address")).toBe(WEB.address);
});

test("what the drills send stops and starts Apache, and loads and relieves the processors", async () => {
  await drilled(deadWeb, () => expect(ask("/").status).toBe(0));
  expect(ask("/").status).toBe(200);

  const workers = () => Number(machine.run("sh", "-c", "pgrep -c stress-ng || true"));
  await drilled(scaleOut, () => until(60, () => workers() > Number(machine.run("nproc"))));
  await until(60, () => workers() === 0);
});

test("a shut-down by a drill powers it off, and a start brings all of it again, without user data", async () => {
  await drilled(lostInstance, () => machine.off(60));
  machine = boot(web, WEB.namespace, share);
  await machine.says("BUDDYVERSE-BOOT READY", 180);
  expect(ask("/").status).toBe(200);
  await healthWith(({ primary, replica, files }) => primary.ok && replica.ok && files.ok);
  expect(sh("grep", "-c", "/mnt/efs", join(web.root, "etc/fstab")).trim()).toBe("1");
});

test("a wrong password is said, and / stays 200", async () => {
  aws.putParameter(`${PATH}password`, "wrong", "SecureString");
  machine.run("systemctl", "start", "buddyverse-database.service");
  await healthWith(({ primary }) => primary.why === "not reachable (MySQL error 1045)");
  expect(ask("/").status).toBe(200);
  await until(60, () => ask("/").body.includes("not everything answers"));
  aws.putParameter(`${PATH}password`, PASSWORD, "SecureString");
  machine.run("systemctl", "start", "buddyverse-database.service");
  await healthWith(({ primary, replica }) => primary.ok && replica.ok);
});

test("a second password is taken by both databases, fetched, and used; what MySQL quotes is not repeated", async () => {
  const said = (verb: PasswordVerb) => JSON.parse(command(web, machine, scriptFor("password", verb)));
  const next = "another0Horse0battery";
  aws.putParameter(`${PATH}password-next`, next, "SecureString");
  // MariaDB has two passwords of a user in words of its own, and not in MySQL's.
  expect(() => said("set")).toThrow("primary: MySQL error 1064");
  expect(() => said("set")).not.toThrow(/battery/);
  const way = (password: string) => `mysql_native_password USING PASSWORD('${password}')`;
  aws.sql("primary", `ALTER USER 'admin'@'%' IDENTIFIED VIA ${way(PASSWORD)} OR ${way(next)}`);
  expect(said("set")).toEqual({ outcome: "set" });
  expect(said("fetch")).toEqual({ outcome: "stale" });
  aws.putParameter(`${PATH}password`, next, "SecureString");
  expect(said("fetch")).toEqual({ outcome: "in-use" });
  aws.sql("primary", `ALTER USER 'admin'@'%' IDENTIFIED BY '${next}'`);
  await until(60, () => said("check").outcome === "in-use");
  await healthWith(({ primary, replica }) => primary.ok && replica.ok);

  aws.sql("primary", `ALTER USER 'admin'@'%' IDENTIFIED BY '${PASSWORD}'`);
  await until(60, () => said("check").outcome === "denied");
  aws.putParameter(`${PATH}password`, PASSWORD, "SecureString");
  machine.run("systemctl", "start", "buddyverse-database.service");
  await healthWith(({ primary, replica }) => primary.ok && replica.ok);
});

test("a database under a name that its certificate does not have gets no password", async () => {
  aws.putParameter(`${PATH}primary`, aws.ENDPOINT.stranger);
  machine.run("systemctl", "start", "buddyverse-database.service");
  await healthWith(
    ({ primary, replica }) => primary.why === "not reachable (its certificate is not for this name)" && replica.ok,
  );
  expect(ask("/").status).toBe(200);
  aws.putParameter(`${PATH}primary`, aws.ENDPOINT.primary);
  machine.run("systemctl", "start", "buddyverse-database.service");
  await healthWith(({ primary, replica }) => primary.ok && replica.ok);
});

test("without its share it answers 503, so that the load balancer leaves it", async () => {
  machine.run("systemctl", "stop", "mnt-efs.mount");
  await until(60, () => ask("/").status === 503);
  await machine.powerOff();
});

// From here on each has a machine of its own, and they run side by side.
test.concurrent("without EFS at boot there is no Apache", async () => {
  const at = aws.plug("lost", "10.0.0.10");
  aws.describeInstance(at, "i-0b1b2c3d4e5f60718", USER_DATA);
  const lost = boot(
    disk("lost", image, { ...IMPATIENT, "/usr/sbin/mount.nfs4": "#!/bin/bash\nexit 32\n" }),
    at.namespace,
    share,
  );
  await lost.says(`BUDDYVERSE-BOOT FAILED: ${FILE_SYSTEM} cannot be mounted at /mnt/efs`, 180);
  expect(ask("/", { place: at }).status).toBe(0);
  expect(() => lost.run("systemctl", "start", "apache2.service")).toThrow(/Assertion failed|assertion/);
  await lost.powerOff();
});

test.concurrent("a missing package leaves no mark", async () => {
  const at = aws.plug("missing", "10.0.0.11");
  const { console, marker } = await bake(at, "bbbbbbbbbbbb", null, image, { ...NO_MIRROR, ...IMPATIENT }, (root) =>
    sh("chroot", root, "dpkg", "--purge", "stress-ng"),
  );
  expect(console).toContain("E: Unable to locate package stress-ng");
  expect(console).toMatch(/BUDDYVERSE-SETUP FAILED at line \d+ of web-setup.sh: packages install/);
  expect(marker).toBeUndefined();
});

test.concurrent("a CloudWatch agent that AWS has not signed is not installed, and leaves no mark", async () => {
  const at = aws.plug("unsigned", "10.0.0.15");
  const { console, marker } = await bake(
    at,
    "ffffffffffff",
    null,
    image,
    NO_MIRROR,
    () => {},
    SCRIPTS,
    (userData) => userData,
  );
  expect(console).toMatch(
    /BUDDYVERSE-SETUP FAILED at line \d+ of web-setup.sh: https:\/\/amazoncloudwatch-agent\S+\.deb is not signed by 937616F3450B/,
  );
  expect(marker).toBeUndefined();
});

test.concurrent("scripts that are not those that were sent are not run", async () => {
  const other = join(WORK, "other.tar.gz");
  writeFileSync(other, "other");
  const key = `scripts/${"0".repeat(64)}.tar.gz`;
  aws.s3("PUT", key, other);
  const at = aws.plug("changed", "10.0.0.14");
  const { console, marker } = await bake(at, "eeeeeeeeeeee", null, image, NO_MIRROR, () => {}, key);
  const sha256 = createHash("sha256").update("other").digest("hex");
  expect(console).toMatch(
    new RegExp(
      `BUDDYVERSE-SETUP FAILED at line \\d+ of web-builder.sh: s3://${aws.BUCKET}/${key} is not what was sent \\(its SHA-256 is ${sha256}\\)`,
    ),
  );
  expect(marker).toBeUndefined();
});

test.concurrent("an application of one's own, from S3, is served", async () => {
  const app = archive("site", {
    "manage.py": "import pathlib; pathlib.Path('/mnt/efs/static/site.css').write_text('')",
    "site/__init__.py": "",
    // Not an entry: what a virtual environment in the repository brings.
    "venv/lib/python3/site-packages/django/wsgi.py": "",
    "site/wsgi.py": `def application(environ, start_response):
  start_response("200 OK", [("Content-Type", "text/plain")])
  return [b"my own site"]
`,
  });
  const at = aws.plug("site", "10.0.0.12");
  const { console, marker, builder } = await bake(at, "cccccccccccc", app, image, NO_MIRROR);
  expect(console, console.slice(-6000)).toContain("BUDDYVERSE-SETUP DONE");
  expect(marker).toBe("baked");
  aws.describeInstance(at, "i-0c1b2c3d4e5f60718", USER_DATA);
  const site = boot(disk("site", builder.layers, EFS), at.namespace, share);
  await site.says("BUDDYVERSE-BOOT READY", 180);
  expect(ask("/", { place: at })).toMatchObject({ status: 200, body: "my own site" });
  await site.powerOff();
});

test.concurrent("an application that does not start leaves no mark", async () => {
  const app = archive("broken", { "site/__init__.py": "", "site/wsgi.py": "import no_such_module\n" });
  const { console, marker } = await bake(aws.plug("broken", "10.0.0.13"), "dddddddddddd", app, image, NO_MIRROR);
  expect(console).toMatch(/BUDDYVERSE-SETUP FAILED at line \d+ of web-setup.sh: .*site\/wsgi.py/);
  expect(console).toContain("No module named 'no_such_module'");
  expect(marker).toBeUndefined();
});
