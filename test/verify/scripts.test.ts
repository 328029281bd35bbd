/** The scripts that run on the instances, run here: their folders moved into a temporary one, MySQL and systemd played. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { headOf } from "../../src/lib/script.ts";
import { appCommandScript, type ScriptName, scriptFor } from "../../src/verify/scripts.ts";
import { programs, run } from "../scripts/run.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";

let root: string;
beforeEach(() => {
  root = temporaryFolder("verify");
});

const NAMES: readonly ScriptName[] = [
  "requests",
  "database",
  "database-text",
  "file-write",
  "file-read",
  "file-remove",
  "outbound-address",
  "load",
  "load-end",
  "apache-stop",
  "apache-start",
  "power-off",
];

/** As the agent does it: the text as a file, run by sh. */
function onInstance(
  name: ScriptName,
  played: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
) {
  const script = scriptFor(name, "abc")
    .replaceAll(/\/(var|mnt|run|etc)\//g, `${root}/$1/`)
    .replaceAll("/usr/bin/python3", "python3");
  const file = join(root, "_script.sh");
  writeFileSync(file, script);
  const PATH = programs(join(root, "bin"), {
    mountpoint: `[ -e ${root}/mounted ]`,
    "systemd-run": `echo "$*" >>${root}/timers`,
    ...played,
  });
  return run("sh", [file], { env: { PATH, PYTHONPATH: root, ...env } });
}

test.each(NAMES)("%s: says in its first line what it is, and holds nothing that Systems Manager replaces", (name) => {
  const script = scriptFor(name, "abc");
  expect(headOf(script)).toEqual({ name, token: "abc" });
  expect(script).not.toMatch(/@TOKEN@|\{\{/);
});

test.each(["", "a b", "a;rm -rf /", "x'y", "a".repeat(60)])("%j is no token", (token) => {
  expect(() => scriptFor("requests", token)).toThrow(RangeError);
});

test("requests: counts those with its mark, in today's log and in the one before", needs("a shell"), async () => {
  const logs = join(root, "var/log/apache2");
  expect((await onInstance("requests")).out).toBe("0\n");
  mkdirSync(logs, { recursive: true });
  const line = (mark: string) =>
    `site:80 172.31.10.4 - - [22/Nov/2026] "GET / HTTP/1.1" 200 9 "-" "buddyverse-verify/${mark}"\n`;
  writeFileSync(join(logs, "other_vhosts_access.log"), line("abc") + line("other") + line("abc"));
  writeFileSync(join(logs, "other_vhosts_access.log.1"), line("abc"));
  writeFileSync(join(logs, "error.log"), line("abc"));
  expect(await onInstance("requests")).toEqual({ code: 0, out: "3\n" });
});

test(
  "file-write, file-read, file-remove: on the shared file system only, and gone by itself after ten minutes",
  needs("a shell"),
  async () => {
    const file = join(root, "mnt/efs/media/buddyverse-verify-abc.txt");
    mkdirSync(join(root, "mnt/efs/media"), { recursive: true });
    expect(await onInstance("file-write")).toEqual({ code: 1, out: `${root}/mnt/efs is not mounted\n` });
    expect(existsSync(file)).toBe(false);
    writeFileSync(join(root, "mounted"), "");
    expect((await onInstance("file-read")).code).toBe(1);
    expect(await onInstance("file-write")).toEqual({ code: 0, out: "" });
    expect(readFileSync(join(root, "timers"), "utf8")).toContain(`--on-active=600 /bin/rm -f ${file}`);
    expect(await onInstance("file-read")).toEqual({ code: 0, out: "buddyverse-verify abc\n" });
    expect(await onInstance("file-remove")).toEqual({ code: 0, out: "" });
    expect(existsSync(file)).toBe(false);
    expect((await onInstance("file-remove")).code).toBe(0);
  },
);

/** A MySQL of two servers that remembers what it was asked; `lag` looks at the replica find nothing. */
const MYSQL = `
import json, os, ssl
class Error(Exception): pass
class OperationalError(Error): pass
class ProgrammingError(Error): pass
STATE = {"tables": {"buddyverse_verify_old": []}, "looks": 0}
PLAN = json.loads(os.environ.get("PLAN", "{}"))
def connect(**settings):
    assert settings["user"] == "admin" and settings["password"] == "secret" and settings["database"] == "django_db"
    assert settings["read_default_file"].endswith("/etc/buddyverse/mysql.cnf")
    if settings["host"] == PLAN.get("stranger"):
        error = OperationalError(2003, "Can't connect to server with secret")
        error.original_exception = ssl.SSLCertVerificationError("certificate verify failed")
        raise error
    if settings["host"] == PLAN.get("down"): raise OperationalError(2003, "Can't connect to server with secret")
    return Connection(settings["host"])
class Connection:
    def __init__(self, host): self.host = host
    def cursor(self): return Cursor(self.host)
class Cursor:
    def __init__(self, host): self.host, self.rows = host, ()
    def execute(self, query, values=None):
        query = query % tuple(repr(value) for value in values) if values is not None else query
        print(self.host + ": " + query, file=open(os.environ["QUERIES"], "a"))
        tables = STATE["tables"]
        if "@@server_id" in query: self.rows = ((PLAN.get("uuid", {}).get(self.host, self.host),),)
        elif "information_schema" in query: self.rows = tuple((name,) for name in tables)
        elif query.startswith("DROP"): tables.pop(query.split()[-1].strip("\`"), None)
        elif query.startswith("CREATE"): tables[query.split()[2]] = []
        elif query.startswith("INSERT"):
            if PLAN.get("full"): raise OperationalError(1114, "table is full")
            tables[query.split()[2]].append("abc")
        elif query.startswith("SELECT token"):
            STATE["looks"] += 1
            if STATE["looks"] <= PLAN.get("lag", 0): raise ProgrammingError(1146, "no such table")
            self.rows = (("abc",),)
        else: raise AssertionError(query)
    def fetchall(self): return self.rows
`;
async function database(plan: object, replica: object | null = { host: "replica", port: 3306 }) {
  writeFileSync(join(root, "pymysql.py"), MYSQL);
  mkdirSync(join(root, "run/buddyverse"), { recursive: true });
  writeFileSync(
    join(root, "run/buddyverse/database.json"),
    JSON.stringify({
      name: "django_db",
      user: "admin",
      password: "secret",
      primary: { host: "primary", port: 3306 },
      replica,
    }),
  );
  const env = { PLAN: JSON.stringify(plan), QUERIES: join(root, "queries") };
  const ended = await onInstance("database", {}, env);
  const queries = existsSync(join(root, "queries"))
    ? readFileSync(join(root, "queries"), "utf8").trim().split("\n")
    : [];
  return { ...ended, queries };
}
const DROPPED = "primary: DROP TABLE IF EXISTS buddyverse_verify_abc";

test(
  "database: writes on the primary, reads on the replica, says how late, and leaves nothing",
  needs("a shell", "python3"),
  async () => {
    const { code, out, queries } = await database({ lag: 3 });
    expect(code, out).toBe(0);
    expect(JSON.parse(out).lagMs).toBeGreaterThanOrEqual(60);
    expect(queries).toContain("primary: INSERT INTO buddyverse_verify_abc VALUES ('abc')");
    expect(queries.filter((query) => query.startsWith("replica: SELECT token"))).toHaveLength(4);
    expect(queries.at(-1)).toBe(DROPPED);
    // What a run that was cut off left there goes, too.
    expect(queries).toContain("primary: DROP TABLE IF EXISTS `buddyverse_verify_old`");
  },
);

test.each<[string, object, string, boolean]>([
  ["the primary is down", { down: "primary" }, "primary: MySQL error 2003\n", false],
  ["the replica is down", { down: "replica" }, "replica: MySQL error 2003\n", true],
  ["the replica is another server", { stranger: "replica" }, "replica: its certificate is not for this name\n", true],
  ["the primary takes no row", { full: true }, "primary: MySQL error 1114\n", true],
  [
    "the replica's name leads to the primary",
    { uuid: { replica: "primary" } },
    "the replica's address leads to the primary\n",
    true,
  ],
])("database: %s", needs("a shell", "python3"), async (_what, plan, said, made) => {
  const { code, out, queries } = await database(plan);
  expect({ code, out }).toEqual({ code: 1, out: said });
  expect(out).not.toContain("secret");
  expect(queries.at(-1) === DROPPED).toBe(made);
});

test("database: without a replica in the settings there is no lag", needs("a shell", "python3"), async () => {
  expect(await database({}, null)).toMatchObject({ code: 0, out: '{"lagMs": null}\n' });
});

test("outbound-address: what the internet sees, or curl's own error", needs("a shell"), async () => {
  expect(await onInstance("outbound-address", { curl: "echo 198.51.100.7" })).toEqual({
    code: 0,
    out: "198.51.100.7\n",
  });
  expect((await onInstance("outbound-address", { curl: "echo 'curl: (28) timed out' >&2; exit 28" })).code).toBe(28);
});

test(
  "app-command: the words arrive as they were given, once, and its exit code is the command's",
  needs("a shell"),
  async () => {
    const words = [
      "a b",
      "it's",
      '"',
      "$HOME `id`",
      "one\ntwo",
      "",
      "*",
      "-x",
      "\\",
      "{{ssm:/secret}}",
      "{{{",
      "@TOKEN@",
      "$&",
      "ö",
    ];
    const script = appCommandScript(words, "abc");
    expect(headOf(script)).toEqual({ name: "app-command", token: "abc" });
    expect(script).not.toContain("{{");
    mkdirSync(join(root, "run"));
    const bin = join(root, "usr/local/bin");
    const there = script.replaceAll("/usr/local/bin/", `${bin}/`).replaceAll("/run/", `${root}/run/`);
    const as = (text: string) => run("sh", ["-c", text], {});
    expect(await as(there)).toEqual({ code: 97, out: "BUDDYVERSE-RUN no-app\n" });
    programs(bin, { "buddyverse-app": `printf '%s|' "$@"; exit 7` });
    expect(await as(there)).toEqual({ code: 7, out: `${words.join("|")}|` });
    expect(await as(there)).toEqual({ code: 98, out: "BUDDYVERSE-RUN twice\n" });
  },
);
