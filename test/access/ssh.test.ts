/** The way to the machines, by the system's ssh, against Debian's sshd: two hops, as on AWS. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { withHostKeys } from "../../src/access/host-keys.ts";
import { inForeground, missing, sshWords } from "../../src/access/ssh.ts";
import { type SshHost, sshConfig } from "../../src/access/ssh-config.ts";
import { needs } from "../tools.ts";
import { keyPair, type Sshd, sshd, USER } from "./sshd.ts";

const BASTION = { name: "bastion-1", id: "i-bastion", address: "127.0.0.1", user: USER, pinned: true };
const WEB = { name: "web-1", id: "i-web", address: "127.0.0.1", user: USER, pinned: true, through: "bastion-1" };

describe("by ssh", needs("ssh and sshd", "a shell"), () => {
  let folder: string;
  let bastion: Sshd;
  let web: Sshd;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "buddyverse-ssh-"));
    const authorized = keyPair(join(folder, "key"));
    [bastion, web] = await Promise.all([sshd(folder, "bastion", authorized), sshd(folder, "web", authorized)]);
  });
  afterAll(async () => {
    await Promise.all([bastion.close(), web.close()]);
    rmSync(folder, { recursive: true, force: true });
  });

  let made = 0;
  /** A config in a folder whose name means something to ssh and to a shell. */
  function config(changed: { bastion?: Partial<SshHost>; web?: Partial<SshHost>; known?: string } = {}) {
    made += 1;
    const place = mkdtempSync(join(folder, `it's "a" $HOME %h ${made} `));
    const files = {
      config: join(place, "ssh_config"),
      knownHosts: join(place, "known_hosts"),
      identity: join(place, "key"),
    };
    writeFileSync(files.identity, readFileSync(join(folder, "key")), { mode: 0o600 });
    const pinned = withHostKeys(withHostKeys("", "i-bastion", [bastion.hostKey]), "i-web", [web.hostKey]);
    const known = changed.known ?? pinned;
    if (known !== "") writeFileSync(files.knownHosts, known);
    const hosts = [
      { ...BASTION, port: bastion.port, ...changed.bastion },
      { ...WEB, port: web.port, ...changed.web },
    ];
    writeFileSync(files.config, sshConfig("stage", hosts, files));
    return files;
  }

  const ran = (file: string, host: string, ...words: readonly string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const [program = "", ...rest] = sshWords(file, host, words, { terminal: false });
      execFile(program, rest, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
    });

  test("a web instance is reached through the bastion, and the words of a command arrive as they were given", async () => {
    const before = bastion.connections();
    const words = ["a b", "it's", '"', "$HOME `id`", "one\ntwo", "", "*", "-x", "\\", "{{x}}", "ö%h"];
    const { stdout, stderr } = await ran(config().config, "web-1", "printf", "%s|", "printed:", ...words);
    expect(stdout, stderr).toBe(["printed:", ...words, ""].join("|"));
    expect((await ran(config().config, "web-1", "printenv", "WHERE")).stdout).toBe("web\n");
    expect((await ran(config().config, "bastion-1", "printenv", "WHERE")).stdout).toBe("bastion\n");
    expect(bastion.connections() - before).toBe(3);
  });

  test("the command's exit code is the answer, and 255 where there is no way", async () => {
    const { config: file } = config();
    expect(await inForeground(sshWords(file, "web-1", ["sh", "-c", "exit 7"], { terminal: false }))).toBe(7);
    const dead = config({ bastion: { port: 1 } });
    expect(await ran(dead.config, "web-1", "true")).toMatchObject({ code: 255 });
    await expect(inForeground(["no-such-program-here"])).rejects.toThrow("it is not on this machine");
  });

  test("a host with another key than the one that AWS told is refused, on the way and at its end", async () => {
    const other = keyPair(join(folder, `other-${made}`));
    for (const id of ["i-bastion", "i-web"]) {
      const file = config({ known: withHostKeys(readFileSync(config().knownHosts, "utf8"), id, [other]) });
      const { code, stderr } = await ran(file.config, "web-1", "true");
      expect({ id, code }, stderr).toEqual({ id, code: 255 });
      expect(stderr).toContain("REMOTE HOST IDENTIFICATION HAS CHANGED");
    }
    // Without any key of it, a pinned one is nobody's.
    expect(await ran(config({ known: "other ssh-ed25519 AAAA\n" }).config, "web-1", "true")).toMatchObject({
      code: 255,
    });
  });

  test("another program may be the way: its words arrive, and the host's key is looked at all the same", async () => {
    const path = join(folder, "bin");
    mkdirSync(path);
    const said = join(folder, "said");
    const program = join(path, "aws");
    const server = `exec /usr/sbin/sshd -i -e -f '${join(folder, "web.config")}' 2>/dev/null`;
    writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" >'${said}'\n${server}\n`, { mode: 0o755 });
    const by = [program, "--profile", "it's 100% $HOME", "--target", "i-web"];
    const { through: _bastion, ...direct } = WEB;
    const hosts = [{ ...direct, by }];
    const { config: file, knownHosts, identity } = config();
    writeFileSync(file, sshConfig("stage", hosts, { config: file, knownHosts, identity }));
    const before = bastion.connections();
    expect(await ran(file, "web-1", "printenv", "WHERE")).toMatchObject({ code: 0, stdout: "web\n" });
    expect(readFileSync(said, "utf8")).toBe(`${by.slice(1).join("|")}|`);
    writeFileSync(knownHosts, withHostKeys("", "i-web", [keyPair(join(folder, "nobody"))]));
    expect(await ran(file, "web-1", "true")).toMatchObject({ code: 255 });
    expect(bastion.connections()).toBe(before);
    expect(missing(["aws", "sh"], path)).toEqual(["sh"]);
  });

  test("where AWS does not tell it, the first key is taken, and no other later; by the instance, not by its address", async () => {
    const loose = { bastion: { pinned: false }, web: { pinned: false }, known: "" };
    const file = config(loose);
    expect(await ran(file.config, "web-1", "true")).toMatchObject({ code: 0 });
    const known = readFileSync(file.knownHosts, "utf8");
    expect(known).toContain(`i-bastion ${bastion.hostKey}`);
    expect(known).toContain(`i-web ${web.hostKey}`);
    const swapped = known.replace(web.hostKey, keyPair(join(folder, `swapped-${made}`)));
    expect(await ran(config({ ...loose, known: swapped }).config, "web-1", "true")).toMatchObject({ code: 255 });
    // Another instance at the same address is another host.
    const moved = config({ ...loose, web: { pinned: false, id: "i-new" }, known: swapped });
    expect(await ran(moved.config, "web-1", "true")).toMatchObject({ code: 0 });
  });
});

test("a path that ssh would change is refused, with what to do", () => {
  const files = { config: "/a/config", knownHosts: "/a/known", identity: "/a/$" + "{HOME}/key" };
  expect(() => sshConfig("stage", [], files)).toThrow(/ssh cannot be given the path .*HOME/);
});
