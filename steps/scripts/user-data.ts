import { createHash } from "node:crypto";
import { AGENT_KEY, agentBucket, partitionOf } from "../../src/aws/partition.ts";
import { GIT_ADDRESS, GIT_REVISION, REGION } from "../../src/config/patterns.ts";
import { type Archive, packTexts } from "../../src/lib/archive.ts";
import { withHead } from "../../src/lib/script.ts";
import { agentConfig, BUILDER_FILES, NAT_FILES, WEB_FILES } from "../log-agent.ts";
import natRouteService from "./nat-route.service";
import natRoute from "./nat-route.sh";
import natSetup from "./nat-setup.sh";
import page from "./page/buddyverse_page.py";
import pageHtml from "./page/page.html";
import pageStatic from "./page/static/buddyverse.txt";
import pageWsgi from "./page/wsgi.py";
import webApache from "./web-apache.conf";
import webApacheService from "./web-apache.service.conf";
import webAws from "./web-aws.py";
import webBoot from "./web-boot.service";
import webBootScript from "./web-boot.sh";
import webBuilder from "./web-builder.sh";
import webCollectstatic from "./web-collectstatic.sh";
import webDatabase from "./web-database.service";
import webDatabaseTimer from "./web-database.timer";
import webMysql from "./web-mysql.conf";
import webSeal from "./web-seal.sh";
import webSetup from "./web-setup.sh";
import webUserDataText from "./web-user-data.sh";

/** What EC2 takes as user data, in bytes before base64. */
export const USER_DATA_LIMIT = 16_384;

/**
 * Where the application comes from: the built-in page (null), a public git repository, or an archive in the stack's bucket.
 *
 * What an application of one's own must keep to: a `requirements.txt` at its top is installed; its WSGI entry is the
 * only `wsgi.py`, or the path that the file `buddyverse-wsgi` at its top holds; the folder above that package is on the
 * Python path, and a `manage.py` there runs `collectstatic`, with `STATIC_ROOT` `/mnt/efs/static` (`MEDIA_ROOT`:
 * `/mnt/efs/media`). Its settings read `/run/buddyverse/database.json`: `name`, `user`, `password`, `primary` and
 * `replica` (`{ host, port }`; the replica may be null), `ca` (a file with the certificates of RDS), and `secretKey` (the same on all instances, for
 * what it signs); the option file `/etc/buddyverse/mysql.cnf` makes connections use TLS and check whom they lead to. At bake time the database is not there, so importing the settings must not need it.
 */
export type ImageApp = null | { readonly git: string; readonly revision: string } | { readonly key: string };

/** What runs as user data, by the name in its head. The sandbox has a part for each (src/sandbox/guests/). */
export type UserDataScript = "nat-setup" | "web-builder" | "web-user-data";

const named = (name: UserDataScript, script: string): string => withHead(script, { name, token: "" });

interface PlacedFile {
  readonly path: string;
  readonly mode: "0644" | "0755";
  readonly text: string;
}

const PATTERNS = {
  cidr: /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\/(?:3[0-2]|[12]?\d)$/,
  region: REGION,
  stack: /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
  parameter: /^(?:\/[A-Za-z0-9._-]+)+$/,
  parameterPath: /^(?:\/[A-Za-z0-9._-]+)+\/$/,
  fileSystemId: /^fs-[0-9a-f]{8,40}$/,
  sqlName: /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
  // No user or password in it: user data is no place for secrets.
  git: GIT_ADDRESS,
  revision: GIT_REVISION,
  bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  // The builder checks what it fetches against it.
  key: /^[a-z]+\/[0-9a-f]{64}\.tar\.gz$/,
} as const;

/** The value itself when it is of that sort; nothing that these patterns let pass means anything to a shell. */
function checked(sort: keyof typeof PATTERNS, value: string): string {
  if (PATTERNS[sort].test(value)) return value;
  throw new RangeError(
    `user data: ${JSON.stringify(value)} cannot be used as ${sort} (wanted: ${PATTERNS[sort].source})`,
  );
}

function filled(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/@([A-Z_]+)@/g, (placeholder, name: string) => values[name] ?? placeholder);
}

function withinLimit(text: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes < USER_DATA_LIMIT) return text;
  throw new RangeError(`user data: ${bytes} bytes, and EC2 takes less than ${USER_DATA_LIMIT}`);
}

/** Without the lines that are comments: user data has no room for them, and a reworded one makes no new image. */
const withoutComments = (text: string): string => text.replace(/^[ \t]*#(?!!).*\n/gm, "");

/** A shell script that writes the files. */
function heredocs(files: readonly PlacedFile[]): string {
  return files
    .map(({ path, mode, text: commented }) => {
      const text = withoutComments(commented);
      if (text.split("\n").includes("END_OF_FILE"))
        throw new RangeError(`user data: ${path} holds the line END_OF_FILE`);
      return `install -D -m ${mode} /dev/null ${path}\ncat >${path} <<'END_OF_FILE'\n${text.replace(/\n*$/, "\n")}END_OF_FILE\n`;
    })
    .join("");
}

const IMAGE_FILES: readonly PlacedFile[] = [
  { path: "/usr/local/sbin/buddyverse-boot", mode: "0755", text: webBootScript },
  { path: "/usr/local/sbin/buddyverse-aws", mode: "0755", text: webAws },
  { path: "/usr/local/sbin/buddyverse-collectstatic", mode: "0755", text: webCollectstatic },
  { path: "/etc/systemd/system/buddyverse-boot.service", mode: "0644", text: webBoot },
  { path: "/etc/systemd/system/buddyverse-database.service", mode: "0644", text: webDatabase },
  { path: "/etc/systemd/system/buddyverse-database.timer", mode: "0644", text: webDatabaseTimer },
  { path: "/etc/systemd/system/apache2.service.d/buddyverse.conf", mode: "0644", text: webApacheService },
  { path: "/etc/buddyverse/mysql.cnf", mode: "0644", text: webMysql },
  { path: "/srv/buddyverse/apache.conf", mode: "0644", text: webApache },
  { path: "/srv/buddyverse/page/wsgi.py", mode: "0644", text: pageWsgi },
  { path: "/srv/buddyverse/page/manage.py", mode: "0644", text: pageWsgi },
  { path: "/srv/buddyverse/page/buddyverse_page.py", mode: "0644", text: page },
  { path: "/srv/buddyverse/page/page.html", mode: "0644", text: pageHtml },
  { path: "/srv/buddyverse/page/static/buddyverse.txt", mode: "0644", text: pageStatic },
  { path: "/run/buddyverse-setup/web-setup.sh", mode: "0644", text: webSetup },
  { path: "/run/buddyverse-setup/web-seal.sh", mode: "0644", text: webSeal },
];

let packed: Archive | undefined;

/** All that is placed in the image, as the builder fetches it: the same for every stack. */
export function scriptsArchive(): Archive {
  packed ??= packTexts(
    IMAGE_FILES.map(({ path, mode, text }) => ({ path: path.slice(1), mode, text: withoutComments(text) })),
  );
  return packed;
}

/** Begins what nat-setup.sh writes to the console. */
export const NAT_SET_UP = "BUDDYVERSE-NAT";

/**
 * User data of a NAT instance (Amazon Linux 2023): it routes and masquerades for the VPC from its first boot on.
 * @throws RangeError when a value is not what it should be
 */
export function natUserData({ vpcCidr, stack }: { readonly vpcCidr: string; readonly stack: string }): string {
  const files = heredocs([
    { path: "/usr/local/sbin/buddyverse-nat", mode: "0755", text: natRoute },
    {
      path: "/etc/systemd/system/buddyverse-nat.service",
      mode: "0644",
      text: natRouteService,
    },
  ]);
  const values = { VPC_CIDR: checked("cidr", vpcCidr), LOGS: agentConfig(checked("stack", stack), NAT_FILES) };
  const text = filled(natSetup, values).replace("# @FILES@\n", () => files);
  return withinLimit(named("nat-setup", text));
}

/** Where an application comes from, in the words of web-builder.sh; checked. */
function appSettings(app: ImageApp): Readonly<Record<string, string>> {
  const none = { APP_GIT: "", APP_REVISION: "", APP_KEY: "" };
  if (app === null) return none;
  if ("git" in app)
    return { ...none, APP_GIT: checked("git", app.git), APP_REVISION: checked("revision", app.revision) };
  return { ...none, APP_KEY: checked("key", app.key) };
}

/**
 * User data of the image builder (Ubuntu 22.04 or 24.04): fetches the scripts, with which it brings the system up to date, sets the
 * web server up, proves that it serves, writes `baked` to the SSM parameter `markerName` and powers off; after a failure it powers
 * off without the mark.
 * @throws RangeError when a value is not what it should be, or all of it does not fit the limit
 */
export function builderUserData(builder: {
  readonly region: string;
  readonly stack: string;
  readonly markerName: string;
  readonly bucket: string;
  /** The key of {@link scriptsArchive}. */
  readonly scriptsKey: string;
  readonly app: ImageApp;
}): string {
  return withinLimit(
    filled(named("web-builder", webBuilder), {
      REGION: checked("region", builder.region),
      MARKER: checked("parameter", builder.markerName),
      DATABASE_CA: partitionOf(builder.region).databaseCertificates,
      AGENT: agentBucket(builder.region),
      AGENT_KEY_URL: AGENT_KEY.url,
      AGENT_KEY: AGENT_KEY.fingerprint,
      LOGS: agentConfig(checked("stack", builder.stack), BUILDER_FILES),
      BUCKET: checked("bucket", builder.bucket),
      SCRIPTS_KEY: checked("key", builder.scriptsKey),
      ...appSettings(builder.app),
    }),
  );
}

/**
 * Everything that decides what the builder puts into an image, for {@link imageContentHash}. How it comes to the builder does
 * not: that may change without a new image.
 * @throws RangeError when a value of the application is not what it should be
 */
export function imageParts(app: ImageApp): readonly string[] {
  return [heredocs(IMAGE_FILES), JSON.stringify(appSettings(app))];
}

/** A short name for a content, the same for the same parts in the same order: 12 hexadecimal digits. */
export function imageContentHash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}

/**
 * User data of a web instance: names its stack, file system and parameters, and starts what the image holds. No secret
 * is in it: `parameterPath` (with a slash at both ends) is where the instance's own role reads the password.
 * @throws RangeError when a value is not what it should be
 */
export function webUserData(web: {
  readonly region: string;
  readonly stack: string;
  readonly fileSystemId: string;
  readonly parameterPath: string;
  readonly database: string;
  readonly user: string;
}): string {
  return withinLimit(
    filled(named("web-user-data", webUserDataText), {
      REGION: checked("region", web.region),
      DNS_SUFFIX: partitionOf(web.region).dnsSuffix,
      STACK: checked("stack", web.stack),
      FILE_SYSTEM: checked("fileSystemId", web.fileSystemId),
      PARAMETER_PATH: checked("parameterPath", web.parameterPath),
      DATABASE: checked("sqlName", web.database),
      USER: checked("sqlName", web.user),
      LOGS: agentConfig(web.stack, WEB_FILES),
    }),
  );
}
