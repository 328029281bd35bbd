import { describe, expect, test } from "vitest";
import type { Project } from "../../src/app/project.ts";
import { parseConfig } from "../../src/config/load.ts";
import { appDocument, releaseDocument } from "../../src/sandbox/guests/documents.ts";
import {
  appSettings,
  domainNames,
  encoded,
  MIGRATE,
  releaseCommand,
  releaseSettings,
} from "../../steps/scripts/app-settings.ts";
import { USER_DATA_LIMIT, webUserData } from "../../steps/scripts/user-data.ts";

const GIT = { git: "https://git.example.com/site.git", revision: "main" };
const config = (app: object, rest: object = {}) => parseConfig({ image: { app: GIT }, app, ...rest }, "test.json");
const PROJECT: Project = {
  directory: "backend",
  wsgi: "config.wsgi:application",
  settings: "config.settings",
  requirements: "requirements/production.txt",
  manage: true,
  python: "3.10",
  addsDriver: true,
  release: null,
};
const of = (app: object, project: Project | undefined = PROJECT, siteNames = ["buddyverse.link"]) =>
  releaseSettings(config(app), project, { imageHash: "0123456789ab", siteNames });

describe("how the application is installed", () => {
  test("is what was found in the project, but for what the config says", () => {
    const { manage: _, release: __, ...found } = PROJECT;
    expect(appSettings(config({}), PROJECT)).toEqual({ ...found, packages: [] });
    expect(appSettings(config({ wsgi: "site.wsgi", packages: ["libpq-dev"] }), PROJECT)).toEqual({
      ...found,
      wsgi: "site.wsgi",
      packages: ["libpq-dev"],
    });
  });

  test("is left to the builder where nobody looked, and for the built-in page", () => {
    const unknown = { directory: null, wsgi: null, settings: null, requirements: null, python: null };
    expect(appSettings(config({}), undefined)).toEqual({ ...unknown, packages: [], addsDriver: false });
    expect(appSettings(config({ packages: ["libpq-dev"] }, { image: { app: null } }), undefined).packages).toEqual([]);
  });

  test.each<[keyof Project, string]>([
    ["directory", "back end"],
    ["directory", "../other"],
    ["wsgi", "config wsgi"],
    ["settings", "config/settings.py"],
    ["requirements", "a".repeat(256)],
    ["python", "2.7"],
  ])("is refused with a config error where the project's %s is %s", (key, value) => {
    expect(() => appSettings(config({}), { ...PROJECT, [key]: value })).toThrow(
      expect.objectContaining({ code: "config", hint: expect.stringContaining("config") }),
    );
  });
});

describe("the release", () => {
  test.each<[string, object, Project | undefined, string]>([
    ["migrates where there is a manage.py", {}, PROJECT, MIGRATE],
    ["migrates where nobody looked", {}, undefined, MIGRATE],
    ["runs nothing where there is none", {}, { ...PROJECT, manage: false }, ""],
    ["runs what the project names", {}, { ...PROJECT, release: "./release.sh" }, "./release.sh"],
    [
      "runs what the config names before that",
      { release: "make it" },
      { ...PROJECT, release: "./release.sh" },
      "make it",
    ],
    ["runs nothing where the config says so", { release: "" }, PROJECT, ""],
  ])("%s", (_name, app, project, command) => {
    expect(releaseCommand(config(app), project)).toBe(command);
  });

  test("of the built-in page runs nothing, in no environment", () => {
    const page = parseConfig({ app: { env: { A: "1" }, secrets: ["B"], release: "make it" } }, "test.json");
    expect(releaseSettings(page, undefined, { imageHash: "0123456789ab", siteNames: ["a.example"] })).toMatchObject({
      env: {},
      secrets: [],
      release: "",
    });
  });

  test("has an id by its content: image, environment, names of secrets, command, in whatever order", () => {
    const id = (app: object, imageHash = "0123456789ab") =>
      releaseSettings(config(app), PROJECT, { imageHash, siteNames: ["buddyverse.link"] }).releaseId;
    expect(id({ env: { A: "1", B: "2" }, secrets: ["C", "D"] })).toBe(
      id({ env: { B: "2", A: "1" }, secrets: ["D", "C"] }),
    );
    const ids = [
      id({}),
      id({}, "0123456789ac"),
      id({ env: { A: "1" } }),
      id({ env: { A: "2" } }),
      id({ secrets: ["A"] }),
      id({ release: "" }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const one of ids) expect(one).toMatch(/^[0-9a-f]{12}$/);
  });

  test("knows how the site is called and asked", () => {
    expect(domainNames(config({}))).toEqual(["buddyverse.link", "www.buddyverse.link"]);
    expect(domainNames(config({}, { domain: { www: false } }))).toEqual(["buddyverse.link"]);
    expect(domainNames(config({}, { domain: null }))).toEqual([]);
    expect(of({})).toMatchObject({ https: true, vpcCidr: "172.31.0.0/16", healthCheckPath: "/" });
    expect(of({ healthCheckPath: "/up" })).toMatchObject({ healthCheckPath: "/up" });
  });
});

test("instances read what is written for them", () => {
  const read = (text: string) => JSON.parse(Buffer.from(text, "base64").toString("utf8"));
  const env = { TEXT: 'it\'s "so"; $(reboot) @REGION@ — λ\nSETTINGS\n' };
  expect(releaseDocument.parse(read(encoded(of({ env, secrets: ["KEY"] }))))).toMatchObject({ env, secrets: ["KEY"] });
  expect(appDocument.parse(read(encoded(appSettings(config({}), PROJECT))))).toMatchObject({ directory: "backend" });
});

describe("the longest that the config takes", () => {
  test("fits into user data; more is a mistake in the config", () => {
    const name = `${"a".repeat(50)}.example.link`;
    const userData = (bytes: number) => {
      // What takes the most room as JSON: quotes and control characters are escaped.
      const app = { release: "\u{1}".repeat(150), healthCheckPath: `/${'"'.repeat(1023)}` };
      const env = Object.fromEntries([1, 2, 3, 4].map((n) => [`E${n}`, "e".repeat(Math.min(2048, bytes / 4))]));
      const given = config({ ...app, env }, { domain: { name } });
      return webUserData({
        region: "ap-northeast-2",
        stack: "s".repeat(20),
        fileSystemId: "fs-0123456789abcdef0",
        parameterPath: `/buddyverse/${"s".repeat(20)}/database/`,
        database: "django_db",
        user: "admin",
        release: releaseSettings(given, PROJECT, { imageHash: "0123456789ab", siteNames: domainNames(given) }),
      });
    };
    expect(Buffer.byteLength(userData(6_900))).toBeLessThan(USER_DATA_LIMIT);
    expect(Buffer.byteLength(userData(6_900))).toBeGreaterThan(USER_DATA_LIMIT - 2_500);
    expect(() => userData(7_000)).toThrow(
      expect.objectContaining({
        code: "config",
        problems: [expect.objectContaining({ path: "app", message: expect.stringContaining("bytes together") })],
      }),
    );
  });

  test("of packages: more is a mistake in the config", () => {
    const packages = Array.from({ length: 30 }, (_, n) => `p${n}-`.padEnd(128, "x"));
    expect(config({ packages }).app.packages).toHaveLength(30);
    expect(() => config({ packages: [...packages, "q".repeat(128)] })).toThrow(
      expect.objectContaining({ problems: [expect.objectContaining({ path: "app.packages" })] }),
    );
  });
});
