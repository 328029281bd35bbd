import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { bastionFor, type Machine, machinesOf } from "../../steps/access.ts";
import { BASTION_GROUP } from "../../steps/inputs.ts";
import { hostKeysIn, isKnown, withHostKeys } from "../access/host-keys.ts";
import { type SshFiles, type SshHost, sshConfig } from "../access/ssh-config.ts";
import type { Aws } from "../aws/aws.ts";
import { consoleOf } from "../aws/ec2/read-console.ts";
import type { SecurityGroupLive } from "../aws/ec2/security-group.ts";
import { cidrOf, contains, parseAddress, parseCidr } from "../lib/cidr.ts";
import { BuddyError } from "../lib/errors.ts";
import { list } from "../lib/text.ts";
import { readIfThere, writeAtomically } from "../state/file.ts";
import { privateKeyFile } from "./inputs.ts";
import type { Paths } from "./paths.ts";
import type { Session } from "./session.ts";

/** How a machine is reached by the system's ssh. */
export interface SshAccess {
  /** The config that was written for it. */
  readonly config: string;
  /** What that config calls the machine. */
  readonly host: string;
  readonly machine: Machine;
  /** How many of its sort there are. */
  readonly of: number;
  /** Those whose key AWS no longer tells: ssh takes the first that it meets, and no other after that. */
  readonly unpinned: readonly string[];
  /**
   * Why nothing answered, where the bastions' group says it; undefined: it lets this machine in, or nobody can tell. Also when the
   * session is closed.
   */
  whyNot(): Promise<string | undefined>;
}

const nameOf = ({ what, number }: Machine): string => `${what}-${number}`;

/** A file beside the state, of this stack alone. */
export const fileBeside = ({ config, paths }: Session, what: string): string => `${paths.key}.${config.stack}.${what}`;

/**
 * Writes the ssh config of the stack beside its state, with the keys of the machines that are on the way.
 * @param which a number from 1, or an instance's id; undefined: the first that is there
 * @param bySsm to web instances by Session Manager instead of a bastion
 * @throws BuddyError `failed` when there is no such machine or no way to it, `config` without a key
 */
export async function sshAccess(
  session: Session,
  what: Machine["what"],
  which?: string,
  { bySsm = false }: { readonly bySsm?: boolean } = {},
): Promise<SshAccess> {
  const { config, aws, stack, paths } = session;
  const [{ bastions, web }, group] = await Promise.all([
    machinesOf(config, aws, stack.find),
    stack.find(BASTION_GROUP) as Promise<SecurityGroupLive | undefined>,
  ]);
  const all = what === "bastion" ? bastions : web;
  const machine = chosen(all, what, which, config.stack);
  const through = what === "bastion" || bySsm ? machine : bastionFor(bastions, machine);
  if (!through) throw noBastion(config.stack);
  const files: SshFiles = {
    config: fileBeside(session, "ssh_config"),
    knownHosts: fileBeside(session, "known_hosts"),
    identity: identityFile(session, paths),
  };
  const before = readIfThere(files.knownHosts) ?? "";
  const known = await withPinned(aws, before, [...new Set([through.id, machine.id])]);
  const hosts = [...bastions, ...web].map((one): SshHost => {
    const { id, address, user } = one;
    const way = one.what === "web" && !bySsm ? bastionFor(bastions, one) : undefined;
    return {
      name: nameOf(one),
      id,
      address,
      user,
      pinned: isKnown(known, id),
      ...(way ? { through: nameOf(way) } : {}),
      ...(one.what === "web" && bySsm ? { by: startSession(session, id) } : {}),
    };
  });
  const text = sshConfig(config.stack, hosts, files);
  if (known !== before) writeAtomically(files.knownHosts, known, { synced: false });
  writeAtomically(files.config, text, { synced: false });
  return {
    config: files.config,
    host: nameOf(machine),
    machine,
    of: all.length,
    unpinned: [...new Set([through, machine])].filter(({ id }) => !isKnown(known, id)).map(nameOf),
    whyNot: bySsm ? async () => undefined : whyNot(group?.inbound.flatMap(({ cidr }) => cidr ?? []) ?? [], aws),
  };
}

/** ssh over Session Manager (Systems Manager user guide, "Allow and control permissions for SSH connections through Session Manager"). */
const startSession = ({ options: { profile }, aws: { region } }: Session, id: string): readonly string[] => [
  "aws",
  ...(profile === undefined ? [] : ["--profile", profile]),
  "ssm",
  "start-session",
  "--region",
  region,
  "--target",
  id,
  "--document-name",
  "AWS-StartSSHSession",
  "--parameters",
  "portNumber=22",
];

function chosen(all: readonly Machine[], what: Machine["what"], which: string | undefined, stack: string): Machine {
  if (which !== undefined && !/^([1-9]\d*|i-\w+)$/.test(which))
    throw new BuddyError({
      code: "usage",
      message: `"${which}" is neither a number nor the id of an instance`,
      hint: `As in \`buddyverse ssh ${what} 2\`. A command to run comes after "--".`,
    });
  const found = all.find(({ number, id }) => which === undefined || which === id || which === String(number));
  if (found) return found;
  if (what === "bastion" && all.length === 0) throw noBastion(stack);
  if (all.length === 0) throw noWebInstance(stack);
  const there = all.map(({ number, id, zone }) => `${number} (${id}, ${zone})`);
  throw new BuddyError({
    code: "failed",
    message: `there is no ${what} ${which}: there is ${list(there)}`,
    hint: "Name one of these, by its number or its id.",
  });
}

export const noWebInstance = (stack: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `no web instance of the stack ${stack} runs`,
    hint: "Run `buddyverse up`, which makes it; where it has, `buddyverse status` says what became of it.",
  });

const noBastion = (stack: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `no bastion of the stack ${stack} runs: there is no way in`,
    hint: "Run `buddyverse status`, which says what is there; `buddyverse up --step nat-bastion` brings the bastions.",
  });

/** The key's file: the stack's own; of a key that the config names the private half, or where an agent holds that, the public one. */
function identityFile({ config }: Session, paths: Paths): string {
  const { publicKeyFile } = config.bastion;
  if (publicKeyFile === null) {
    const file = privateKeyFile(paths);
    if (existsSync(file)) return file;
    throw new BuddyError({
      code: "config",
      message: `the stack's private key ${file} is not there`,
      about: { file },
      hint: "It was written by the `buddyverse up` that made the key pair, on the machine where that ran: copy it from there (mode 0600), or name your own key in bastion.publicKeyFile and run `buddyverse up --replace`.",
    });
  }
  const file = resolve(paths.folder, publicKeyFile);
  const half = file.replace(/\.pub$/, "");
  if (half !== file && existsSync(half)) return half;
  if (process.env.SSH_AUTH_SOCK) return file;
  throw new BuddyError({
    code: "config",
    message: `the private half of ${file} is not beside it, and no ssh-agent is running`,
    about: { file, path: "bastion.publicKeyFile" },
    hint: `Put it at ${half}, or start an agent that holds it: eval "$(ssh-agent)" && ssh-add KEY.`,
  });
}

/** The known hosts, with the keys of these instances as their consoles tell them, where they do and none is known. */
async function withPinned(aws: Aws, before: string, ids: readonly string[]): Promise<string> {
  const unknown = ids.filter((id) => !isKnown(before, id));
  const found = await Promise.all(unknown.map(async (id) => hostKeysIn((await consoleOf(aws, id)).text)));
  return unknown.reduce((known, id, index) => {
    const keys = found[index] ?? [];
    return keys.length > 0 ? withHostKeys(known, id, keys) : known;
  }, before);
}

/** Who may reach the bastions is in their group; what it lets in is not where this machine is. */
const whyNot =
  (ranges: readonly string[], { network }: Aws) =>
  async (): Promise<string | undefined> => {
    const mine = await network.publicAddress();
    const address = cidrOf(parseAddress(mine) ?? 0, 32);
    const letIn = ranges.some((range) => {
      const parsed = parseCidr(range);
      return parsed && contains(parsed, address);
    });
    if (letIn) return undefined;
    return `the bastions let in ${list(ranges) || "nobody"}, and this machine's address is ${mine}`;
  };

/** What a bastion that does not answer means when its group does not let this machine in. */
export const notLetIn = (why: string): BuddyError =>
  new BuddyError({
    code: "failed",
    message: why,
    hint: 'With "my-ip" in bastion.allowedCidrs `buddyverse up --step nat-bastion` lets today\'s address in; else add it there first.',
  });
