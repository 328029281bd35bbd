/**
 * The web server from user data to answers: baked, booted, broken. docs/internals/image.md says what is real here. The later releases of the
 * Django project are not baked: they boot the first one's disk with the files on it that their bake would have put there, as a bake
 * takes longer than all else here. So what a second bake does (new requirements, static files) is the first one's to show.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { type Config, configSchema } from "../../src/config/schema.ts";
import type { Drill, DrillContext } from "../../src/verify/drills/drill.ts";
import { deadWeb } from "../../src/verify/drills/drills/dead-web.ts";
import { lostInstance } from "../../src/verify/drills/drills/lost-instance.ts";
import { scaleOut } from "../../src/verify/drills/drills/scale-out.ts";
import { type PasswordVerb, type ScriptName, scriptFor } from "../../src/verify/scripts.ts";

import { appSettings, type ReleaseSettings, releaseSettings } from "../../steps/scripts/app-settings.ts";

import { builderUserData, type ImageApp, scriptsArchive, webUserData } from "../../steps/scripts/user-data.ts";

import * as aws from "./aws.ts";
import { boot, type Disk, disk, inside, type Machine, place, ROOT, sh, until, WORK } from "./machine.ts";

const PATH = "/buddyverse/buddyverse/database/";
const PASSWORD = "correct-Horse9battery";
const FILE_SYSTEM = "fs-0123456789abcdef0";
const CONFIG = configSchema.parse({});
const SITE = "buddyverse.link";
/** How the instances of a release run; the load balancer is in their network. */
const releaseOf = (config: Config, imageHash: string): ReleaseSettings => ({
  ...releaseSettings(config, undefined, { imageHash, siteNames: [SITE] }),
  vpcCidr: "10.0.0.0/24",
});
const RELEASE = releaseOf(CONFIG, "aaaaaaaaaaaa");
const userData = (release: ReleaseSettings) =>
  webUserData({
    region: aws.REGION,
    stack: "buddyverse",
    fileSystemId: FILE_SYSTEM,
    parameterPath: PATH,
    database: "django_db",
    user: "admin",
    release,
  });
const USER_DATA = userData(RELEASE);
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
  {
    prepare = () => {},
    release = RELEASE,
    scriptsKey = SCRIPTS,
    trusting = aws.trustingOurAgent,
  }: {
    prepare?: (root: string) => void;
    release?: ReleaseSettings;
    scriptsKey?: string;
    trusting?: (userData: string) => string;
  } = {},
) {
  const marker = `/buddyverse/buddyverse/image/${name}`;
  const userData = builderUserData({
    region: aws.REGION,
    stack: "buddyverse",
    markerName: marker,
    bucket: aws.BUCKET,
    scriptsKey,
    app,
    settings: appSettings(CONFIG, undefined),
    release,
  });
  aws.describeInstance(place, `i-0${name}`, trusting(userData));
  const builder = disk(name, layers, { ...aws.surroundings(), ...files });
  prepare(builder.root);
  const machine = boot(builder, place.namespace);
  const log = join(builder.root, "var/log/buddyverse-setup.log");
  await machine.off(280).catch((error: Error) => {
    throw new Error(`${error.message}\n${existsSync(log) ? sh("tail", "-n", "40", log) : "no set-up log"}`);
  });
  return { builder, console: machine.console(), marker: aws.parameter(marker) };
}

interface Asked {
  readonly place?: aws.Place;
  readonly agent?: string;
  /** What curl is told besides. */
  readonly curl?: readonly string[];
}
/** Asks a web server; as the load balancer's health check does, if it is not told otherwise. */
function ask(
  path: string,
  { place = WEB, agent = "ELB-HealthChecker/2.0", curl = [] }: Asked = {},
): { readonly status: number; readonly body: string; readonly headers: string } {
  const [body, headers] = [join(WORK, `${place.namespace}.body`), join(WORK, `${place.namespace}.headers`)];
  for (const file of [body, headers]) writeFileSync(file, "");
  const told = ["-s", "-m", "30", "-A", agent, "-o", body, "-D", headers, "-w", "%{http_code}", ...curl];
  const url = `http://${place.address}${path}`;
  const status = inside(aws.AWS, "bash", "-c", 'curl "$@" || true', "curl", ...told, url);
  return { status: Number(status), body: readFileSync(body, "utf8"), headers: readFileSync(headers, "utf8") };
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

const PARTNER_KEY = "a key of the partner's, 32 characters";
/** The project in test/image/project, as an author would have it. */
function projectFiles(): Record<string, string> {
  const top = new URL("project/", import.meta.url).pathname;
  const files = readdirSync(top, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).filter((path) => !path.endsWith(".pyc"));
  return Object.fromEntries(paths.map((path) => [relative(top, path), readFileSync(path, "utf8")]));
}
/** A second migration of the project's notes. */
const migration = (operations: string) => `import os
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("notes", "0001_initial")]
    operations = ${operations}
`;

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
  expect(console).toContain("BUDDYVERSE-SETUP Apache answers 200 for /");
  expect(marker).toBe("baked");
  expect(JSON.parse(readFileSync(join(builder.root, "etc/buddyverse/app.json"), "utf8"))).toEqual(
    appSettings(CONFIG, undefined),
  );
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
  expect(JSON.parse(readFileSync(join(web.root, "etc/buddyverse/release.json"), "utf8"))).toEqual(RELEASE);
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
  const { console, marker } = await bake(
    at,
    "bbbbbbbbbbbb",
    null,
    image,
    { ...NO_MIRROR, ...IMPATIENT },
    { prepare: (root) => sh("chroot", root, "dpkg", "--purge", "stress-ng") },
  );
  expect(console).toContain("E: Unable to locate package stress-ng");
  expect(console).toMatch(/BUDDYVERSE-SETUP FAILED at line \d+ of web-setup.sh: packages install/);
  expect(marker).toBeUndefined();
});

test.concurrent("a CloudWatch agent that AWS has not signed is not installed, and leaves no mark", async () => {
  const at = aws.plug("unsigned", "10.0.0.20");
  const { console, marker } = await bake(at, "777777777777", null, image, NO_MIRROR, {
    trusting: (userData) => userData,
  });
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
  const at = aws.plug("changed", "10.0.0.19");
  const { console, marker } = await bake(at, "888888888888", null, image, NO_MIRROR, { scriptsKey: key });
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
    "mysite/__init__.py": "",
    // Not an entry: what a virtual environment in the repository brings.
    "venv/lib/python3/site-packages/django/wsgi.py": "",
    "mysite/wsgi.py": `def application(environ, start_response):
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

test.concurrent("a Django project that knows nothing of this runs unchanged, release after release", async () => {
  const app = archive("django", projectFiles());
  const config = configSchema.parse({
    image: { app: { folder: "site" } },
    app: { env: { GREETING: "good morning" }, secrets: ["PARTNER_KEY"] },
  });
  const released = (imageHash: string) => releaseOf(config, imageHash);
  const first = released("eeeeeeeeeeee");
  const [one, two] = [aws.plug("one", "10.0.0.14"), aws.plug("two", "10.0.0.15")];
  aws.putParameter("/buddyverse/buddyverse/app/PARTNER_KEY", PARTNER_KEY, "SecureString");

  const { builder, console, marker } = await bake(one, "eeeeeeeeeeee", app, image, {}, { release: first });
  expect(marker, console.slice(-8000)).toBe("baked");
  expect(console).toContain("(security.W004)"); // of check --deploy
  expect(console).toMatch(/\/ answers 500 .*, as it wants its database, which is not there .*: not judged/);
  expect(existsSync(join(builder.root, "etc/buddyverse/release.json"))).toBe(false);
  const leftOf = (text: string) =>
    sh(
      "sh",
      "-c",
      'grep -rl "$0" "$@" || true',
      text,
      ...["etc", "var", "srv/buddyverse/entry.json"].map((path) => join(builder.root, path)),
    );
  expect(leftOf("good morning")).toBe("");

  /** An instance of a release; `files` is what its image has more than the first one. */
  const start = (place: aws.Place, release: ReleaseSettings, files: Readonly<Record<string, string>> = {}) => {
    aws.describeInstance(place, `i-0${release.releaseId}${place.namespace.length}`, userData(release));
    return boot(disk(place.namespace, builder.layers, { ...EFS, ...files }), place.namespace, share);
  };
  /** What an instance told last, of that release. */
  const result = ({ releaseId }: ReleaseSettings) => {
    const { release, ...told } = JSON.parse(aws.parameter("/buddyverse/buddyverse/release/report") ?? "{}");
    expect(release).toBe(releaseId);
    return told;
  };

  // Two at once: one of them migrates.
  const machines = [start(one, first), start(two, first)] as const;
  await Promise.all(machines.map((machine) => machine.says("BUDDYVERSE-BOOT READY", 180)));
  const migrated = machines.filter((machine) => machine.console().includes("Applying notes.0001_initial... OK"));
  expect(migrated).toHaveLength(1);
  expect(machines.filter((machine) => machine.console().includes("was done before"))).toHaveLength(1);
  expect(result(first)).toMatchObject({
    result: "succeeded",
    output: expect.stringContaining("Applying papers.0001_initial... OK"),
  });

  // The checker calls an instance by its address, and no one else may.
  const visitor = (...curl: readonly string[]) => ({
    agent: "Mozilla/5.0",
    curl: ["-H", "X-Forwarded-For: 10.0.0.99, 203.0.113.9", "-H", "X-Forwarded-Proto: https", ...curl],
  });
  const site = visitor("-H", `Host: ${SITE}`);
  for (const place of [one, two]) expect(ask("/", { place })).toMatchObject({ status: 200 });
  expect(ask("/", { place: one, ...site })).toMatchObject({
    status: 200,
    body: expect.stringContaining("good morning"),
  });
  expect(ask("/", { place: one, ...visitor("-H", "Host: evil.example") }).status).toBe(400);
  expect(ask("/", { place: one, ...visitor(), agent: "ELB-HealthChecker/2.0" }).status).toBe(400);
  expect(ask("/", { place: one, curl: ["--interface", aws.OUTSIDE] }).status).toBe(400);
  expect(
    ask("/", { place: one, agent: "Mozilla/5.0", curl: ["-H", `Host: ${SITE}`, "-H", "X-Forwarded-For: 203.0.113.9"] }),
  ).toMatchObject({ status: 301, headers: expect.stringContaining(`Location: https://${SITE}/`) });

  expect(JSON.parse(ask("/request/", { place: one, ...site }).body)).toEqual({
    host: SITE,
    secure: true,
    client: "203.0.113.9",
    partner: createHash("sha256").update(PARTNER_KEY).digest("hex"),
    tls: [expect.stringContaining("TLS"), expect.stringContaining("TLS")],
    readOnly: [0, 1],
  });

  // Who logs in on one instance is known to the other.
  const me = (place: aws.Place, authorization: string) =>
    JSON.parse(ask("/me/", { place, ...visitor("-H", `Host: ${SITE}`, "-H", `Authorization: ${authorization}`) }).body);
  const { token } = me(one, "Token jo");
  expect(me(two, `Bearer ${token}`)).toEqual({ user: "jo" });

  // What one takes the other serves, at the project's own URL; and what the project brought along.
  const form = ask("/papers/", { place: one, ...site });
  const csrf = /name="csrfmiddlewaretoken" value="(\w+)"/.exec(form.body)?.[1] ?? "no token";
  const cookie = /Set-Cookie: (csrftoken=\w+)/.exec(form.headers)?.[1] ?? "no cookie";
  const upload = join(WORK, "hello.txt");
  writeFileSync(upload, "hello from a visitor\n");
  const sent = ask("/papers/", {
    place: one,
    ...visitor(
      ...["-H", `Host: ${SITE}`, "-H", `Referer: https://${SITE}/papers/`, "-H", `Cookie: ${cookie}`],
      ...["-F", `csrfmiddlewaretoken=${csrf}`, "-F", `file=@${upload}`],
    ),
  });
  expect(sent).toMatchObject({ status: 302, headers: expect.stringContaining("Location: /uploads/papers/hello.txt") });
  expect(ask("/uploads/papers/hello.txt", { place: two, ...site })).toMatchObject({
    status: 200,
    body: "hello from a visitor\n",
    headers: expect.stringContaining("Content-Security-Policy: sandbox"),
  });
  expect(ask("/uploads/welcome.txt", { place: two, ...site }).body).toBe("shipped with the project\n");
  expect(readFileSync(join(aws.SHARE, "media/papers/hello.txt"), "utf8")).toBe("hello from a visitor\n");

  const css = () => /href="(\/assets\/notes\/site\.\w+\.css)"/.exec(ask("/", { place: one, ...site }).body)?.[1];
  expect(ask(css() ?? "no style", { place: two, ...site })).toMatchObject({
    status: 200,
    body: expect.stringContaining("color: teal"),
  });
  // What only another release has.
  writeFileSync(join(aws.SHARE, "static/notes/of-another.css"), "b {}");
  expect(ask("/assets/notes/of-another.css", { place: one, ...site }).body).toBe("b {}");
  for (const path of ["/assets/", "/uploads/", "/assets/..%2f..%2fconfig/settings.py", "/assets/../config/settings.py"])
    expect(ask(path, { place: one, ...visitor("-H", `Host: ${SITE}`, "--path-as-is") }).status, path).toBeGreaterThan(
      399,
    );

  const inApp = (...words: readonly string[]) => machines[0].run("buddyverse-app", ...words).trim();
  expect(inApp("python", "manage.py", "shell", "-c", "import getpass; print(getpass.getuser())")).toBe("www-data");
  expect(() => inApp("python", "-c", "import sys; sys.exit(3)")).toThrow();

  // A second release with a migration: the first one serves on, and the new one beside it.
  const second = released("ffffffffffff");
  const three = aws.plug("three", "10.0.0.16");
  const newer = start(three, second, {
    "/etc/buddyverse/image": "ffffffffffff",
    "/srv/buddyverse/app/notes/migrations/0002_pinned.py": migration(
      '[migrations.AddField("note", "pinned", models.BooleanField(null=True))]',
    ),
  });
  await newer.says("BUDDYVERSE-BOOT READY", 180);
  expect(result(second)).toMatchObject({
    result: "succeeded",
    output: expect.stringContaining("Applying notes.0002_pinned... OK"),
  });
  for (const place of [one, two, three]) expect(ask("/", { place })).toMatchObject({ status: 200 });
  expect(ask("/uploads/papers/hello.txt", { place: three, ...site }).body).toBe("hello from a visitor\n");
  await newer.powerOff();

  // One whose migration fails never serves, and says why without the secrets in it; the first one serves on.
  const third = released("999999999999");
  const four = aws.plug("four", "10.0.0.17");
  const failing = start(four, third, {
    "/etc/buddyverse/image": "999999999999",
    "/srv/buddyverse/app/notes/migrations/0002_broken.py": migration(
      '[migrations.RunPython(lambda *_: print("{{ a template }}", os.environ["DATABASE_URL"], os.environ["PARTNER_KEY"]) or 1 / 0)]',
    ),
  });
  await failing.says("BUDDYVERSE-BOOT FAILED: the release command", 180);
  const { output, ...told } = result(third);
  expect(told).toMatchObject({
    result: "failed",
    stage: "release",
    seconds: expect.any(Number),
    instance: expect.stringMatching(/^i-/),
  });
  expect(output).toContain("ZeroDivisionError");
  expect(output).toContain("{{ a template }} *** ***");
  expect(output + failing.console()).not.toContain(PASSWORD);
  expect(output + failing.console()).not.toContain(PARTNER_KEY);
  expect(ask("/", { place: four }).status).toBe(0);
  for (const place of [one, two]) expect(ask("/", { place })).toMatchObject({ status: 200 });

  // One that migrates and then fails at its first request says so, with the traceback.
  const fourth = released("888888888888");
  const five = aws.plug("five", "10.0.0.18");
  const broken = start(five, fourth, {
    ...IMPATIENT,
    "/etc/buddyverse/image": "888888888888",
    "/srv/buddyverse/app/config/wsgi.py": `import os
def application(environ, start_response):
  raise RuntimeError("no note is left, " + os.environ["PARTNER_KEY"])
`,
  });
  await broken.says("BUDDYVERSE-BOOT FAILED: the application answers 500 for /,", 180);
  await until(30, () => /"stage": ?"boot"/.test(aws.parameter("/buddyverse/buddyverse/release/report") ?? ""));
  expect(result(fourth)).toMatchObject({
    result: "failed",
    stage: "boot",
    output: expect.stringMatching(
      /^the application answers 500 for \/, .*\n(.*\n)*.*RuntimeError: no note is left, \*\*\*\n/,
    ),
  });
  expect(machines[0].console()).toContain("BUDDYVERSE-BOOT the application answers 200 for /");
  await Promise.all([...machines, failing, broken].map((machine) => machine.powerOff()));
});

test.concurrent("an instance whose secret has no value does not serve", async () => {
  const at = aws.plug("secretless", "10.0.0.18");
  aws.describeInstance(at, "i-0e1b2c3d4e5f60718", userData({ ...RELEASE, secrets: ["MISSING_KEY"] }));
  const waiting = boot(disk("secretless", image, { ...EFS, ...IMPATIENT }), at.namespace, share);
  await waiting.says("not in SSM yet: /buddyverse/buddyverse/app/MISSING_KEY", 180);
  await waiting.says("BUDDYVERSE-BOOT FAILED", 180);
  expect(ask("/", { place: at }).status).toBe(0);
  await waiting.powerOff();
});

test.concurrent("an application that does not start leaves no mark", async () => {
  const app = archive("broken", { "mysite/__init__.py": "", "mysite/wsgi.py": "import no_such_module\n" });
  const { console, marker } = await bake(aws.plug("broken", "10.0.0.13"), "dddddddddddd", app, image, NO_MIRROR);
  expect(console).toMatch(/BUDDYVERSE-SETUP FAILED at line \d+ of web-setup.sh: buddyverse-site serve/);
  expect(console).toContain("No module named 'no_such_module'");
  expect(marker).toBeUndefined();
});
