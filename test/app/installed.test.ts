import { expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { inspected, type Layout, STARTPROJECT } from "./projects.ts";

const { "requirements.txt": _, ...BARE } = STARTPROJECT;
const look = (layout: Layout, config: ConfigInput = {}) => inspected({ ...BARE, ...layout }, config);
const problems = (layout: Layout, config: ConfigInput = {}) =>
  look(layout, config).problems.map(({ path, message, hint }) => [path, message, hint]);

test("which requirements a server installs", () => {
  const found = (...paths: readonly string[]) => {
    const layout = Object.fromEntries(paths.map((path) => [path, "Django\nmysqlclient"]));
    const { project, problems } = look(layout);
    return project?.requirements ?? problems[0]?.message ?? null;
  };
  expect(found("requirements/base.txt", "requirements/dev.txt", "requirements/production.txt")).toBe(
    "requirements/production.txt",
  );
  expect(found("requirements-prod.txt", "requirements-dev.txt")).toBe("requirements-prod.txt");
  expect(found("requirements.txt", "requirements/production.txt")).toBe("requirements.txt");
  expect(found("requirements/base.txt")).toBe("requirements/base.txt");
  expect(found("requirements/base.txt", "requirements/dev.txt")).toBe(
    "there are requirements/base.txt and requirements/dev.txt, and no requirements.txt",
  );
  expect(
    problems({ "requirements/base.txt": "", "requirements.in": "" }, { app: { requirements: "requirements.txt" } }),
  ).toEqual([
    [
      "app.requirements",
      "there is no requirements.txt in the project",
      "there is requirements/base.txt and requirements.in",
    ],
  ]);
});

test("a pyproject.toml with dependencies is installed; Poetry's, Pipenv's and conda's are not read, which is said with the command", () => {
  const pyproject = (text: string): Layout => ({ "pyproject.toml": text });
  expect(
    look(
      pyproject(
        '[project]\nname = "x"\nrequires-python = ">=3.9"\ndependencies = ["Django~=4.2", "mysqlclient[x]>2"]\n',
      ),
    ),
  ).toMatchObject({ project: { requirements: "pyproject.toml", addsDriver: false }, problems: [], warnings: [] });
  expect(problems(pyproject('[tool.poetry.dependencies]\npython = "^3.10"\ndjango = "^4.2"\n'))).toEqual([
    [
      "app.requirements",
      "pyproject.toml: Poetry's own dependencies are not read here",
      "write a requirements.txt beside it: poetry export --without-hashes -o requirements.txt (with poetry-plugin-export)",
    ],
  ]);
  expect(problems({ Pipfile: "" })).toEqual([
    [
      "app.requirements",
      "Pipfile: Pipenv's requirements are not read here",
      "write a requirements.txt beside it: pipenv requirements > requirements.txt",
    ],
  ]);
  expect(
    problems(pyproject("[tool.poetry.dependencies]\ndjango = '*'\n"), {
      app: { requirements: "pyproject.toml" },
    })[0]?.[1],
  ).toBe("pyproject.toml: Poetry's own dependencies are not read here");
  expect(problems(pyproject('[project]\ndynamic = ["dependencies"]\n'))[0]?.[1]).toContain(
    "worked out when it is built",
  );
  expect(problems({ "environment.yml": "" })[0]?.[1]).toBe("environment.yml: conda's dependencies are not read here");
  expect(problems(pyproject("[project\n"))[0]?.[1]).toMatch(/^pyproject\.toml cannot be read: line 1: /);
  // The settings of tools only.
  expect(look({ ...pyproject("[tool.ruff]\n"), "setup.py": "setup()" })).toMatchObject({
    project: { requirements: null, addsDriver: false },
    problems: [],
    warnings: [{ path: "app.requirements", message: expect.stringContaining("Ubuntu's own Django") }],
  });
});

test("a driver of MySQL is added where Django would find none", () => {
  const adds = (lines: readonly string[], others: Layout = {}) =>
    look({ "requirements.txt": lines.join("\n"), "more/extra.txt": "mysqlclient", ...others }).project?.addsDriver;
  expect(adds(["Django"])).toBe(true);
  expect(adds(["Django", "  MySQLClient >= 2 ; python_version > '3'"])).toBe(false);
  expect(adds(["Django", "-r more/extra.txt"])).toBe(false);
  expect(adds(["Django", "-c more/extra.txt"])).toBe(true);
  expect(adds(["Django", "# mysqlclient"])).toBe(true);
  expect(adds(["Django", "git+https://github.com/PyMySQL/mysqlclient.git@main#egg=mysqlclient"])).toBe(false);
  // Django does not take PyMySQL by itself, nor MySQL's own for a mysql:// address.
  expect(adds(["Django", "PyMySQL", "mysql-connector-python"])).toBe(true);
  const installs = "import pymysql\npymysql.install_as_MySQLdb()\n";
  expect(adds(["Django", "PyMySQL"], { "mysite/__init__.py": installs })).toBe(false);
  expect(adds(["Django", "PyMySQL"], { "mysite/__init__.py": installs.replaceAll(/^/gm, "# ") })).toBe(true);
});

test("what pip would fail at, with its line", () => {
  const requirements = [
    "Django==4.2.11 \\",
    "    --hash=sha256:00",
    "-r requirements/base.txt",
    "pywin32==306",
    'pywin32==306; sys_platform == "win32"',
    "pkg_resources==0.0.0",
    "numpy @ file:///croot/numpy_1/work",
    "tools @ git+ssh://git@github.com/owner/tools.git",
    "--index-url https://pypi.org/simple",
  ].join("\r\n");
  expect(problems({ "requirements.txt": requirements })).toEqual([
    [
      "image.app.folder",
      "requirements.txt:3 takes in requirements/base.txt, which is not in the project",
      "add that file, or take the line out",
    ],
    [
      "image.app.folder",
      "requirements.txt:4 asks for pywin32, which there is for Windows only",
      'take it out, or write: pywin32==306; sys_platform == "win32"',
    ],
    [
      "image.app.folder",
      "requirements.txt:6 asks for pkg-resources, of which there is no such version",
      "take the line out",
    ],
    [
      "image.app.folder",
      "requirements.txt:7 names a file of the machine that wrote it",
      expect.stringContaining("--format=freeze"),
    ],
    [
      "image.app.folder",
      "requirements.txt:8 is fetched by ssh, for which the image's builder has no key",
      "use an https address",
    ],
  ]);
});

test("requirements that name no Django are warned of, also such as PowerShell writes", () => {
  expect(look({ "requirements.txt": "flask" }).warnings.map(({ message }) => message)).toEqual([
    "requirements.txt does not name Django, and only what it names is installed",
  ]);
  expect(look({ "requirements.txt": "wagtail>=6" }).warnings).toEqual([]);
  const utf16 = Buffer.from("\ufeffDjango==4.2\r\nmysqlclient==2.2\r\n", "utf16le");
  expect(look({ "requirements.txt": utf16 })).toMatchObject({ project: { addsDriver: false }, warnings: [] });
});

test("a Python that the base does not have is refused, with the base that has it or the line to change", () => {
  const good = { "requirements.txt": "Django\nmysqlclient" };
  const pin = (file: string, content: string, base?: string) => {
    const { project, problems } = look({ ...good, [file]: content }, base === undefined ? {} : { image: { base } });
    return problems.length > 0
      ? problems.map(({ message, hint }) => `${message} → ${hint}`)
      : (project?.python ?? "any");
  };
  expect(pin("runtime.txt", "python-3.10.4\n")).toBe("3.10");
  expect(pin(".python-version", "3.11.4\n3.10\n")).toBe("3.10");
  expect(pin(".python-version", "my-environment\n")).toBe("any");
  expect(pin("runtime.txt", "python-3.12.1", "ubuntu-24.04")).toBe("3.12");
  expect(pin("runtime.txt", "python-3.13.1", "ami-0123456789abcdef0")).toBe("3.13");
  expect(pin("runtime.txt", "python-3.13.1")).toEqual([
    "runtime.txt wants Python 3.13.1, and the Python of ubuntu-22.04 is 3.10 → write python-3.10 there, if it runs on that",
  ]);
  const project = (range: string) => `[project]\nrequires-python = "${range}"\n`;
  expect(pin("pyproject.toml", project(">=3.9,<4"))).toBe("any");
  expect(pin("pyproject.toml", project(">=3.12"))).toEqual([
    'pyproject.toml wants Python >=3.12, and the Python of ubuntu-22.04 is 3.10 → set image.base to "ubuntu-24.04", which has 3.12; or change it there, if 3.10 will do',
  ]);
  expect(pin("pyproject.toml", '[tool.poetry.dependencies]\npython = "~3.11"\n')).toEqual([
    "pyproject.toml wants Python ~3.11, and the Python of ubuntu-22.04 is 3.10 → change it there, if 3.10 will do",
  ]);
  // What it is developed with is no matter, where it says what it runs with.
  expect(look({ ...good, ".python-version": "3.13", "pyproject.toml": project(">=3.10") })).toMatchObject({
    project: { python: null },
    problems: [],
  });
  expect(problems({ "requirements.txt": "django>=6.0\nmysqlclient" })).toEqual([
    [
      "image.base",
      "Django >=6.0 wants Python 3.12 or later, and the Python of ubuntu-22.04 is 3.10",
      'set image.base to "ubuntu-24.04", which has 3.12; or ask for an earlier Django: "Django>=5.2,<6"',
    ],
  ]);
  expect(problems({ "requirements.txt": "django>=6.0\nmysqlclient" }, { image: { base: "ubuntu-24.04" } })).toEqual([]);
});
