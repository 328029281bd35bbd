import { expect, test } from "vitest";
import { inspected, type Layout, manage, STARTPROJECT, wsgi } from "./projects.ts";

const moved = (folder: string, layout: Layout): Layout =>
  Object.fromEntries(Object.entries(layout).map(([path, content]) => [`${folder}/${path}`, content]));
const without = (layout: Layout, ...paths: readonly string[]): Layout =>
  Object.fromEntries(Object.entries(layout).filter(([path]) => !paths.includes(path)));

const FOUND = {
  directory: "",
  wsgi: "mysite.wsgi:application",
  settings: "mysite.settings",
  requirements: "requirements.txt",
  manage: true,
  python: null,
  addsDriver: false,
  release: null,
};

test("a project as startproject makes it", () => {
  expect(inspected(STARTPROJECT)).toEqual({ project: FOUND, problems: [], warnings: [] });
});

test("a project in a folder of a larger repository, beside a front end", () => {
  const found = inspected({
    ...moved("backend", STARTPROJECT),
    "frontend/package.json": "{}",
    "backend/mysite/tests/project/manage.py": manage("other"),
    "backend/mysite/tests/project/wsgi.py": wsgi("other"),
  });
  expect(found).toEqual({
    project: { ...FOUND, directory: "backend", requirements: "backend/requirements.txt" },
    problems: [],
    warnings: [],
  });
});

test("cookiecutter-django: the settings of wsgi.py, production's requirements, its .python-version", () => {
  const layout = {
    "manage.py": manage("config.settings.local"),
    "config/__init__.py": "",
    "config/wsgi.py": wsgi("config.settings.production"),
    "config/settings/__init__.py": "",
    "config/settings/base.py": `import environ
env = environ.Env()
DEBUG = env.bool("DJANGO_DEBUG", False)
DATABASES = {"default": env.db("DATABASE_URL")}
WSGI_APPLICATION = "config.wsgi.application"
`,
    "config/settings/local.py": 'from .base import *\nDEBUG = True\nALLOWED_HOSTS = ["localhost"]\n',
    "config/settings/production.py":
      'from .base import *  # noqa: F403\nALLOWED_HOSTS = env.list("DJANGO_ALLOWED_HOSTS")\nDATABASES["default"]["CONN_MAX_AGE"] = 60\n',
    "requirements/base.txt": "django==5.0.7\ndjango-environ==0.11.2\n",
    "requirements/local.txt": "-r production.txt\nwerkzeug\n",
    "requirements/production.txt":
      "# see base\n-r base.txt\n\ngunicorn==22.0.0\npsycopg[c]==3.2.1  # https://github.com/psycopg/psycopg\n",
    ".python-version": "3.12\n",
    "users/tests/wsgi.py": "",
  };
  const { project, problems, warnings } = inspected(layout, { image: { base: "ubuntu-24.04" } });
  expect(project).toEqual({
    ...FOUND,
    wsgi: "config.wsgi:application",
    settings: "config.settings.production",
    requirements: "requirements/production.txt",
    python: "3.12",
    addsDriver: true,
  });
  expect(problems).toEqual([]);
  expect(warnings).toEqual([
    {
      path: "app.settings",
      message: "config.settings.production is used, for manage.py too, which itself names config.settings.local",
      hint: 'to choose, and to hear no more of it: { "app": { "settings": "config.settings.production" } }',
    },
    {
      path: "image.app.folder",
      message: expect.stringMatching(
        /^requirements\/production\.txt names a driver of PostgreSQL \(psycopg\) and none of MySQL/,
      ),
      hint: expect.any(String),
    },
  ]);
  const { problems: on22 } = inspected(layout, { app: { settings: "config.settings.production" } });
  expect(on22).toEqual([
    {
      path: "image.base",
      message: ".python-version wants Python 3.12, and the Python of ubuntu-22.04 is 3.10",
      hint: 'set image.base to "ubuntu-24.04", which has 3.12; or write 3.10 there, if it runs on that',
    },
  ]);
});

test("several manage.py: they are named with the key that chooses; with it, or the entry, one is meant", () => {
  const layout = {
    ...moved("shop", STARTPROJECT),
    ...moved("blog", { ...STARTPROJECT, "site/wsgi.py": wsgi("site.settings"), "site/settings.py": "" }),
  };
  expect(inspected(layout)).toEqual({
    project: undefined,
    problems: [
      {
        path: "app.directory",
        message: "there are two manage.py: blog/manage.py and shop/manage.py",
        hint: 'name the folder of the one that is meant: { "app": { "directory": "blog" } }',
      },
    ],
    warnings: [],
  });
  expect(inspected(layout, { app: { directory: "shop" } }).project).toMatchObject({
    directory: "shop",
    requirements: "shop/requirements.txt",
  });
  expect(inspected(layout, { app: { wsgi: "site.wsgi" } }).project).toMatchObject({
    directory: "blog",
    wsgi: "site.wsgi:application",
    settings: "site.settings",
  });
  expect(
    inspected({ ...layout, Procfile: "web: gunicorn --chdir shop mysite.wsgi:application\n" }).project,
  ).toMatchObject({ directory: "shop" });
  // startproject's own entry goes with its settings.
  expect(inspected(layout, { app: { directory: "blog" } }).project?.wsgi).toBe("mysite.wsgi:application");
  expect(inspected(layout, { app: { directory: "shops" } }).problems).toEqual([
    {
      path: "app.directory",
      message: "there is no folder shops in the project",
      hint: "its folders are blog, blog/mysite, blog/site, shop and shop/mysite",
    },
  ]);
});

test("several entries, of which neither the settings nor their folder tells one", () => {
  const layout = {
    ...without(STARTPROJECT, "mysite/wsgi.py"),
    "mysite/settings.py": "",
    "public/wsgi.py": wsgi("mysite.settings"),
    "intern/wsgi.py": wsgi("mysite.settings"),
  };
  expect(inspected(layout).problems).toEqual([
    {
      path: "app.wsgi",
      message: "there are two WSGI entries: intern/wsgi.py and public/wsgi.py",
      hint: 'name the one that is meant: { "app": { "wsgi": "intern.wsgi" } }',
    },
  ]);
  expect(inspected(layout, { app: { wsgi: "public.wsgi" } })).toMatchObject({
    project: { wsgi: "public.wsgi:application" },
    problems: [],
  });
  expect(inspected(layout, { app: { wsgi: "publc.wsgi" } }).problems).toEqual([
    {
      path: "app.wsgi",
      message: "there is no publc/wsgi.py in the project",
      hint: "there is intern/wsgi.py and public/wsgi.py",
    },
  ]);
});

test("a Procfile names the entry and the release command; other processes are not started", () => {
  const layout = {
    ...without(moved("server", STARTPROJECT), "server/requirements.txt", "server/mysite/wsgi.py"),
    "requirements.txt": "django\nmysqlclient\ngunicorn\nwhitenoise\n",
    "runtime.txt": "python-3.10.14\n",
    "server/mysite/web.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"\napp = make()\n',
    Procfile:
      "web: cd server && gunicorn -w 4 --log-file - mysite.web --bind 0.0.0.0:$PORT\nrelease: cd server && ./release.sh\nworker: celery -A mysite worker\n",
  };
  expect(inspected(layout)).toEqual({
    project: {
      ...FOUND,
      directory: "server",
      wsgi: "mysite.web:app",
      python: "3.10",
      // As seen from the folder that commands start in.
      release: "cd .. && cd server && ./release.sh",
    },
    problems: [],
    warnings: [
      {
        path: "image.app.folder",
        message: "Procfile: worker is not started: web instances serve, and run nothing else",
      },
    ],
  });
});

test("a Procfile beside manage.py is read there; what its web process sets counts first", () => {
  const layout = {
    ...moved("server", STARTPROJECT),
    "server/mysite/live.py": "",
    "server/Procfile":
      "release: ./release.sh\nweb: DJANGO_SETTINGS_MODULE=mysite.live newrelic-admin run-program gunicorn -c x.py mysite.wsgi\n",
  };
  expect(inspected(layout)).toMatchObject({
    project: { directory: "server", settings: "mysite.live", release: "./release.sh" },
    problems: [],
  });
});

test("one that only an ASGI server starts runs by its wsgi.py, which is said; without one it does not", () => {
  const layout = { ...STARTPROJECT, Procfile: "web: daphne -b 0.0.0.0 -p $PORT mysite.asgi:application\n" };
  const { project, warnings } = inspected(layout);
  expect(project?.wsgi).toBe("mysite.wsgi:application");
  expect(warnings.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^Procfile starts an ASGI server, and the image serves WSGI \(mysite\/wsgi\.py\)/),
  ]);
  expect(inspected(without(layout, "mysite/wsgi.py")).problems).toEqual([
    {
      path: "app.wsgi",
      message: "there is a manage.py, but no wsgi.py",
      hint: expect.stringContaining("get_wsgi_application"),
    },
  ]);
});

test("an entry without manage.py starts where Python finds what it names", () => {
  const layout = {
    "requirements.txt": "flask\nmysqlclient",
    "app/wsgi.py": "from shop import create\napplication = create()\n",
  };
  expect(inspected(layout)).toEqual({
    project: {
      directory: "app",
      wsgi: "wsgi:application",
      settings: null,
      requirements: "requirements.txt",
      manage: false,
      python: null,
      addsDriver: false,
      release: null,
    },
    problems: [],
    warnings: [],
  });
  expect(inspected({ ...layout, "app/__init__.py": "" }).project).toMatchObject({
    directory: "",
    wsgi: "app.wsgi:application",
  });
  expect(
    inspected(without(moved("src", STARTPROJECT), "src/manage.py", "src/mysite/__init__.py")).project,
  ).toMatchObject({ directory: "src", wsgi: "mysite.wsgi:application", manage: false });
});

test("what is no Django project says what was looked for", () => {
  expect(
    inspected({ "index.html": "", "package.json": "{}", "node_modules/x/wsgi.py": "", "tests/wsgi.py": "" }),
  ).toEqual({
    project: undefined,
    problems: [
      {
        path: "image.app.folder",
        message:
          "no Django project was found: there is no manage.py, no wsgi.py and no Procfile that names a WSGI entry, but for tests/wsgi.py, which is not looked at",
        hint: "name the folder with the Django project; or the module of its WSGI entry in app.wsgi",
      },
    ],
    warnings: [],
  });
});

test("names that Python or the instances cannot take", () => {
  expect(
    inspected({ "manage.py": manage("my-site.settings"), "my-site/wsgi.py": wsgi("my-site.settings") }).problems,
  ).toEqual([
    {
      path: "app.wsgi",
      message: "Python does not find my-site/wsgi.py from the project's top, where it starts",
      hint: "rename its folders: letters, digits and underscores, not a digit first",
    },
  ]);
  const steering = inspected({ ...STARTPROJECT, "shop\u001b[2J/manage.py": manage("shop.settings") }).problems;
  expect(steering[0]?.message).toBe("there are two manage.py: manage.py and shop/manage.py");
  expect(inspected(moved("my site", STARTPROJECT)).problems).toMatchObject([
    { path: "app.directory", message: 'the folder "my site" has characters in its name that cannot be used here' },
  ]);
});

test("settings of development, where there are some of production", () => {
  const files = { "shop/settings/__init__.py": "", "shop/settings/dev.py": "", "shop/settings/production.py": "" };
  const layout = {
    ...files,
    "manage.py": manage("shop.settings.dev"),
    "shop/wsgi.py": wsgi("shop.settings.dev"),
    "requirements.txt": "Django\nmysqlclient",
  };
  expect(inspected(layout)).toMatchObject({
    project: { settings: "shop.settings.dev" },
    warnings: [
      {
        path: "app.settings",
        message:
          "shop.settings.dev is used, by its name the settings of development; there is shop.settings.production, too",
        hint: 'to choose, and to hear no more of it: { "app": { "settings": "shop.settings.production" } }',
      },
    ],
  });
  expect(inspected(layout, { app: { settings: "shop.settings.dev" } }).warnings).toEqual([]);
});

test("settings that nobody names, that are not sent, or that are worked out", () => {
  const silent = "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n";
  const layout = {
    ...STARTPROJECT,
    "manage.py": "import django",
    "mysite/wsgi.py": silent,
    "mysite/settings_test.py": "",
  };
  expect(inspected(layout).problems).toEqual([
    {
      path: "app.settings",
      message: "neither mysite/wsgi.py nor manage.py names the settings",
      hint: 'name them: { "app": { "settings": "mysite.settings" } }, or mysite.settings_test',
    },
  ]);
  expect(inspected(layout, { app: { settings: "mysite.settings" } }).problems).toEqual([]);
  expect(inspected({ ...layout, "mysite/wsgi.py": wsgi("mysite.local") }).problems).toMatchObject([
    { path: "app.settings", message: "mysite/wsgi.py names the settings mysite.local, which are not in the project" },
  ]);
  // They may be installed.
  expect(inspected({ ...layout, "mysite/wsgi.py": wsgi("company.settings") })).toMatchObject({
    project: { settings: "company.settings" },
    problems: [],
  });
  const worked = wsgi("x").replace('"x"', 'f"mysite.{stage}"');
  expect(inspected({ ...layout, "mysite/wsgi.py": worked })).toMatchObject({
    project: { settings: null },
    problems: [],
  });
});
