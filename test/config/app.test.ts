import { describe, expect, test } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { type ConfigInput, configSchema } from "../../src/config/schema.ts";
import { warningsFor } from "../../src/config/warnings.ts";
import { BuddyError } from "../../src/lib/errors.ts";

/** One line per problem: `path: message → hint`. */
function saidOf(value: unknown): string[] {
  try {
    parseConfig(value, "x.json");
  } catch (error) {
    if (!(error instanceof BuddyError) || error.code !== "config") throw error;
    return (error.problems ?? []).map(
      ({ path, message, hint }) => `${path}: ${message}${hint === undefined ? "" : ` → ${hint}`}`,
    );
  }
  return [];
}

const FOLDER = { image: { app: { folder: "./site" } } };
const warned = (value: ConfigInput) => warningsFor(configSchema.parse(value)).map(({ path }) => path);

test("every key of app takes what it is for", () => {
  const app = {
    directory: "backend",
    settings: "config.settings.production",
    wsgi: "config.wsgi:application",
    requirements: "requirements/production.txt",
    packages: ["libxml2", "g++"],
    env: { LANGUAGE: "de", EMPTY: "", Mixed_1: "a $b `c` \"d\"\n'e'" },
    secrets: ["STRIPE_KEY"],
    release: "python manage.py migrate --noinput && python manage.py warm",
    healthCheckPath: "/health/?full=1",
  };
  expect(configSchema.parse({ ...FOLDER, app }).app).toEqual(app);
  expect(warned({ ...FOLDER, app })).toEqual([]);
  expect(configSchema.parse({ image: { keep: 1 } }).image.keep).toBe(1);
});

describe("each mistake: its place, what is wrong, what would be right", () => {
  const long = "x".repeat(501);
  test.each<[unknown, ...string[]]>([
    [{ directory: "../backend" }, 'app.directory: "../backend" is not a path inside the project → such as "backend"'],
    [{ directory: "./backend/" }, 'app.directory: "./backend/" is not a path inside the project → write "backend"'],
    [{ directory: "." }, 'app.directory: "." is not a path inside the project → use null: it is looked for'],
    [
      { settings: "config/settings.py" },
      'app.settings: "config/settings.py" is not a Python module → write "config.settings"',
    ],
    [{ settings: "my-site" }, 'app.settings: "my-site" is not a Python module → such as "config.settings"'],
    [{ wsgi: "config/wsgi.py" }, 'app.wsgi: "config/wsgi.py" is not a Python module → write "config.wsgi"'],
    [
      { wsgi: "config.wsgi:" },
      'app.wsgi: "config.wsgi:" is not a Python module → such as "config.wsgi" or "config.wsgi:application"',
    ],
    [
      { requirements: "/requirements.txt" },
      'app.requirements: "/requirements.txt" is not a path inside the project → write "requirements.txt"',
    ],
    [
      { requirements: "a b.txt" },
      'app.requirements: "a b.txt" is not a path inside the project → such as "requirements/production.txt"',
    ],
    [{ packages: ["LibXml"] }, 'app.packages[0]: "LibXml" is not a name of an Ubuntu package → such as "libxml2"'],
    [{ packages: "libxml2" }, 'app.packages: must be a list [ … ] of names of Ubuntu packages, but is "libxml2"'],
    [{ env: { KEY: 1 } }, "app.env.KEY: must be a text in quotes, but is 1"],
    [{ env: { KEY: "a\0" } }, "app.env.KEY: the value holds a NUL character"],
    [{ env: { KEY: "x".repeat(2049) } }, "app.env.KEY: the value is 2049 characters long → use 2048 at most"],
    [
      { env: Object.fromEntries(Array.from({ length: 5 }, (_, i) => [`A${i}`, "x".repeat(2000)])) },
      "app: env, secrets and release have 10100 bytes together, more than fit into the user data of an instance → use 10000 at most: keep what is long in a file of the project, or as a secret",
    ],
    [
      { env: { "1A": "" } },
      'app.env["1A"]: "1A" is not a name of an environment variable: letters, digits and underscores, not a digit first; BUDDYVERSE_ begins the tool\'s own',
    ],
    [
      { secrets: ["BUDDYVERSE_X"] },
      'app.secrets[0]: "BUDDYVERSE_X" is not a name of an environment variable: letters, digits and underscores, not a digit first; BUDDYVERSE_ begins the tool\'s own',
    ],
    [{ secrets: { A: "1" } }, 'app.secrets: must be a list [ … ] of names, as ["STRIPE_KEY"], but is an object'],
    [{ secrets: ["A", "B", "A"] }, 'app.secrets[2]: "A" stands already at app.secrets[0] → remove one of the two'],
    [
      { env: { A: "" }, secrets: ["B", "A"] },
      'app.secrets[1]: "A" stands in app.env, too → keep it in one of them: in app.secrets if nobody may read it, else in app.env',
    ],
    [
      { env: { DJANGO_SETTINGS_MODULE: "x" } },
      'app.env.DJANGO_SETTINGS_MODULE: DJANGO_SETTINGS_MODULE is set by app.settings → write it there: { "app": { "settings": "config.settings" } }',
    ],
    [
      { secrets: ["DJANGO_SETTINGS_MODULE"] },
      'app.secrets[0]: DJANGO_SETTINGS_MODULE is set by app.settings → write it there: { "app": { "settings": "config.settings" } }',
    ],
    [{ release: "a\nb" }, "app.release: must be one line → put several commands into a script of the project"],
    [{ release: long }, "app.release: is 501 characters long → put it into a script of the project"],
    [
      { healthCheckPath: "health" },
      'app.healthCheckPath: "health" is not a path: it starts with / and holds no spaces → write "/health"',
    ],
    [
      { healthCheckPath: "/a b" },
      'app.healthCheckPath: "/a b" is not a path: it starts with / and holds no spaces → such as "/health/"',
    ],
  ])("%j", (app, ...said) => {
    expect(saidOf({ ...FOLDER, app })).toEqual(said);
  });

  test("how many images stay", () => {
    expect(saidOf({ image: { keep: 0 } })).toEqual([
      "image.keep: must be a whole number from 1 to 20 (images), but is 0",
    ]);
  });
});

describe("warnings", () => {
  test("each key of app that has no effect, as there is no application", () => {
    const app = { wsgi: "config.wsgi", env: { A: "1" }, secrets: ["B"], healthCheckPath: "/" };
    expect(warned({ app })).toEqual(["app.wsgi", "app.env", "app.secrets", "app.healthCheckPath"]);
    expect(warned({ app: { release: null, packages: [] } })).toEqual([]);
  });

  test.each([
    ["STRIPE_SECRET_KEY", "sk_live_1"],
    ["SENDGRID_API_KEY", "x"],
    ["EMAIL_HOST_PASSWORD", "x"],
    ["GITHUB_TOKEN", "x"],
    ["SENTRY_DSN", "x"],
    ["CACHE", "redis://:hunter2@cache:6379/0"],
    ["MAIL", "smtp://me:hunter2@mail.example"],
  ])("%s=%s in env looks like a secret, and is not shown", (name, value) => {
    const [warning, ...others] = warningsFor(configSchema.parse({ ...FOLDER, app: { env: { [name]: value } } }));
    expect(others).toEqual([]);
    expect(warning?.path).toBe(`app.env.${name}`);
    expect(warning?.message).toContain(`buddyverse secret set ${name}`);
    expect(warning?.message).not.toContain("hunter2");
  });

  test.each([
    ["STRIPE_PUBLISHABLE_KEY", "pk_live_1"],
    ["RECAPTCHA_SITE_KEY", "x"],
    ["PASSWORD_RESET_TIMEOUT", "3600"],
    ["SECRET_KEY", ""],
    ["MONKEY_BUSINESS", "x"],
    ["ADMIN_URL", "https://example.org/admin"],
  ])("%s=%s is none", (name, value) => {
    expect(warned({ ...FOLDER, app: { env: { [name]: value } } })).toEqual([]);
  });

  test("what takes the place of the stack's own variables", () => {
    expect(warned({ ...FOLDER, app: { env: { MEDIA_ROOT: "/data" }, secrets: ["DATABASE_URL"] } })).toEqual([
      "app.env.MEDIA_ROOT",
      "app.secrets",
    ]);
  });
});
