/** What installs, releases and serves an application on the instances, run here: their folders moved, other programs played. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { appSettings } from "../../steps/scripts/app-settings.ts";
import webApp from "../../steps/scripts/web-app.py";
import webRelease from "../../steps/scripts/web-release.py";
import webResolve from "../../steps/scripts/web-resolve.py";
import webSite from "../../steps/scripts/web-site.py";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";
import { type Ended, programs, run } from "./run.ts";

let root: string;
beforeEach(() => {
  root = temporaryFolder("app");
});
const read = (name: string) => readFileSync(join(root, name), "utf8");
function place(files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

/** Its folders are below `root`, and files may be given to a user that this machine does not have. */
const moved = (script: string) =>
  `import os, pwd\nos.chown = lambda *_, **__: None\npwd.getpwnam = lambda _: pwd.getpwuid(os.geteuid())\n${script.replaceAll(/(?<=[ "'])\/(mnt|srv|etc|run|var|usr\/local)\//g, `${root}/$1/`).replace('SHARE = "/mnt/efs"', `SHARE = "${root}/mnt/efs"`)}`;
const python = (script: string, ...words: readonly string[]): Promise<Ended> => {
  place({ script: moved(script) });
  return run("python3", [join(root, "script"), ...words], {
    env: { PYTHONPATH: join(root, "python"), BUDDYVERSE_STACK: "b", BUDDYVERSE_REGION: "ap-northeast-2" },
  });
};

describe("web-resolve.py", needs("python3"), () => {
  const resolve = async (files: Readonly<Record<string, string>>, said: object = {}) => {
    place({
      ...Object.fromEntries(Object.entries(files).map(([name, text]) => [`app/${name}`, text])),
      "etc/buddyverse/app.json": { ...appSettings(configSchema.parse({}), undefined), ...said },
      "run/buddyverse-setup/x": "",
      "srv/buddyverse/x": "",
    });
    const ended = await python(webResolve, join(root, "app"));
    const written = (name: string) => (existsSync(join(root, name)) ? read(name).replaceAll(root, "") : undefined);
    return {
      ...ended,
      entry: JSON.parse(written("srv/buddyverse/entry.json") ?? "null"),
      pip: written("run/buddyverse-setup/requirements.txt"),
      apt: written("run/buddyverse-setup/packages"),
    };
  };
  const PROJECT = { "backend/manage.py": "", "backend/config/wsgi.py": "", "backend/config/__init__.py": "" };

  test("finds where a project starts, and what it wants", async () => {
    const files = { ...PROJECT, "requirements.txt": "", "venv/lib/django/wsgi.py": "", ".git/wsgi.py": "" };
    expect(await resolve(files)).toEqual({
      code: 0,
      out: "",
      entry: { top: "/app", root: "/app/backend", wsgi: "config.wsgi:application", settings: null },
      pip: "-r /app/requirements.txt\n",
      apt: undefined,
    });
  });

  test("keeps to what the config says", async () => {
    const said = {
      directory: "backend",
      wsgi: "config.wsgi:site",
      settings: "config.settings.production",
      requirements: "backend/requirements/production.txt",
      packages: ["libpq-dev", "gettext"],
      addsDriver: true,
    };
    expect(
      await resolve({ ...PROJECT, "other/wsgi.py": "", "backend/requirements/production.txt": "" }, said),
    ).toMatchObject({
      entry: { root: "/app/backend", wsgi: "config.wsgi:site", settings: "config.settings.production" },
      pip: "-r /app/backend/requirements/production.txt\nmysqlclient\n",
      apt: "libpq-dev\ngettext\n",
    });
  });

  test("takes the dependencies of a pyproject.toml", async () => {
    const pyproject = '[project]\nname = "site"\ndependencies = ["Django>=4.2", "mysqlclient"]\n';
    const { code, out, pip } = await resolve({ ...PROJECT, "backend/pyproject.toml": pyproject });
    expect({ code, out, pip }).toEqual({ code: 0, out: "", pip: "Django>=4.2\nmysqlclient\n" });
  });

  test("a pyproject.toml with settings of tools only is none", async () => {
    const tools = { ...PROJECT, "pyproject.toml": "[tool.black]\nline-length = 99\n" };
    expect((await resolve(tools)).pip).toBeUndefined();
    const { code, out } = await resolve(tools, { requirements: "pyproject.toml" });
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("has no [project] dependencies") });
  });

  test.each([
    ["two entries", { ...PROJECT, "other/wsgi.py": "" }, {}, "one wsgi.py is wanted (name it: app.wsgi in the config)"],
    ["no entry", { "manage.py": "" }, {}, "found: none"],
    ["an entry that is not there", PROJECT, { wsgi: "site.wsgi" }, "there is no module site.wsgi"],
    ["requirements that are not there", PROJECT, { requirements: "r.txt" }, "(app.requirements in the config)"],
    ["another Python", PROJECT, { python: "2.7" }, "the project wants Python 2.7, and this base has 3."],
  ])("refuses %s", async (_what, files, said, why) => {
    const { code, out, entry } = await resolve(files, said);
    expect({ code, out, entry }).toEqual({ code: 1, out: expect.stringContaining(why), entry: null });
  });
});

describe("web-site.py", needs("python3"), () => {
  const APP = "srv/buddyverse/app";
  /** An instance of the image whose application has these settings and files. */
  const image = (name: string, settings: object, files: Readonly<Record<string, string | object>> = {}) =>
    place({
      "etc/buddyverse/image": `${name}\n`,
      "srv/buddyverse/entry.json": { top: join(root, APP), root: join(root, APP), ...settings },
      "mnt/efs/x": "",
      [`${APP}/manage.py`]: "",
      ...files,
    });
  const at = (path: string) => join(root, path);
  const PLAIN = { mediaUrl: "/uploads/", staticUrl: "/assets/" };

  test("uploads are on the share, wherever the project thinks that they lie; what it brings is put there once", async () => {
    const settings = { ...PLAIN, mediaRoot: at(`${APP}/uploads`) };
    image("1", settings, { [`${APP}/uploads/logo.txt`]: "the project's", [`${APP}/uploads/a/b.txt`]: "b" });
    expect(await python(webSite, "share")).toEqual({ code: 0, out: "" });
    expect(readlinkSync(at(`${APP}/uploads`))).toBe(at("mnt/efs/media"));
    expect(read("mnt/efs/media/logo.txt") + read(`${APP}/uploads/a/b.txt`)).toBe("the project'sb");
    place({ [`${APP}/uploads/logo.txt`]: "a visitor's" });
    // Another boot, another instance, another release.
    expect(await python(webSite, "share")).toEqual({ code: 0, out: "" });
    root = temporaryFolder("app");
    image(
      "2",
      { ...PLAIN, mediaRoot: "uploads" },
      { [`${APP}/uploads/logo.txt`]: "the project's", "mnt/efs/media/logo.txt": "a visitor's" },
    );
    expect(await python(webSite, "share")).toEqual({ code: 0, out: "" });
    expect(read(`${APP}/uploads/logo.txt`)).toBe("a visitor's");
  });

  test("static files of an earlier release stay on the share beside those of the new one", async () => {
    image(
      "1",
      { ...PLAIN, staticRoot: at(`${APP}/static`) },
      {
        [`${APP}/static/site.1.css`]: "new",
        "mnt/efs/static/site.0.css": "old",
      },
    );
    expect(await python(webSite, "share")).toEqual({ code: 0, out: "" });
    expect(read("mnt/efs/static/site.0.css") + read("mnt/efs/static/site.1.css")).toBe("oldnew");
    expect(read(`${APP}/static/site.1.css`)).toBe("new");
  });

  test("an application that reads its static files on the share has those of its own release there, at each boot", async () => {
    image(
      "1",
      { ...PLAIN, staticRoot: at("mnt/efs/static") },
      {
        "srv/buddyverse/static/site.css": "its own",
        "mnt/efs/static/site.css": "of another",
        "mnt/efs/.buddyverse/images/1": "",
      },
    );
    expect(await python(webSite, "share")).toEqual({ code: 0, out: "" });
    expect(read("mnt/efs/static/site.css")).toBe("its own");
  });

  test.each([
    ["that hold the application", { mediaRoot: "srv/buddyverse" }, "MEDIA_ROOT", "holds the application itself"],
    ["that are the application", { staticRoot: APP }, "STATIC_ROOT", "holds the application itself"],
    ["of the system", { mediaRoot: "elsewhere" }, "uploads cannot lie in", "not the application's alone"],
  ])("refuses folders %s, and takes nothing away", async (_what, roots, ...said) => {
    const absolute = Object.fromEntries(Object.entries(roots).map(([key, path]) => [key, at(path as string)]));
    image("1", { ...PLAIN, ...absolute }, { "elsewhere/file": "kept" });
    const { code, out } = await python(webSite, "share");
    expect(code).toBe(1);
    for (const text of said) expect(out).toContain(text);
    expect(read("elsewhere/file") + read(`${APP}/manage.py`)).toBe("kept");
  });

  test("writes Apache's configuration from what the application's settings say", async () => {
    const inspected = {
      django: true,
      staticUrl: "https://cdn.example/assets/",
      staticRoot: "public",
      mediaUrl: "/uploads/",
      mediaRoot: at("mnt/efs/media"),
      collects: true,
    };
    image(
      "1",
      { wsgi: "config.wsgi:application" },
      {
        "etc/buddyverse/release.json": { siteNames: ["a.example", "b.example"], https: true, vpcCidr: "10.9.0.0/16" },
        "etc/apache2/sites-available/x": "",
        "srv/buddyverse/apache.conf": "@ROOT@ @SITE@ @SCHEME@ @HTTPS@ @VPC@\n@ALIASES@\n",
      },
    );
    programs(at("usr/local/bin"), {
      "buddyverse-app": `echo noise; echo 'BUDDYVERSE-INSPECTED ${JSON.stringify(inspected)}'`,
    });
    expect(await python(webSite.replace("/etc/apache2", `${root}/etc/apache2`), "serve")).toEqual({ code: 0, out: "" });
    const conf = read("etc/apache2/sites-available/buddyverse.conf").replaceAll(root, "");
    expect(conf).toContain(`/${APP} a.example https on 10.9.0.0/16\n`);
    expect(conf).toContain('Alias "/uploads/" "/mnt/efs/media/"');
    expect(conf).toContain(`Alias "/assets/" "/${APP}/public/"`);
    expect(conf).toContain(
      `RewriteCond "/${APP}/public/$1" !-f\n  RewriteRule "^/assets/(.+)$" "/mnt/efs/static/$1" [END]`,
    );
    expect(JSON.parse(read("srv/buddyverse/entry.json"))).toMatchObject({
      wsgi: "config.wsgi:application",
      collects: true,
    });
  });

  test("an application that does not start is shown with what it said", async () => {
    image("1", {});
    programs(at("usr/local/bin"), { "buddyverse-app": "echo no such module" });
    const { code, out } = await python(webSite, "serve");
    expect({ code, out }).toEqual({
      code: 1,
      out: "no such module\nbuddyverse-site: the application does not start (above)\n",
    });
  });
});

describe("web-release.py", needs("python3"), () => {
  const PASSWORD = "p@ss word";
  const instance = (release: string, releaseId = "0123456789ab") => {
    place({
      "python/botocore/__init__.py": "",
      "python/botocore/config.py": "def Config(**options): return None\n",
      "python/botocore/exceptions.py": "class BotoCoreError(Exception): pass\nclass ClientError(Exception): pass\n",
      "python/boto3.py": `import json, types
def put(**call): json.dump(call, open("${root}/put", "w"))
def client(service, region_name, config=None):
  assert (service, region_name) == ("ssm", "ap-northeast-2")
  return types.SimpleNamespace(put_parameter=put)
`,
      "etc/buddyverse/release.json": { release, releaseId, secrets: ["PARTNER_KEY"] },
      "run/buddyverse/app.env.json": {
        DATABASE_URL: "mysql://admin:p%40ss%20word@database1:3306/django_db",
        DATABASE_REPLICA_URL: "mysql://admin:p%40ss%20word@database1-replica:3306/django_db",
        SECRET_KEY: "s1gning",
        PARTNER_KEY: "hush-hush",
      },
      "run/buddyverse/database.json": { password: PASSWORD },
      "run/buddyverse/instance.json": { id: "i-0a" },
      "mnt/efs/x": "",
      "var/log/x": "",
    });
    programs(join(root, "usr/local/bin"), { "buddyverse-app": 'exec "$@"' });
  };
  const told = () => {
    const { Value, ...call } = JSON.parse(read("put"));
    return { call, value: JSON.parse(Value), bytes: Buffer.byteLength(Value), text: Value as string };
  };

  test("runs the command once for a release, and tells what came of it", async () => {
    instance(`echo 안녕; echo run >>${root}/runs`);
    expect((await python(webRelease)).code).toBe(0);
    expect(told()).toMatchObject({
      call: { Name: "/buddyverse/b/release/report", Type: "String", Overwrite: true },
      value: {
        result: "succeeded",
        stage: "release",
        release: "0123456789ab",
        seconds: 0,
        instance: "i-0a",
        at: expect.stringMatching(/^\d{4}-.*Z$/),
        output: "안녕\n",
      },
    });
    const { code, out } = await python(webRelease);
    expect({ code, out }).toEqual({ code: 0, out: "BUDDYVERSE-RELEASE 0123456789ab was done before\n" });
    instance(`echo run >>${root}/runs`, "ba9876543210");
    await python(webRelease);
    expect(read("runs")).toBe("run\nrun\n");
  });

  test("two instances that boot at once run it once, one after the other", async () => {
    instance(
      `[ ! -e ${root}/busy ] || echo both >>${root}/runs; touch ${root}/busy; echo run >>${root}/runs; rm ${root}/busy`,
    );
    const ended = await Promise.all([python(webRelease), python(webRelease), python(webRelease)]);
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(read("runs")).toBe("run\n");
  });

  test("whoever waited while it failed does not try it again, and ends; the next one does", async () => {
    instance(`echo run >>${root}/runs; sleep 1; exit 3`);
    const ended = await Promise.all([python(webRelease), python(webRelease)]);
    expect(read("runs")).toBe("run\n");
    expect(ended.map(({ code }) => code)).toEqual([1, 1]);
    expect(ended.map(({ out }) => out)).toContainEqual(
      expect.stringMatching(/^BUDDYVERSE-RELEASE 0123456789ab failed on i-0a at \S+ while this one waited/),
    );
    instance(`echo run >>${root}/runs`);
    expect((await python(webRelease)).code).toBe(0);
    expect(read("runs")).toBe("run\nrun\n");
  });

  test("with words it tells that the instance does not come up, and the application's last words, without secrets", async () => {
    instance("true");
    const said = Array.from({ length: 40 }, (_, line) => `[line ${line}]\n`).join("");
    place({ "var/log/apache2/app.log": `${said}ModuleNotFoundError: hush-hush\n` });
    expect(await python(webRelease, "the application answers 500 for /,", "and 200 is wanted")).toEqual({
      code: 0,
      out: "",
    });
    expect(told().value).toMatchObject({ result: "failed", stage: "boot", instance: "i-0a" });
    expect(told().value.output).toMatch(
      /^the application answers 500 for \/, and 200 is wanted\n\[line 21\]\n(.*\n)*ModuleNotFoundError: \*\*\*\n$/,
    );
    // Where nothing could be read before it failed.
    for (const file of ["run/buddyverse/app.env.json", "var/log/apache2/app.log"]) rmSync(join(root, file));
    await python(webRelease, "no settings");
    expect(told().value.output).toBe("no settings\n");
  });

  test("one that fails keeps the instance from serving, is told without secrets, and is tried again", async () => {
    const prints = `echo '{{ x }} {{{{' 'mysql://admin:p%40ss%20word@d' '${PASSWORD}' hush-hush s1gning`;
    place({ migrate: `for i in $(seq 900); do echo "line $i é"; done; ${prints}; exit 3` });
    instance(`sh ${root}/migrate`);
    const { code, out } = await python(webRelease);
    expect({ code, out }).toEqual({
      code: 1,
      out: expect.stringContaining("BUDDYVERSE-RELEASE 0123456789ab failed: the command ended with 3"),
    });
    const { value, bytes, text } = told();
    expect(value.result).toBe("failed");
    expect(value.output).toMatch(/line 900 é\n\{\{ x \}\} \{\{\{\{ mysql:\/\/admin:\*\*\*@d \*\*\* \*\*\* \*\*\*\n$/);
    expect(bytes).toBeLessThanOrEqual(4096);
    // Parameter Store takes no {{ (API reference, PutParameter).
    expect(text).not.toContain("{{");
    for (const secret of [PASSWORD, "p%40ss", "hush-hush", "s1gning"])
      expect(out + read("var/log/buddyverse/release.log")).not.toContain(secret);
    instance("true");
    await python(webRelease);
    expect(told().value.result).toBe("succeeded");
  });

  test("one that hangs is ended with all that it has started", async () => {
    instance("sleep 600 & sleep 600");
    const { code, out } = await python(webRelease.replace("TIMEOUT_SECONDS = 900", "TIMEOUT_SECONDS = 0.2"));
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining("the command ended with no code") });
    expect(told().value).toMatchObject({ result: "failed", output: "It was stopped after 0.2 s.\n" });
  });

  test("a release without a command needs nothing", async () => {
    place({ "etc/buddyverse/release.json": { release: "", releaseId: "0123456789ab", secrets: [] } });
    instance("");
    expect(await python(webRelease)).toEqual({ code: 0, out: "" });
    expect(existsSync(join(root, "put"))).toBe(false);
  });
});

describe("web-app.py", needs("python3"), () => {
  const app = async (words: readonly string[], files: Readonly<Record<string, object>>) => {
    place({ ...files, script: moved(webApp) });
    return new Promise<Ended & { readonly error: string }>((resolve) => {
      const child = spawn("python3", [join(root, "script"), ...words], {
        env: { PATH: process.env.PATH, LEAKED: "1" },
      });
      let [out, error] = ["", ""];
      child.stdout.on("data", (chunk) => (out += chunk));
      child.stderr.on("data", (chunk) => (error += chunk));
      child.on("close", (code) => resolve({ code, out, error }));
    });
  };
  const FILES = {
    "run/buddyverse/app.env.json": { PATH: process.env.PATH, GREETING: "good morning" },
    "srv/buddyverse/entry.json": { root: tmpdir() },
  };

  test("runs a command in the application's folder and environment, and ends with its code", async () => {
    const { code, out } = await app(
      ["sh", "-c", 'pwd -P; echo "$GREETING$LEAKED $*"; exit 3', "sh", "a b", "*"],
      FILES,
    );
    expect(code).toBe(3);
    expect(out).toMatch(/\ngood morning a b \*\n$/);
  });

  test.each([
    ["nothing is to run", [], FILES, "usage: buddyverse-app COMMAND"],
    ["the program is not there", ["no-such-program"], FILES, "no-such-program: No such file or directory"],
    ["the instance has not booted", ["true"], {}, "the settings are not there yet"],
  ])("says so when %s", async (_what, words, files, said) => {
    const { code, error } = await app(words, files);
    expect({ code, error }).toEqual({ code: 1, error: expect.stringContaining(said) });
  });
});
