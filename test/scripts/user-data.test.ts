import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { configSchema } from "../../src/config/schema.ts";
import { packTexts } from "../../src/lib/archive.ts";
import { appSettings, encoded, releaseSettings } from "../../steps/scripts/app-settings.ts";
import {
  builderUserData,
  imageContentHash,
  imageParts,
  natUserData,
  scriptsArchive,
  USER_DATA_LIMIT,
  webUserData,
} from "../../steps/scripts/user-data.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";
import { run } from "./run.ts";

const SCRIPTS = new URL("../../steps/scripts/", import.meta.url).pathname;
const RELEASE = releaseSettings(configSchema.parse({}), undefined, {
  imageHash: "0123456789ab",
  siteNames: ["buddyverse.link"],
});
const BUILDER = {
  region: "ap-northeast-2",
  stack: "buddyverse",
  markerName: "/buddyverse/buddyverse/image/0123456789ab",
  bucket: "buddyverse-buddyverse-111122223333-ap-northeast-2",
  scriptsKey: `scripts/${"a".repeat(64)}.tar.gz`,
  app: null,
  settings: appSettings(configSchema.parse({}), undefined),
  release: RELEASE,
} as const;
const WEB = {
  region: "ap-northeast-2",
  stack: "buddyverse",
  fileSystemId: "fs-0123456789abcdef0",
  parameterPath: "/buddyverse/buddyverse/database/",
  database: "django_db",
  user: "admin",
  release: RELEASE,
} as const;
const GIT = { git: "https://git.example.com/play-buddy/site.git", revision: "v1.2.3" } as const;
const S3 = { key: `app/${"b".repeat(64)}.tar.gz` } as const;

const RENDERED = {
  nat: natUserData({ vpcCidr: "172.31.0.0/16", stack: "buddyverse" }),
  builder: builderUserData(BUILDER),
  "builder with git": builderUserData({ ...BUILDER, app: GIT }),
  "builder with S3": builderUserData({ ...BUILDER, app: S3 }),
  web: webUserData(WEB),
};

/** What web-builder.sh unpacks, by GNU tar as the builder does it: the folder with the files, and its list of them. */
async function unpacked(): Promise<{ readonly folder: string; readonly list: readonly string[] }> {
  const folder = temporaryFolder("scripts");
  const archive = join(folder, "scripts.tar.gz");
  writeFileSync(archive, scriptsArchive().bytes);
  expect(await run("tar", ["-xzf", archive, "-C", folder, "--no-same-owner", "--touch"])).toEqual({ code: 0, out: "" });
  const { out } = await run("tar", ["-tvzf", archive, "--utc", "--numeric-owner"]);
  return { folder, list: out.trim().split("\n") };
}

/** The lines of its here document SETTINGS. */
const settings = (userData: string): string[] =>
  (/<<'SETTINGS'\n([\s\S]*?)SETTINGS\n/.exec(userData)?.[1] ?? "").split("\n").filter(Boolean);

describe("user data", () => {
  test.each(Object.entries(RENDERED))("of the %s starts as a script, is filled in, and fits", (_name, text) => {
    expect(text).toMatch(/^#!\/bin\/bash\n# buddyverse: (nat-setup|web-builder|web-user-data)\n/);
    expect(text).not.toMatch(/@[A-Z_]+@/);
    expect(Buffer.byteLength(text)).toBeLessThan(USER_DATA_LIMIT);
  });

  test("of the builder is a third of what EC2 takes: the scripts are not in it", () => {
    expect(Buffer.byteLength(RENDERED["builder with git"])).toBeLessThan(6 * 1024);
  });

  test("of the NAT instance masquerades for that VPC only", () => {
    expect(settings(natUserData({ vpcCidr: "10.9.0.0/16", stack: "buddyverse" }))).toEqual(["VPC_CIDR=10.9.0.0/16"]);
  });

  test("of the builder says where the application comes from", () => {
    const app = (text: string) => settings(text).filter((line) => line.startsWith("APP_"));
    expect(app(RENDERED["builder with git"])).toEqual([`APP_GIT=${GIT.git}`, "APP_REVISION=v1.2.3", "APP_KEY="]);
    expect(app(RENDERED["builder with S3"])).toEqual(["APP_GIT=", "APP_REVISION=", `APP_KEY=${S3.key}`]);
    expect(app(RENDERED.builder)).toEqual(["APP_GIT=", "APP_REVISION=", "APP_KEY="]);
  });

  test("of a web instance holds its settings and no secret", () => {
    expect(settings(RENDERED.web)).toEqual([
      "BUDDYVERSE_REGION=ap-northeast-2",
      "BUDDYVERSE_DNS_SUFFIX=amazonaws.com",
      "BUDDYVERSE_STACK=buddyverse",
      "BUDDYVERSE_FILE_SYSTEM=fs-0123456789abcdef0",
      "BUDDYVERSE_PARAMETER_PATH=/buddyverse/buddyverse/database/",
      "BUDDYVERSE_DATABASE=django_db",
      "BUDDYVERSE_USER=admin",
      `APP_ENV=${encoded(RELEASE)}`,
    ]);
  });

  test.each([
    ["a CIDR out of range", () => natUserData({ vpcCidr: "172.31.0.256/16", stack: "buddyverse" })],
    ["a CIDR with a command", () => natUserData({ vpcCidr: "172.31.0.0/16; reboot", stack: "buddyverse" })],
    ["a region with a quote", () => builderUserData({ ...BUILDER, region: "ap-northeast-2'" })],
    ["a marker with a substitution", () => builderUserData({ ...BUILDER, markerName: "/a/$(reboot)" })],
    ["a marker without its slash", () => builderUserData({ ...BUILDER, markerName: "a/b" })],
    [
      "a git URL with a password",
      () => builderUserData({ ...BUILDER, app: { ...GIT, git: "https://me:secret@git.example.com/a" } }),
    ],
    [
      "a git URL that is an option",
      () => builderUserData({ ...BUILDER, app: { ...GIT, git: "--upload-pack=reboot" } }),
    ],
    ["a revision that is an option", () => builderUserData({ ...BUILDER, app: { ...GIT, revision: "--force" } })],
    ["a bucket in capitals", () => builderUserData({ ...BUILDER, bucket: "Buddy" })],
    ["a key with a line break", () => builderUserData({ ...BUILDER, app: { key: `${S3.key}\nreboot` } })],
    ["a key without a hash", () => builderUserData({ ...BUILDER, scriptsKey: "scripts/latest.tar.gz" })],
    ["a file system that is none", () => webUserData({ ...WEB, fileSystemId: "fs-xyz" })],
    ["a path that does not end", () => webUserData({ ...WEB, parameterPath: "/buddyverse/database" })],
    ["a stack with a line break", () => webUserData({ ...WEB, stack: "a\nSETTINGS\nreboot" })],
    ["a database with a space", () => webUserData({ ...WEB, database: "django db" })],
  ])("refuses %s", (_name, render) => {
    expect(render).toThrow(RangeError);
  });
});

describe("the scripts that the builder fetches", () => {
  test("are all files of the image, but for their lines of comments, with their rights", needs("GNU tar"), async () => {
    const { folder, list } = await unpacked();
    const brought = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && file.name !== "scripts.tar.gz")
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    const apart = [
      "nat-setup.sh",
      "nat-route.sh",
      "nat-route.service",
      "web-builder.sh",
      "web-user-data.sh",
      "user-data.ts",
      "app-settings.ts",
    ];
    const files = readdirSync(SCRIPTS, { recursive: true, withFileTypes: true })
      .filter((file) => file.isFile() && !file.parentPath.includes("__pycache__") && !apart.includes(file.name))
      .map((file) => readFileSync(join(file.parentPath, file.name), "utf8"));
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) {
      const lines = file.split("\n").filter((line) => line.startsWith("#!") || !line.trim().startsWith("#"));
      expect(brought).toContain(lines.join("\n"));
    }
    expect(list).toContainEqual(
      expect.stringMatching(/^-rwxr-xr-x 0\/0 +\d+ 1970-01-01 00:00 usr\/local\/sbin\/buddyverse-boot$/),
    );
    // Folders would take their rights from the archive.
    expect(list.filter((line) => !line.startsWith("-"))).toEqual([]);
  });

  test("are the same bytes each time, whose hash they are sent with", () => {
    const { sha256, bytes } = scriptsArchive();
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(sha256);
    const files = [{ path: "a/b", mode: "0755", text: "text\n" }];
    // Stored, so that no version of zlib makes others of them.
    expect(packTexts(files).sha256).toBe("1cfe213e3d869a1fc4775e459abd18ba4024d07fca4538031a837a8c66d761bf");
  });
});

describe("an application that the config takes", () => {
  const texts = (git: string, revision: string) => {
    const { image } = configSchema.parse({ image: { app: { git, revision } } });
    const { app } = image;
    return app !== null && "git" in app ? builderUserData({ ...BUILDER, app }) : "";
  };

  test("fits into user data, whatever characters its address and revision hold", () => {
    const taken = { git: "", revision: "" };
    for (let code = 0; code < 256; code++) {
      const character = String.fromCharCode(code);
      const git = `https://git.example.com:8443/a${character}b/c.git`;
      const revision = `v${character}1`;
      if (configSchema.safeParse({ image: { app: { git, revision: "main" } } }).success) {
        taken.git += character;
        expect(settings(texts(git, "main"))).toContain(`APP_GIT=${git}`);
      }
      if (configSchema.safeParse({ image: { app: { git: GIT.git, revision } } }).success) {
        taken.revision += character;
        expect(settings(texts(GIT.git, revision))).toContain(`APP_REVISION=${revision}`);
      }
    }
    expect(taken.git).toMatch(/^%\+-\.\/0/);
    expect(taken.revision).toMatch(/^\+-\.\/0/);
  });

  test("fits at its longest, and the config refuses a longer one", () => {
    const longest = `https://git.example.com/${"%20".repeat(200)}`.slice(0, 500);
    const revision = "r".repeat(255);
    expect(Buffer.byteLength(texts(longest, revision))).toBeLessThan(USER_DATA_LIMIT);
    expect(() => texts(`${longest}x`, "main")).toThrow("longer than 500 characters");
    expect(() => texts(longest, `${revision}r`)).toThrow("not a branch, tag or commit");
  });

  test("and every region that it takes", () => {
    for (const region of ["ap-northeast-2", "us-gov-west-1", "cn-north-1"])
      expect(builderUserData({ ...BUILDER, region: configSchema.parse({ region, domain: null }).region })).toContain(
        `REGION=${region}\n`,
      );
  });
});

describe("imageContentHash", () => {
  test("names the content: the parts, their order and their borders", () => {
    expect(imageContentHash(["ab", "c"])).toMatch(/^[0-9a-f]{12}$/);
    expect(imageContentHash(["ab", "c"])).toBe(imageContentHash(["ab", "c"]));
    expect(
      new Set(
        [
          ["ab", "c"],
          ["a", "bc"],
          ["c", "ab"],
        ].map(imageContentHash),
      ).size,
    ).toBe(3);
  });

  test("differs by application", () => {
    const apps = [null, GIT, { ...GIT, revision: "v1.2.4" }, S3, { key: BUILDER.scriptsKey }];
    expect(new Set(apps.map((app) => imageContentHash(imageParts(app, BUILDER.settings)))).size).toBe(apps.length);
  });
});

describe("the files", () => {
  test("pass shellcheck, as sources and as rendered", needs("shellcheck"), async () => {
    const sources = readdirSync(SCRIPTS).filter((name) => name.endsWith(".sh"));
    expect(sources).toContain("web-setup.sh");
    expect(
      await run(
        "shellcheck",
        sources.map((name) => join(SCRIPTS, name)),
      ),
    ).toEqual({ code: 0, out: "" });
    for (const text of Object.values(RENDERED)) {
      expect(await run("shellcheck", ["-"], { input: text })).toEqual({ code: 0, out: "" });
    }
  });

  test("in Python compile", needs("python3"), async () => {
    const sources = readdirSync(SCRIPTS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".py"));
    expect(sources).toContain("web-aws.py");
    const env = { PYTHONPYCACHEPREFIX: temporaryFolder("pyc") };
    const compiled = await run("python3", ["-m", "py_compile", ...sources.map((name) => join(SCRIPTS, name))], { env });
    expect(compiled).toEqual({ code: 0, out: "" });
  });
});
