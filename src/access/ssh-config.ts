import { BuddyError } from "../lib/errors.ts";
import { shellLine } from "../lib/shell.ts";

/** A machine as ssh reaches it. */
export interface SshHost {
  /** What ssh calls it: `web-1`. */
  readonly name: string;
  readonly address: string;
  /** 22 where nothing is said. */
  readonly port?: number;
  readonly user: string;
  /** Its key is known by that, as addresses are given to other machines later: the instance's id. */
  readonly id: string;
  /** Its key is known from its console: no other is taken. */
  readonly pinned: boolean;
  /** The name of the host that leads to it. */
  readonly through?: string;
  /** The words of a command that leads to it instead: what it reads and writes is the connection. */
  readonly by?: readonly string[];
}

export interface SshFiles {
  /** Where the config itself will be. */
  readonly config: string;
  readonly knownHosts: string;
  /** The private key; or a public key, whose other half an agent holds. */
  readonly identity: string;
}

/** How long ssh tries to connect, seconds. */
const CONNECT_SECONDS = 10;

/**
 * A config for the system's ssh (and scp, sftp, rsync) by which all hosts are reached with one key. On a command line `-i` would
 * not count for the way through another host (ssh(1), -J), and ProxyJump hands this file on without quoting its path
 * (OpenSSH 10.0, ssh.c): so the way is a ProxyCommand.
 * @throws BuddyError `config` for a path that ssh cannot be given
 */
export function sshConfig(stack: string, hosts: readonly SshHost[], files: SshFiles): string {
  const identity = pathWord(files.identity);
  const entries = hosts.map(({ name, address, port, user, id, pinned, through, by }) =>
    [
      `Host ${name}`,
      `  HostName ${address}`,
      ...(port === undefined ? [] : [`  Port ${port}`]),
      `  User ${user}`,
      `  HostKeyAlias ${id}`,
      `  StrictHostKeyChecking ${pinned ? "yes" : "accept-new"}`,
      ...(through === undefined ? [] : [`  ProxyCommand ${proxyCommand(files.config, through)}`]),
      ...(by === undefined ? [] : [`  ProxyCommand ${expanded(by)}`]),
    ].join("\n"),
  );
  return `# The machines of the stack ${stack}, rewritten by each \`buddyverse ssh\`. For scp, sftp, rsync: ssh -F THIS-FILE
${entries.join("\n")}
Host *
  IdentityFile ${identity}
  IdentitiesOnly yes
  UserKnownHostsFile ${pathWord(files.knownHosts)}
  GlobalKnownHostsFile /dev/null
  ConnectTimeout ${CONNECT_SECONDS}
  ServerAliveInterval 15
  ServerAliveCountMax 4
`;
}

/** It goes through ssh's own expansion, then a shell's. */
const proxyCommand = (config: string, through: string): string => {
  usable(config);
  return `${expanded(["ssh", "-F", config])} -W '[%h]:%p' ${through}`;
};
const expanded = (words: readonly string[]): string => shellLine(words).replaceAll("%", "%%");

/** A path in an option's value: in quotes, `%` twice, as ssh expands it (ssh_config(5), TOKENS). */
function pathWord(path: string): string {
  usable(path);
  return `"${path.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")}"`;
}

/** There is no way to keep ssh from expanding `${…}` in a path (ssh_config(5), ENVIRONMENT VARIABLES). */
function usable(path: string): void {
  if (!/\$\{|[\n\r]/.test(path)) return;
  throw new BuddyError({
    code: "config",
    message: `ssh cannot be given the path ${JSON.stringify(path)}: it would replace what is in it`,
    about: { file: path },
    hint: "Keep config, state and key in a folder whose path has no ${ and no line break (--config, --state, bastion.publicKeyFile).",
  });
}
