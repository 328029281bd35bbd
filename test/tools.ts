/** What tests need beyond Node: looked for here alone. Without it they are left out, and the run says so at its end. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { TestOptions } from "vitest";
import type { Reporter, TestCase, TestModule } from "vitest/node";

declare module "vitest" {
  interface TaskMeta {
    /** What is not on this machine, and keeps it from running. */
    lacks?: string;
  }
}

function onPath(name: string): string | undefined {
  const paths = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, name));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
/** The machine's own browser; nothing is downloaded for a test. */
export const chromiumHere = (): string | undefined =>
  ["chromium", "chromium-browser", "google-chrome"].map(onPath).find((path) => path !== undefined);

const ends = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

const TOOLS = {
  "a shell": () => ends("sh", "-c", "echo here | cat | grep -q here"),
  bash: () => ends("bash", "-c", ":"),
  "bash with timeout and awk": () => ends("bash", "-c", "timeout 9 awk 'BEGIN { exit 0 }'"),
  zsh: () => ends("zsh", "-c", ":"),
  fish: () => ends("fish", "-c", ":"),
  mandoc: () => onPath("mandoc") !== undefined,
  "GNU tar": () => String(spawnSync("tar", ["--version"]).stdout).includes("GNU tar"),
  git: () => ends("git", "--version"),
  mkfifo: () => onPath("mkfifo") !== undefined,
  nohup: () => onPath("nohup") !== undefined,
  npm: () => ends("npm", "--version"),
  shellcheck: () => ends("shellcheck", "--version"),
  Chromium: () => chromiumHere() !== undefined,
  python3: () => ends("python3", "--version"),
  "the system's python3 with Django and PyMySQL": () => ends("/usr/bin/python3", "-c", "import django, pymysql"),
  "the AWS CLI": () => ends("aws", "--version"),
  "python3 with boto3": () => ends("python3", "-c", "import boto3"),
  "moto_server and python3 with boto3": () => ends("python3", "-c", "import boto3, moto.server"),
  "ssh and sshd": () =>
    onPath("ssh-keygen") !== undefined && onPath("ssh") !== undefined && existsSync("/usr/sbin/sshd"),
  rsync: () => onPath("rsync") !== undefined,
  MariaDB: () => ["mariadbd", "mariadb", "mariadb-install-db"].every((name) => onPath(name) !== undefined),
  "/proc or ps": () => existsSync("/proc/self/stat") || ends("ps", "-o", "stat=", "-p", String(process.pid)),
  "/dev/full": () => existsSync("/dev/full"),
} satisfies Record<string, () => boolean>;
export type Tool = keyof typeof TOOLS;

/** Where all else must be there, this may be missing: no package of the system has it. */
const NEVER_DEMANDED: readonly Tool[] = ["moto_server and python3 with boto3", "python3 with boto3", "the AWS CLI"];

const known = new Map<Tool, boolean>();
function isHere(tool: Tool): boolean {
  const here = known.get(tool) ?? TOOLS[tool]();
  known.set(tool, here);
  return here;
}

/**
 * The options of a test, or of a group of them, that works with these. Where one is missing they are left out; with
 * BUDDYVERSE_TEST_EVERYTHING, as on CI, that is a failure.
 */
export const needs = (...tools: readonly Tool[]): TestOptions =>
  without(
    tools.filter((tool) => !isHere(tool)),
    Boolean(process.env.BUDDYVERSE_TEST_EVERYTHING),
  );

export function without(missing: readonly Tool[], everything: boolean): TestOptions {
  const demanded = missing.filter((tool) => !NEVER_DEMANDED.includes(tool));
  if (everything && demanded.length > 0)
    throw new Error(
      `BUDDYVERSE_TEST_EVERYTHING is set, and ${demanded.join(" and ")} is not here. Install it, or unset that.`,
    );
  return missing.length > 0 ? { skip: true, meta: { lacks: missing.join(" and ") } } : {};
}

/** Says at the end of a run what was left out, and why. */
export class LeftOut implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = new Map<string, number>();
    for (const module of modules) {
      for (const test of module.children.allTests("skipped")) {
        const lacks = lackedBy(test);
        if (lacks !== undefined) counts.set(lacks, (counts.get(lacks) ?? 0) + 1);
      }
    }
    for (const [lacks, count] of [...counts].sort())
      console.log(` Left out: ${count} ${count === 1 ? "test, which needs" : "tests, which need"} ${lacks}`);
  }
}

function lackedBy(test: TestCase): string | undefined {
  for (let one: TestCase | TestCase["parent"] = test; one.type !== "module"; one = one.parent) {
    const { lacks } = one.meta();
    if (lacks !== undefined) return lacks;
  }
  return undefined;
}
