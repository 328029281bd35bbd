import { expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { inspected, type Layout, manage, STARTPROJECT, wsgi } from "./projects.ts";

const said = (settings: string, config: ConfigInput = {}, others: Layout = {}) =>
  inspected({ ...STARTPROJECT, "mysite/settings.py": settings, ...others }, config).warnings.map(
    ({ message }) => message,
  );
const GOOD = 'DEBUG = False\nALLOWED_HOSTS = ["*"]\n';
const databases = (inside: string) => `${GOOD}DATABASES = {\n    "default": ${inside},\n}\n`;
const SQLITE = '{\n        "ENGINE": "django.db.backends.sqlite3",\n        "NAME": BASE_DIR / "db.sqlite3",\n    }';

test("settings as startproject leaves them: each line that keeps the site from running here, with the line that does", () => {
  const settings = `"""
Django settings: DEBUG = False
"""
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
# SECURITY WARNING: don't run with debug turned on in production!
DEBUG = True

ALLOWED_HOSTS = []

DATABASES = {
    'default': {
        'ENGINE': 'django.db.backends.sqlite3',  # or else
        'NAME': BASE_DIR / 'db.sqlite3',
    }
}
`;
  const { warnings, problems } = inspected(
    { ...STARTPROJECT, "mysite/settings.py": settings },
    { domain: { name: "shop.example.com", www: true } },
  );
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    {
      path: "image.app.folder",
      message: "mysite/settings.py:12: the database is always SQLite, never the stack's",
      hint: 'take it from DATABASE_URL: DATABASES = {"default": dj_database_url.config()}, with dj-database-url among the requirements',
    },
    {
      path: "image.app.folder",
      message:
        "mysite/settings.py:10: ALLOWED_HOSTS refuses the site's name, shop.example.com and www.shop.example.com",
      hint: 'take it from the environment: ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")',
    },
    {
      path: "image.app.folder",
      message: "mysite/settings.py:8: DEBUG is always on: whoever meets an error sees the settings and the code",
      hint: 'take it from the environment: DEBUG = os.environ.get("DEBUG") == "1"',
    },
  ]);
});

test("a database of another sort, or MySQL elsewhere", () => {
  const at = "mysite/settings.py:3: the database is always";
  expect(said(databases('{"ENGINE": "django.db.backends.postgresql", "NAME": env("DB")}'))).toEqual([
    `${at} PostgreSQL, never the stack's`,
  ]);
  expect(said(databases('{"ENGINE": "django.db.backends.mysql", "HOST": "db.intern", "PASSWORD": "x"}'))).toEqual([
    `${at} the MySQL server at db.intern, never the stack's`,
  ]);
  expect(said(databases('{"ENGINE": "django.db.backends.mysql", "HOST": os.environ["DB_HOST"]}'))).toEqual([]);
  const [first] = inspected({
    ...STARTPROJECT,
    "requirements.txt": "Django\ndjango_environ\nmysqlclient",
    "mysite/settings.py": databases(SQLITE),
  }).warnings;
  expect(first?.hint).toBe('take it from DATABASE_URL: DATABASES = {"default": env.db()}');
});

test("settings of several files: the last one that is read counts", () => {
  const base = databases(SQLITE);
  const files = (production: string, local = "") => ({
    "mysite/settings.py": "",
    "mysite/conf/base.py": base,
    "mysite/conf/production.py": production,
    ...(local === "" ? {} : { "mysite/conf/local.py": local }),
  });
  const of = (layout: Layout) =>
    inspected({
      ...STARTPROJECT,
      "mysite/wsgi.py": wsgi("mysite.conf.production"),
      "manage.py": manage("mysite.conf.production"),
      ...layout,
    }).warnings.map(({ message }) => message);
  const sqlite = "mysite/conf/base.py:3: the database is always SQLite, never the stack's";
  expect(of(files("from .base import *\n"))).toEqual([sqlite]);
  expect(of(files("from mysite.conf.base import *\n"))).toEqual([sqlite]);
  expect(of(files("from ..conf.base import *\nDEBUG = True\n"))).toEqual([
    sqlite,
    "mysite/conf/production.py:2: DEBUG is always on: whoever meets an error sees the settings and the code",
  ]);
  expect(of(files('from .base import *\nDATABASES = {"default": dj_database_url.config()}\n'))).toEqual([]);
  // A file that is there, but perhaps not read.
  const conditional = "from .base import *\nif os.environ.get('STAGE'):\n    from .local import *\n";
  expect(of(files(conditional, "DEBUG = True\n"))).toEqual([]);
  // A file of one machine, which is not sent.
  expect(of(files("from .base import *\ntry:\n    from .local import *\nexcept ImportError:\n    pass\n"))).toEqual([
    sqlite,
  ]);
});

test.each([
  ["it is set again in a condition", `${databases(SQLITE)}if "DATABASE_URL" in os.environ:\n    DATABASES = {}\n`],
  ["a part of it is", `${databases(SQLITE)}DATABASES["default"] = env.db()\n`],
  ["a part of it is changed", `${databases(SQLITE)}DATABASES['default'].update(dj_database_url.config())\n`],
  ["something changes the module", `${databases(SQLITE)}django_heroku.settings(locals())\n`],
  ["another module takes it in", `${databases(SQLITE)}from company.settings import *\n`],
  ["another module names it", `${databases(SQLITE)}from company.settings import DATABASES\n`],
  ["a condition chooses", databases(`${SQLITE} if DEBUG else env.db()`)],
  ["the engine is worked out", databases('{"ENGINE": os.environ.get("ENGINE", "django.db.backends.sqlite3")}')],
  [
    "it has a fallback only",
    `${GOOD}DATABASES = {"default": env.db("DATABASE_URL", default="sqlite:///db.sqlite3")}\n`,
  ],
  ["it is set in a class", `${GOOD}class Common:\n    DATABASES = {"default": ${SQLITE}}\n`],
  ["it is only in a comment", `${GOOD}# DATABASES = {"default": ${SQLITE.replaceAll("\n", "\n#")}}\n`],
  ["another database of it is SQLite", `${GOOD}DATABASES = {"old": ${SQLITE}, "default": env.db()}\n`],
  ["components are put together", `${databases(SQLITE)}include("components/*.py")\n`],
  ["the file that was meant is not to be read", "from .everything import *\n"],
])("nothing is said of a database where %s", (_, settings) => {
  expect(said(settings)).toEqual([]);
});

test("the names of the site are held against ALLOWED_HOSTS as Django does", () => {
  const hosts = (list: string, config: ConfigInput) => said(`ALLOWED_HOSTS = ${list}\n`, config).length;
  const domain = (name: string, www = true): ConfigInput => ({ domain: { name, www } });
  expect(hosts('["shop.example.com", "www.shop.example.com"]', domain("shop.example.com"))).toBe(0);
  expect(hosts('[".example.com"]', domain("example.com"))).toBe(0);
  expect(hosts('("EXAMPLE.com",)', domain("example.com", false))).toBe(0);
  expect(hosts('["example.com"]', domain("example.com"))).toBe(1);
  expect(hosts('["notexample.com"]', domain("example.com", false))).toBe(1);
  expect(hosts('["example.com", HOST]', domain("shop.example.org"))).toBe(0);
  expect(hosts('["example.com"] + MORE', domain("shop.example.org"))).toBe(0);
  expect(hosts('["example.com"]', { domain: null })).toBe(1);
  expect(hosts('[".amazonaws.com"]', { domain: null })).toBe(0);
});
