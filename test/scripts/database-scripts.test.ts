/** What a failover and its drill run on web instances, run here: MySQL and systemd are played. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { type ScriptName, scriptFor } from "../../src/verify/scripts.ts";
import { temporaryFolder } from "../temporary-folder.ts";
import { needs } from "../tools.ts";
import { programs, run } from "./run.ts";

const PYMYSQL = `
import json, os
class Error(Exception): pass
WORLD = os.environ["WORLD"]
def connect(host, port, user, password, database, **options):
    assert (port, user, password, database) == (3306, "admin", "secret", "django_db")
    assert options["read_default_file"].endswith("/etc/buddyverse/mysql.cnf")
    with open(WORLD) as file: world = json.load(file)
    if host not in world: raise Error(2003, "Can't connect, secret")
    return Connection(world, host)
class Connection:
    def __init__(self, world, host): self.world, self.host = world, host
    def cursor(self): return self
    def close(self): pass
    def execute(self, statement, values=()):
        rows = self.world.setdefault("rows", [])
        if statement.startswith("INSERT INTO buddyverse_rows_drill VALUES"): rows.append(values[0])
        elif statement.startswith("DROP TABLE buddyverse_rows_drill"): rows.clear()
        self.statement = statement
        with open(WORLD, "w") as file: json.dump(self.world, file)
    def fetchall(self): return [(row,) for row in self.world["rows"]]
    def fetchone(self):
        if self.statement == "SHOW REPLICA STATUS": return self.world[self.host].get("status")
        if self.statement == "SELECT @@read_only AS ro": return {"ro": self.world[self.host]["ro"]}
        return {"1": 1}
`;

let root: string;
const file = (name: string) => join(root, name);
const world = (given: object) => writeFileSync(file("world"), JSON.stringify(given));
const endpoint = (host: string) => ({ host, port: 3306 });

beforeEach(() => {
  root = temporaryFolder("database");
  mkdirSync(file("pymysql"));
  mkdirSync(file("run/buddyverse"), { recursive: true });
  writeFileSync(file("pymysql/__init__.py"), PYMYSQL);
  writeFileSync(file("pymysql/cursors.py"), "class DictCursor: pass\n");
  writeFileSync(
    file("run/buddyverse/database.json"),
    JSON.stringify({
      name: "django_db",
      user: "admin",
      password: "secret",
      primary: endpoint("primary"),
      replica: endpoint("replica"),
    }),
  );
});

/** As the agent does it: the text as a file, run by sh. */
async function plays(name: ScriptName, change: (script: string) => string = (script) => script): Promise<string> {
  const script = change(scriptFor(name, "drill"))
    .replaceAll("/run/", `${root}/run/`)
    .replaceAll("/usr/bin/python3", "python3");
  writeFileSync(file("_script.sh"), script);
  const { code, out } = await run("sh", [file("_script.sh")], {
    env: {
      PATH: programs(file("bin"), { systemctl: `echo "$*" >>${root}/systemctl`, pkill: "true" }),
      PYTHONPATH: root,
      WORLD: file("world"),
    },
  });
  expect(out).not.toContain("secret");
  expect([code, out]).toEqual([0, out]);
  return out;
}

const FOLLOWS = {
  Replica_IO_Running: "Yes",
  Replica_SQL_Running: "Yes",
  Seconds_Behind_Source: 0,
  Source_Log_File: "mysql-bin-changelog.000042",
  Read_Source_Log_Pos: 157,
  Relay_Source_Log_File: "mysql-bin-changelog.000042",
  Exec_Source_Log_Pos: 157,
};

test(
  "database-replication: that both answer, how far the replica is, and that it takes no writes",
  needs("python3"),
  async () => {
    const asked = async (primary: object | undefined, replica: object) => {
      world({ ...(primary ? { primary } : {}), replica });
      return JSON.parse(await plays("database-replication"));
    };
    expect(await asked({}, { ro: 1, status: FOLLOWS })).toEqual({
      primary: {},
      replica: {
        readOnly: true,
        follows: true,
        behindSeconds: 0,
        caughtUp: true,
        position: "mysql-bin-changelog.000042:157",
      },
      endpoint: "replica:3306",
    });
    // Received, and not yet done.
    expect((await asked({}, { ro: 1, status: { ...FOLLOWS, Read_Source_Log_Pos: 400 } })).replica).toMatchObject({
      follows: true,
      caughtUp: false,
    });
    // The primary is gone: what it had not sent is not known.
    expect(
      await asked(undefined, {
        ro: 1,
        status: { ...FOLLOWS, Replica_IO_Running: "Connecting", Seconds_Behind_Source: null },
      }),
    ).toMatchObject({ primary: { error: 2003 }, replica: { follows: false, behindSeconds: null, caughtUp: false } });
    // Promoted.
    expect((await asked({}, { ro: 0 })).replica).toEqual({ readOnly: false });
  },
);

test("database-settings starts the unit that the image brings", async () => {
  await plays("database-settings");
  const [, unit] = /^start (\S+)$/m.exec(readFileSync(file("systemctl"), "utf8")) ?? [];
  expect(readFileSync(join(import.meta.dirname, "../../steps/scripts/user-data.ts"), "utf8")).toContain(
    `"/etc/systemd/system/${unit}"`,
  );
});

test("rows are written and kept; in the end those that are not there are named", needs("python3"), async () => {
  world({ primary: {} });
  await plays("rows", (script) =>
    script
      .replace("+ 5400", "+ 0.5")
      .replace("time.sleep(max(0, 1 - (time.time() - began)))", "time.sleep(0.02)")
      .replace(/^nohup (.*) >\/dev\/null 2>&1 &$/m, "$1"),
  );
  const { rows } = JSON.parse(readFileSync(file("world"), "utf8")) as { rows: number[] };
  expect(rows.slice(0, 3)).toEqual([1, 2, 3]);
  const kept = readFileSync(file("run/buddyverse-rows.drill"), "utf8").trim().split("\n");
  expect(kept.map((line) => Number(line.split(" ")[0]))).toEqual(rows);

  // Two of five are not in the database that took over, which was away after the third.
  writeFileSync(file("run/buddyverse-rows.drill"), "1 100.0\n2 101.0\n3 102.0\n40 142.5\n41 143.5\n");
  world({ primary: {}, rows: [1, 40, 41] });
  expect(JSON.parse(await plays("rows-end"))).toEqual({
    acknowledged: 5,
    lost: [2, 3],
    awaySeconds: 40.5,
    lastBefore: 3,
    firstAfter: 40,
  });
  expect(JSON.parse(readFileSync(file("world"), "utf8")).rows).toEqual([]);
});
