import { createHash } from "node:crypto";
import type { Project } from "../../src/app/project.ts";
import {
  DEBIAN_PACKAGE,
  ENVIRONMENT_VARIABLE,
  HEALTH_CHECK_PATH,
  PROJECT_PATH,
  PYTHON_MODULE,
  PYTHON_VERSION,
  SITE_NAME,
  WSGI_ENTRY,
} from "../../src/config/patterns.ts";
import type { Config } from "../../src/config/schema.ts";
import { cidr } from "../../src/lib/cidr.ts";
import { BuddyError } from "../../src/lib/errors.ts";

/** /etc/buddyverse/app.json of the image: how the application is installed and started. Null: the builder finds it out. */
export interface AppSettings {
  readonly directory: string | null;
  readonly wsgi: string | null;
  readonly settings: string | null;
  readonly requirements: string | null;
  readonly packages: readonly string[];
  readonly addsDriver: boolean;
  readonly python: string | null;
}

/** /etc/buddyverse/release.json of a web instance: what differs between two releases of one image. */
export interface ReleaseSettings {
  readonly env: Readonly<Record<string, string>>;
  /** Names of environment variables whose values are in Parameter Store. */
  readonly secrets: readonly string[];
  /** Command that runs once for the release; "": none. */
  readonly release: string;
  readonly releaseId: string;
  /** Names by which visitors call the site. */
  readonly siteNames: readonly string[];
  readonly https: boolean;
  readonly vpcCidr: string;
  readonly healthCheckPath: string;
}

/** The release command of a Django project that names none. */
export const MIGRATE = "python manage.py migrate --noinput";

/** How the application of `image.app` is installed. @param project undefined: nobody looked, or it is the built-in page */
export function appSettings({ app, image }: Config, project: Project | undefined): AppSettings {
  const own = image.app === null ? undefined : app;
  return checkedApp({
    directory: own?.directory ?? project?.directory ?? null,
    wsgi: own?.wsgi ?? project?.wsgi ?? null,
    settings: own?.settings ?? project?.settings ?? null,
    requirements: own?.requirements ?? project?.requirements ?? null,
    packages: own?.packages ?? [],
    addsDriver: project?.addsDriver ?? false,
    python: project?.python ?? null,
  });
}

/** Names of the secrets that the application of `image.app` reads; the built-in page reads none. */
export const secretsOf = ({ app, image }: Pick<Config, "app" | "image">): readonly string[] =>
  image.app === null ? [] : app.secrets;

/** What is run once for each release of `image.app`; "": nothing. */
export function releaseCommand({ app, image }: Config, project: Project | undefined): string {
  if (image.app === null) return "";
  return app.release ?? project?.release ?? (project?.manage === false ? "" : MIGRATE);
}

/** How the web instances of a release run. @param imageHash the content of its image, with its edition */
export function releaseSettings(
  config: Config,
  project: Project | undefined,
  { imageHash, siteNames }: { readonly imageHash: string; readonly siteNames: readonly string[] },
): ReleaseSettings {
  const { app, domain, image, network } = config;
  // In one order, so that another one in the config is no other user data, and replaces no instances.
  const env = Object.fromEntries(Object.entries(image.app === null ? {} : app.env).sort(byName));
  const secrets = [...secretsOf(config)].sort();
  const release = releaseCommand(config, project);
  return checkedRelease({
    env,
    secrets,
    release,
    releaseId: releaseId(imageHash, env, secrets, release),
    siteNames,
    https: domain !== null,
    vpcCidr: network.cidr,
    healthCheckPath: healthCheckPath(config),
  });
}

/** Path that the load balancer asks the application for. */
export const healthCheckPath = ({ app, web }: Config): string => app.healthCheckPath ?? web.healthCheckPath;

/** Names of the site in the config; none: it has no domain, and is called by the load balancer's own name. */
export const domainNames = ({ domain }: Config): readonly string[] =>
  domain === null ? [] : [domain.name, ...(domain.www ? [`www.${domain.name}`] : [])];

/** A short name of a release, the same for the same content, environment, secrets' names and command. */
function releaseId(
  imageHash: string,
  env: Readonly<Record<string, string>>,
  secrets: readonly string[],
  release: string,
): string {
  const content = [imageHash, Object.entries(env), secrets, release];
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
}
const byName = ([one]: readonly [string, string], [other]: readonly [string, string]): number => (one < other ? -1 : 1);

/** A JSON document as it stands in user data: in base64, so that nothing in it means anything to a shell. */
export const encoded = (document: AppSettings | ReleaseSettings): string =>
  Buffer.from(JSON.stringify(document)).toString("base64");

const fits = (sort: string, pattern: RegExp, value: string | null): void => {
  if (value === null || pattern.test(value)) return;
  throw new BuddyError({
    code: "config",
    message: `${JSON.stringify(value.slice(0, 100))} cannot be used as the application's ${sort}.`,
    about: { path: "app" },
    hint: `What is wanted matches ${pattern.source}. Rename it in the project, or name another one in "app" of the config.`,
  });
};

function checkedApp(app: AppSettings): AppSettings {
  fits("folder", PROJECT_PATH, app.directory || null);
  fits("WSGI entry", WSGI_ENTRY, app.wsgi);
  fits("settings module", PYTHON_MODULE, app.settings);
  fits("requirements", PROJECT_PATH, app.requirements);
  fits("version of Python", PYTHON_VERSION, app.python);
  for (const name of app.packages) fits("package", DEBIAN_PACKAGE, name);
  return app;
}

function checkedRelease(release: ReleaseSettings): ReleaseSettings {
  for (const name of [...Object.keys(release.env), ...release.secrets])
    fits("environment variable", ENVIRONMENT_VARIABLE, name);
  for (const value of Object.values(release.env)) fits("environment", /^[^\0]{0,2048}$/, value);
  fits("release command", /^[^\n\r\0]{0,500}$/, release.release);
  for (const name of release.siteNames) fits("name of the site", SITE_NAME, name);
  fits("path of the health check", HEALTH_CHECK_PATH, release.healthCheckPath);
  cidr(release.vpcCidr);
  return release;
}
