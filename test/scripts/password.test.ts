/**
 * password.py, run here: MySQL, Parameter Store and systemd are played. MySQL's two passwords are those of its own test
 * (mysql-test/suite/auth_sec/include/multiple_passwords.inc).
 */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type PasswordVerb, scriptFor } from "../../src/verify/scripts.ts";
import { needs } from "../tools.ts";
import { programs, run } from "./run.ts";

const PYMYSQL = `
import json, os, re
class Error(Exception): pass
WORLD = os.environ["WORLD"]
def load():
    with open(WORLD) as file: return json.load(file)
def connect(host, port, user, password, database, **options):
    assert (port, user, database) == (3306, "admin", "django_db") and options["autocommit"]
    assert options["read_default_file"].endswith("/etc/buddyverse/mysql.cnf")
    world = load()
    if host in world.get("down", []): raise Error(2003, "Can't connect, " + password)
    if password not in world[host]:
        raise Error(1045, "Access denied, using password " + password)
    return Connection(host)
class Connection:
    def __init__(self, host): self.host = host
    def cursor(self): return self
    def execute(self, statement, values=()):
        world = load()
        world["said"] = world.get("said", []) + [self.host + ": " + statement]
        had = world[self.host]
        if statement != "SET ROLE ALL" and world.get("error") and ("RETAIN" in statement or "DISCARD" in statement):
            raise Error(world["error"], "near " + repr(values))
        if statement == "SET ROLE ALL": pass
        elif statement == "ALTER USER USER() IDENTIFIED BY %s": had[0] = values[0]
        elif statement == "ALTER USER USER() IDENTIFIED BY %s RETAIN CURRENT PASSWORD": had[:] = [values[0], had[0]]
        elif statement == "ALTER USER USER() DISCARD OLD PASSWORD": had[:] = had[:1]
        else: raise AssertionError(statement)
        if not world.get("broken"): world["replica"] = had
        with open(WORLD, "w") as file: json.dump(world, file)
`;
const BOTO3 = `
import json, os
class Client:
    def get_parameters(self, Names, WithDecryption):
        assert WithDecryption and len(Names) <= 10
        with open(os.environ["PARAMETERS"]) as file: have = json.load(file)
        return {"Parameters": [{"Name": name, "Value": have[name]} for name in Names if name in have]}
def client(service, region_name, config):
    assert (service, region_name) == ("ssm", "ap-northeast-2")
    return Client()
`;
const PATH = "/buddyverse/b/database/";

let root: string;
interface World {
  /** Each database's passwords, the primary one first. */
  readonly primary: readonly string[];
  readonly replica: readonly string[];
  readonly down?: readonly string[];
  readonly broken?: boolean;
  readonly error?: number;
  readonly said?: readonly string[];
}
const file = (name: string) => join(root, name);
const write = (name: string, value: unknown) => writeFileSync(file(name), JSON.stringify(value));
const world = (): World => JSON.parse(readFileSync(file("world"), "utf8"));
const parameters = (given: Readonly<Record<string, string>>) =>
  write(
    "parameters",
    Object.fromEntries(
      Object.entries({ primary: "primary:3306", replica: "replica:3306", ...given }).map(([name, value]) => [
        PATH + name,
        value,
      ]),
    ),
  );
const fetched = (password: string) => write("run/buddyverse/database.json", { password });

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "buddyverse-password-"));
  for (const folder of ["run/buddyverse", "etc", "botocore"]) mkdirSync(file(folder), { recursive: true });
  writeFileSync(file("pymysql.py"), PYMYSQL);
  writeFileSync(file("boto3.py"), BOTO3);
  writeFileSync(file("botocore/__init__.py"), "");
  writeFileSync(file("botocore/config.py"), "def Config(**options): return None\n");
  writeFileSync(
    file("botocore/exceptions.py"),
    "class BotoCoreError(Exception): pass\nclass ClientError(Exception): pass\n",
  );
  writeFileSync(
    file("etc/buddyverse.env"),
    `BUDDYVERSE_REGION=ap-northeast-2\nBUDDYVERSE_PARAMETER_PATH=${PATH}\nBUDDYVERSE_DATABASE=django_db\nBUDDYVERSE_USER=admin\n`,
  );
  write("world", { primary: ["old-1"], replica: ["old-1"] });
  parameters({ password: "old-1", "password-next": "new-2" });
  fetched("old-1");
});

/** As the agent does it: the text as a file, run by sh. Fetching is web-aws.py's, which has its own test. */
async function does(verb: PasswordVerb): Promise<unknown> {
  const script = scriptFor("password", verb)
    .replaceAll(/\/(run|etc)\//g, `${root}/$1/`)
    .replaceAll("/usr/bin/python3", "python3")
    .replace("PATIENCE = 60", "PATIENCE = 0");
  writeFileSync(file("_script.sh"), script);
  const systemctl = `[ "$*" = "start buddyverse-database.service" ] || exit 5
[ ! -e ${root}/unfetchable ] || exit 1
python3 -c 'import json; have = json.load(open("${root}/parameters")); json.dump({"password": have["${PATH}password"]}, open("${root}/run/buddyverse/database.json", "w"))'`;
  const { code, out } = await run("sh", [file("_script.sh")], {
    env: {
      PATH: programs(join(root, "bin"), { systemctl }),
      PYTHONPATH: root,
      WORLD: file("world"),
      PARAMETERS: file("parameters"),
    },
  });
  expect(out).not.toMatch(/old-1|new-2/);
  return code === 0 ? JSON.parse(out) : out;
}

describe("password.py", needs("a shell", "python3"), () => {
  test("sets the new one beside the old one, has it fetched, and discards the old one", async () => {
    expect(await does("set")).toEqual({ outcome: "set" });
    expect(world()).toMatchObject({ primary: ["new-2", "old-1"], replica: ["new-2", "old-1"] });
    // Again is nothing.
    const { said } = world();
    expect(await does("set")).toEqual({ outcome: "set" });
    expect(world().said).toEqual(said);

    // Not yet in the parameter: nobody discards it, and nobody is taken to use the new one.
    expect(await does("discard")).toEqual({ outcome: "stale" });
    expect(await does("fetch")).toEqual({ outcome: "stale" });
    parameters({ password: "new-2", "password-next": "new-2" });
    expect(await does("check")).toEqual({ outcome: "stale" });
    expect(await does("fetch")).toEqual({ outcome: "in-use" });
    expect(await does("discard")).toEqual({ outcome: "discarded" });
    expect(world()).toMatchObject({ primary: ["new-2"], replica: ["new-2"] });
    expect(await does("check")).toEqual({ outcome: "in-use" });
  });

  test("retains the password in use, and not what an unfinished rotation left before it", async () => {
    write("world", { primary: ["lost", "old-1"], replica: ["lost", "old-1"] });
    await does("set");
    expect(world().primary).toEqual(["new-2", "old-1"]);
  });

  test("keeps the password in use, and not what stands before it, when it discards the other", async () => {
    write("world", { primary: ["lost", "new-2"], replica: ["lost", "new-2"] });
    parameters({ password: "new-2", "password-next": "new-2" });
    expect(await does("discard")).toEqual({ outcome: "discarded" });
    expect(world().primary).toEqual(["new-2"]);
  });

  test("logs in with the password that it has while the parameter is lost, or is another's", async () => {
    parameters({ "password-next": "new-2" });
    expect(await does("check")).toEqual({ outcome: "gone" });
    expect(await does("set")).toEqual({ outcome: "set" });
    write("world", { primary: ["old-1"], replica: ["old-1"] });
    parameters({ password: "another", "password-next": "new-2" });
    expect(await does("check")).toEqual({ outcome: "denied", role: "primary" });
    expect(await does("set")).toEqual({ outcome: "set" });
  });

  test.each<[string, () => void, PasswordVerb, unknown]>([
    ["no read shows the new one", () => parameters({ password: "old-1" }), "set", { outcome: "unseen" }],
    [
      "nobody knows the password",
      () => write("world", { primary: ["x"], replica: ["x"] }),
      "set",
      { outcome: "denied" },
    ],
    [
      "the privilege is missing",
      () => write("world", { primary: ["old-1"], replica: ["old-1"], error: 1227 }),
      "set",
      { outcome: "forbidden", error: 1227 },
    ],
    [
      "the replica does not follow",
      () => write("world", { primary: ["old-1"], replica: ["old-1"], broken: true }),
      "set",
      { outcome: "behind" },
    ],
    [
      "the replica takes another one only",
      () => write("world", { primary: ["old-1"], replica: ["x"] }),
      "check",
      { outcome: "denied", role: "replica" },
    ],
    [
      "the primary is away",
      () => write("world", { primary: ["old-1"], replica: ["old-1"], down: ["primary"] }),
      "set",
      "primary: MySQL error 2003\n",
    ],
    [
      "MySQL quotes the statement",
      () => write("world", { primary: ["old-1"], replica: ["old-1"], error: 1819 }),
      "set",
      "primary: MySQL error 1819\n",
    ],
    ["it cannot be fetched", () => writeFileSync(file("unfetchable"), ""), "fetch", { outcome: "unfetched" }],
  ])("%s", async (_what, happens, verb, said) => {
    happens();
    expect(await does(verb)).toEqual(said);
  });

  test("without a replica there is nobody to wait for", async () => {
    write("parameters", {
      [`${PATH}password`]: "old-1",
      [`${PATH}password-next`]: "new-2",
      [`${PATH}primary`]: "primary:3306",
    });
    write("world", { primary: ["old-1"], replica: ["old-1"], broken: true });
    expect(await does("set")).toEqual({ outcome: "set" });
  });
});

test("does nothing but what it knows", () => {
  expect(() => scriptFor("password", "print")).toThrow(RangeError);
});
