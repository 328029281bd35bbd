/** docs/migrate.md, command by command: from a MariaDB to another one through the tunnel, and files by rsync over two hops. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withHostKeys } from "../../src/access/host-keys.ts";
import { sshConfig } from "../../src/access/ssh-config.ts";
import { tunnelWords } from "../../src/access/tunnel.ts";
import { holdTunnel } from "../../src/cli/commands/tunnel.ts";
import { programs, run } from "../scripts/run.ts";
import { needs } from "../tools.ts";
import { freePort, type MariaDb, mariaDb } from "./mariadb.ts";
import { keyPair, type Sshd, sshd, USER } from "./sshd.ts";

const TEXT = readFileSync(join(import.meta.dirname, "..", "..", "docs", "migrate.md"), "utf8");
/** What a person copies; what needs AWS is in blocks of another sort. */
const BLOCKS = [...TEXT.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
const block = (part: string): string => {
  const found = BLOCKS.filter((text) => text.includes(part));
  expect(found, part).toHaveLength(1);
  return found[0] as string;
};

const PASSWORD = "Kk3OnlyForThisTest";

describe("docs/migrate.md", needs("ssh and sshd", "MariaDB", "rsync", "bash"), () => {
  let folder: string;
  let machines: readonly [bastion: Sshd, web: Sshd, old: Sshd];
  let databases: readonly [from: MariaDb, to: MariaDb];
  let port: number;
  let toOld: ChildProcess;
  const at = (...names: string[]) => join(folder, ...names);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "buddyverse-migrate-"));
    const authorized = keyPair(at("key"));
    // On a web instance rsync writes as root.
    const path = programs(at("bin"), { sudo: 'exec "$@"', aws: `echo ${PASSWORD}` });
    const env = { PATH: path };
    machines = await Promise.all([
      sshd(folder, "bastion", authorized),
      sshd(folder, "web", authorized, env),
      sshd(folder, "old", authorized),
    ]);
    const [bastion, web, old] = machines;
    databases = await Promise.all([mariaDb(at("from")), mariaDb(at("to"))]);
    port = await freePort();
    const files = { config: at("Buddy-Project.buddyverse.ssh_config"), knownHosts: at("known"), identity: at("key") };
    const host = { address: "127.0.0.1", user: USER, pinned: true };
    const hosts = [
      { ...host, name: "bastion-1", id: "i-bastion", port: bastion.port },
      { ...host, name: "web-1", id: "i-web", port: web.port, through: "bastion-1" },
      { ...host, name: "old", id: "old", port: old.port },
    ];
    writeFileSync(files.config, sshConfig("buddyverse", hosts, files));
    const known = [bastion, web, old].map(({ hostKey }, index) => [hosts[index]?.id ?? "", hostKey] as const);
    writeFileSync(
      files.knownHosts,
      known.reduce((text, [id, key]) => withHostKeys(text, id, [key]), ""),
    );
    const [from, to] = databases;
    from.sql(
      `CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
       CREATE TABLE author (id INT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(90), face BLOB);
       CREATE TABLE book (id INT PRIMARY KEY AUTO_INCREMENT, author_id INT NOT NULL, title VARCHAR(90),
         FOREIGN KEY (author_id) REFERENCES author (id));
       INSERT INTO author VALUES (7, 'Astrid Ählström 🐎', X'00FF0A27');
       INSERT INTO book (author_id, title) SELECT 7, CONCAT('It''s no. ', seq) FROM seq_1_to_2000;
       CREATE TABLE empty (id INT);
       CREATE VIEW titles AS SELECT title FROM book;
       CREATE TRIGGER named BEFORE INSERT ON author FOR EACH ROW SET NEW.name = TRIM(NEW.name);
       CREATE USER shop@'%' IDENTIFIED BY 'old'; GRANT ALL ON shop.* TO shop@'%';`,
    );
    // As RDS has it: its first user may do nothing in another's name.
    to.sql(
      `CREATE DATABASE django_db; CREATE TABLE django_db.author (of_another_release INT);
       CREATE USER admin@'%' IDENTIFIED BY '${PASSWORD}' REQUIRE SSL; GRANT ALL ON django_db.* TO admin@'%';`,
    );
    const oldPort = await freePort();
    const option = /^```ini\n([\s\S]*?)^```$/m.exec(TEXT)?.[1] ?? "";
    writeFileSync(at("old.cnf"), option.replace("23306", String(oldPort)).replace("the old site's", "old"));
    const forward = /^\$ ssh (-N -L .*) "\$OLD"$/m.exec(TEXT)?.[1] ?? "";
    const words = forward.replace(":3306", `:${from.port}`).replace("23306", String(oldPort)).split(" ");
    toOld = spawn("ssh", ["-F", files.config, ...words, "old"], { stdio: "ignore" });
    while ((await run("mysql", [`--defaults-extra-file=${at("old.cnf")}`, "-e", "SELECT 1"])).code !== 0)
      expect(toOld.exitCode).toBeNull();
    mkdirSync(at("efs"));
    mkdirSync(at("srv", "shop", "media", "faces"), { recursive: true });
    writeFileSync(at("srv", "shop", "media", "faces", "it's a ö.png"), "1");
  });
  afterAll(async () => {
    toOld.kill();
    await Promise.all([...machines, ...databases].map((one) => one.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  /** In the folder of the config, by the shell that the page is for; places and ports are this machine's. */
  const shell = (text: string) => {
    const here = text
      .replaceAll("13306", String(port))
      .replaceAll("/mnt/efs/media/", `${at("efs")}/`)
      .replaceAll("/srv/shop", at("srv", "shop"));
    const env = { OLD: "old", RSYNC_RSH: "ssh -F Buddy-Project.buddyverse.ssh_config" };
    return run("bash", ["-c", `cd ${folder}; ${here}`], { env: { ...env, PATH: `${at("bin")}:${process.env.PATH}` } });
  };

  async function throughTunnel(act: () => Promise<void>): Promise<string> {
    const [, to] = databases;
    const ca = at("Buddy-Project.buddyverse.rds-ca.pem");
    const controller = new AbortController();
    let acting: Promise<void> = Promise.resolve();
    let said = "";
    const held = holdTunnel(
      {
        access: { host: "bastion-1", whyNot: async () => undefined },
        role: "primary",
        port,
        host: "site.example",
        command: tunnelWords(at("Buddy-Project.buddyverse.ssh_config"), "bastion-1", port, `127.0.0.1:${to.port}`),
        ca,
        certificates: async () => readFileSync(to.ca, "utf8"),
        value: { mariadb: `mariadb --host=127.0.0.1 --port=${port} --user=admin -p --ssl-ca=${ca} django_db` },
      },
      (text) => {
        said = text;
        acting = act().finally(() => controller.abort());
      },
      controller.signal,
    );
    expect(await held).toBe(0);
    await acting;
    return said;
  }

  test("the database: dumped, loaded through the tunnel into one that is not empty, the same rows; and the same again", async () => {
    const [from, to] = databases;
    const said = await throughTunnel(async () => {
      for (const rows of [2000, 2001]) {
        expect(await shell(block("cat >new.cnf"))).toMatchObject({ code: 0 });
        expect(statSync(at("new.cnf")).mode & 0o077).toBe(0);
        const dumped = await shell(block("mysqldump"));
        expect(dumped).toMatchObject({ code: 0, out: expect.stringMatching(/-- Dump completed on .*\n$/) });
        expect(readFileSync(at("shop.sql"), "utf8")).not.toMatch(/DEFINER=|sandbox mode|NO_AUTO_CREATE_USER/);
        expect(await shell(block("DROP DATABASE"))).toMatchObject({ code: 0 });
        expect(await shell(block("counts()"))).toMatchObject({
          code: 0,
          out: expect.stringMatching(/the same rows\n$/),
        });
        expect(to.sql("SELECT COUNT(*) FROM django_db.titles")).toBe(String(rows));
        from.sql("INSERT INTO shop.book (author_id, title) VALUES (7, 'new')");
      }
      expect((await shell(block("counts()"))).out).toMatch(/< book\t2002\n---\n> book\t2001\n/);
    });
    expect(to.sql("SELECT name, HEX(face) FROM django_db.author")).toBe("Astrid Ählström 🐎\t00FF0A27");
    expect(said).not.toContain(PASSWORD);
  });

  test("the line that the tunnel prints for MariaDB's client uses TLS, and refuses another authority", async () => {
    const asked = (line: string) => `${line.replace(" -p ", ` -p${PASSWORD} `)} -N -e "SHOW STATUS LIKE 'Ssl_cipher'"`;
    let answers: { out: string; code: unknown }[] = [];
    const said = await throughTunnel(async () => {
      const line = `mariadb --host=127.0.0.1 --port=${port} --user=admin -p --ssl-ca=${at("Buddy-Project.buddyverse.rds-ca.pem")} django_db`;
      const other = line.replace(/--ssl-ca=\S+/, `--ssl-ca=${at("other.pem")}`);
      await shell(`openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key -out other.pem -days 2 -subj /CN=other`);
      answers = [await shell(asked(line)), await shell(asked(other))];
    });
    expect(said).toContain("mariadb --host=127.0.0.1");
    expect(answers[0]?.out).toMatch(/^Ssl_cipher\tTLS_/);
    expect(answers[1]).toMatchObject({
      code: 1,
      out: expect.stringMatching(/self.signed certificate|certificate verify failed/),
    });
  });

  test("the uploads: over two hops, as the site's user; what is still to be sent is shown, and sent by the next run", async () => {
    const [send, ask] = [block('"$OLD:/srv'), block("rsync -ani")];
    expect(await shell(send)).toEqual({ code: 0, out: "" });
    expect(readdirSync(at("efs", "faces"))).toEqual(["it's a ö.png"]);
    expect(await shell(ask)).toEqual({ code: 0, out: "" });
    writeFileSync(at("media", "later.txt"), "2");
    expect((await shell(ask)).out).toMatch(/\+ later\.txt\n$/);
    expect(await shell(send)).toEqual({ code: 0, out: "" });
    expect(readFileSync(at("efs", "later.txt"), "utf8")).toBe("2");
  });
});
