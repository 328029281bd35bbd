/** The package as npm makes it, installed where nothing else is. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buddyverse } from "./command.ts";
import { needs } from "./tools.ts";

const ROOT = join(import.meta.dirname, "..");

describe("packed from a clone, and installed in an empty folder", needs("npm", "a shell"), () => {
  let temp: string;
  let folder: string;
  let tarball: string;
  const npm = (cwd: string, ...args: readonly string[]) =>
    promisify(execFile)("npm", [...args, "--offline", "--no-audit", "--no-fund", "--cache", join(temp, "cache")], {
      cwd,
    });
  const installed = (line: string, env?: Readonly<Record<string, string>>) =>
    buddyverse(line.split(" "), { cwd: folder, bin: join(folder, "node_modules/.bin/buddyverse"), env });

  beforeAll(async () => {
    temp = mkdtempSync(join(tmpdir(), "buddyverse-package-"));
    // Without dist, as git has it: what npm does for a tarball and for a git address must build it.
    const clone = join(temp, "clone");
    cpSync(ROOT, clone, {
      recursive: true,
      filter: (path) => !["node_modules", "dist", "man", ".git"].includes(basename(path)),
    });
    symlinkSync(join(ROOT, "node_modules"), join(clone, "node_modules"));
    await npm(clone, "pack", "--pack-destination", temp);
    const [packed = ""] = readdirSync(temp).filter((name) => name.endsWith(".tgz"));
    tarball = join(temp, packed);
    folder = join(temp, "empty");
    mkdirSync(folder);
    await npm(folder, "install", tarball, "--ignore-scripts");
  }, 180_000);
  afterAll(() => rmSync(temp, { recursive: true, force: true }));

  test("npx runs it from the file in a folder where nothing else is, without an install and without a config", async () => {
    const elsewhere = join(temp, "elsewhere");
    mkdirSync(elsewhere);
    cpSync(tarball, join(elsewhere, basename(tarball)));
    const line = ["--yes", "--offline", "--cache", join(temp, "cache"), `./${basename(tarball)}`, "up", "--sandbox"];
    const { stdout, stderr } = await promisify(execFile)(
      "npx",
      [...line, "--yes", "--sandbox-speed", "max", "--quiet"],
      {
        cwd: elsewhere,
        env: { PATH: process.env.PATH, HOME: temp },
      },
    );
    expect(stdout).toMatch(/^✔ Done in .* created/);
    expect(stderr).toContain("There is no buddyverse.config.json: this is a rehearsal of the defaults.");
    expect(readdirSync(elsewhere)).toContain("buddyverse.sandbox.json");
  });

  test("it is what users need, and nothing comes with it", () => {
    expect(statSync(tarball).size).toBeLessThan(3_000_000);
    const modules = join(folder, "node_modules");
    expect(readdirSync(modules).filter((name) => !name.startsWith("."))).toEqual(["buddyverse"]);
    expect(readdirSync(join(modules, "buddyverse")).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "README.md",
      "bin",
      "buddyverse.config.schema.json",
      "dist",
      "docs",
      "man",
      "package.json",
      "schemas",
    ]);
    const licences = readFileSync(join(modules, "buddyverse/dist/THIRD-PARTY.txt"), "utf8");
    for (const name of ["@aws-sdk/client-ec2", "@peculiar/x509", "commander", "minipass", "ora", "proxy-agent", "zod"])
      expect(licences).toMatch(new RegExp(`^${name} \\d.*\\((MIT|Apache-2\\.0|BlueOak-1\\.0\\.0)`, "m"));
  });

  test("init, up and verify work on the sandbox", async () => {
    expect(await installed("init --yes")).toMatchObject({ code: 0, stderr: "" });
    expect(JSON.parse(readFileSync(join(folder, "buddyverse.config.json"), "utf8"))).toMatchObject({
      $schema: "./node_modules/buddyverse/buddyverse.config.schema.json",
    });
    const up = await installed("up --sandbox --yes --sandbox-speed max");
    expect(up.code, up.stderr).toBe(0);
    // Its checks meet a certificate that the sandbox has issued.
    const verify = await installed("verify --sandbox --sandbox-speed max");
    expect(verify.code, verify.stdout + verify.stderr).toBe(0);
  });

  test("outputs gives scripts one value; a state that a newer version wrote is refused with the version to get", async () => {
    expect(await installed("outputs site --sandbox")).toEqual({
      code: 0,
      stdout: "https://buddyverse.link/\n",
      stderr: "",
    });
    writeFileSync(join(folder, "buddyverse.state.json"), JSON.stringify({ version: 2, writtenBy: "0.2.0" }));
    const { code, stderr } = await installed("outputs site");
    rmSync(join(folder, "buddyverse.state.json"));
    const [, said] = /```text\n(error: [^`]*\n)```/.exec(readFileSync(join(ROOT, "docs/install.md"), "utf8")) ?? [];
    expect({ code, stderr: stderr.replaceAll(`${realpathSync(folder)}/`, "") }).toEqual({ code: 2, stderr: said });
  });

  test("an application is packed", async () => {
    mkdirSync(join(folder, "site"));
    writeFileSync(join(folder, "site/wsgi.py"), "");
    const image = { app: { folder: "site" } };
    writeFileSync(join(folder, "app.json"), JSON.stringify({ image }));
    const plan = await installed("plan --offline --config app.json");
    expect(plan.code, plan.stderr).toBe(0);
  });

  test("AWS is called through a proxy; one that a file names is refused", async () => {
    const asked: string[] = [];
    const proxy = createServer().on("connect", ({ url = "" }, socket) => {
      asked.push(url);
      socket.destroy();
    });
    await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
    onTestFinished(() => void proxy.close());
    const keys = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", NO_PROXY: "", no_proxy: "" };
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    expect((await installed("outputs", { ...keys, HTTPS_PROXY: url })).code).toBe(1);
    expect(asked).toContain("sts.ap-northeast-2.amazonaws.com:443");
    const { code, stderr } = await installed("outputs", { ...keys, HTTPS_PROXY: "pac+http://proxy.example/pac" });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("HTTPS_PROXY names a proxy auto-config"),
    });
  });

  test("it reads no file of its own that a bundler would leave behind", () => {
    const dist = join(folder, "node_modules/buddyverse/dist");
    const readers = readdirSync(dist)
      .filter((name) => name.endsWith(".js"))
      .filter((name) =>
        /import\.meta\.(url|dirname)|__dirname|require\.resolve/.test(
          readFileSync(join(dist, name), "utf8").replaceAll("createRequire(import.meta.url)", ""),
        ),
      );
    expect(readers).toEqual([]);
  });
});
