import { existsSync, readFileSync } from "node:fs";
import { PRIMARY, REPLICA } from "../../../steps/databases.ts";
import { passwordCommand } from "../../../steps/outputs.ts";
import { type Checked, checkTls, NotChecked } from "../../access/mysql-tls.ts";
import { openTunnel, SshEnded, type Tunnel, tunnelWords } from "../../access/tunnel.ts";
import { databaseCertificates } from "../../aws/network.ts";
import type { InstanceLive } from "../../aws/rds/read-instances.ts";
import { BuddyError } from "../../lib/errors.ts";
import { shellLine } from "../../lib/shell.ts";
import { writeAtomically } from "../../state/file.ts";
import { interrupted } from "../interrupt.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { screenOf } from "../screen.ts";
import { type Session, withSession } from "../session.ts";
import { fileBeside, notLetIn, type SshAccess, sshAccess } from "../ssh-access.ts";

export interface TunnelOptions extends CommonOptions {
  readonly replica?: boolean;
  readonly port?: number;
  readonly print?: boolean;
}

/** Where the tunnels begin, if nothing else is said: not at 3306, where a database of this machine may be. */
const PORT = { primary: 13306, replica: 13307 } as const;
/** A database that is not reached says nothing at all. */
const ANSWER_WITHIN_MS = 15_000;

/** All that is needed of the stack. */
export interface Plan {
  readonly access: Pick<SshAccess, "host" | "whyNot">;
  readonly role: keyof typeof PORT;
  readonly port: number;
  readonly host: string;
  readonly command: readonly string[];
  /** The file of those who sign RDS's certificates. */
  readonly ca: string;
  /** Asks AWS for them. */
  certificates(): Promise<string>;
  readonly value: Record<string, unknown>;
}

/** Opens a local port to a database of the stack, through a bastion, until Ctrl-C. */
export async function tunnel(_what: "database", options: TunnelOptions): Promise<number> {
  const purpose = { command: "tunnel", writes: false, resolvesAddress: false };
  const plan = await withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const { planned, sentence } = await planFor(session, options);
    if (options.print) {
      screen.result(shellLine(planned.command), planned.value);
      return undefined;
    }
    if (options.sandbox) throw notOnSandbox();
    screen.say(sentence);
    return planned;
  });
  return plan ? untilInterrupted(plan, options) : 0;
}

async function planFor(
  session: Session,
  options: TunnelOptions,
): Promise<{ readonly planned: Plan; readonly sentence: string }> {
  const { config, stack, aws } = session;
  const role = options.replica ? "replica" : "primary";
  const database = (await stack.find(options.replica ? REPLICA : PRIMARY)) as InstanceLive | undefined;
  if (!database?.endpoint)
    throw new BuddyError({
      code: "failed",
      message:
        options.replica && !config.database.replica
          ? "the config wants no read replica (database.replica)"
          : `the stack ${config.stack} has no ${role} database that can be reached`,
      hint: "Run `buddyverse up`, which makes it; where it has, `buddyverse status` says what became of it.",
    });
  const access = await sshAccess(session, "bastion");
  const port = options.port ?? PORT[role];
  const command = tunnelWords(access.config, access.host, port, database.endpoint);
  const ca = fileBeside(session, "rds-ca.pem");
  const login = ["--host=127.0.0.1", `--port=${port}`, `--user=${database.user}`, "-p"];
  const planned: Plan = {
    access,
    role,
    port,
    host: database.endpoint.replace(/:\d+$/, ""),
    command,
    ca,
    certificates: () => databaseCertificates(aws.region),
    value: {
      command,
      host: "127.0.0.1",
      port,
      endpoint: database.endpoint,
      database: database.databaseName,
      user: database.user,
      ca,
      // The certificate is not one for 127.0.0.1: its name is looked at by this command, and cannot be by these.
      mysql: shellLine(["mysql", ...login, "--ssl-mode=VERIFY_CA", `--ssl-ca=${ca}`, database.databaseName]),
      // MariaDB's programs know no ssl-mode. With a CA they check who has signed, and of 127.0.0.1 never the name.
      mariadb: shellLine(["mariadb", ...login, `--ssl-ca=${ca}`, database.databaseName]),
      password: passwordCommand(config, aws.cli),
    },
  };
  return { planned, sentence: sentenceOf(planned, access) };
}

const sentenceOf = ({ role, host }: Plan, { machine, of, unpinned }: SshAccess): string => {
  const { number, id, zone } = machine;
  const taken =
    unpinned.length === 0
      ? ""
      : ` AWS no longer tells its host key: ssh takes the one that it meets now, and no other later.`;
  return `Opening a tunnel to the ${role} database, ${host}, through bastion ${number} of ${of} (${id}, ${zone}).${taken}`;
};

const notOnSandbox = (): BuddyError =>
  new BuddyError({
    code: "sandbox",
    message: "the sandbox's bastions take no ssh, and there is no MySQL server behind its endpoints",
    hint: "`buddyverse tunnel database --print` shows the command that is run on AWS.",
  });

/** Once the session is closed: Ctrl-C is the tunnel's end, and no failure when it was open. */
async function untilInterrupted(plan: Plan, options: TunnelOptions): Promise<number> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  try {
    return await holdTunnel(plan, (text, value) => printResult(options, text, value), controller.signal);
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
}

/**
 * Opens the tunnel, says how it is used, and keeps it until the signal.
 * @throws BuddyError when it is not open, or not any more
 */
export async function holdTunnel(
  plan: Plan,
  say: (text: string, value: object) => void,
  signal: AbortSignal,
): Promise<number> {
  const { ended, ...checked } = await opened(plan, signal);
  say(ready(plan, checked), { ...plan.value, ...checked });
  const code = await ended;
  if (signal.aborted) return 0;
  throw new BuddyError({
    code: "failed",
    message: `the tunnel is closed: ssh ended with ${code}`,
    hint: "Run the command again: it goes through another bastion when this one is gone.",
  });
}

/** With the certificates that are there already; with new ones where those do not know who signed. */
async function opened(plan: Plan, signal: AbortSignal): Promise<Tunnel> {
  const { access, command, port, host, ca: file } = plan;
  const there = existsSync(file);
  if (!there) await fetchCertificates(plan);
  const check = async (): Promise<Checked> => {
    const look = () => checkTls(port, { name: host, ca: readFileSync(file, "utf8"), withinMs: ANSWER_WITHIN_MS });
    return look().catch(async (error: unknown) => {
      if (!there || !(error instanceof NotChecked) || error.trouble !== "issuer") throw error;
      await fetchCertificates(plan);
      return look();
    });
  };
  try {
    return await openTunnel(command, { port, check, signal });
  } catch (error) {
    if (signal.aborted) throw interrupted("Run it again when you like.");
    if (error instanceof NotChecked) throw notUsable(error, plan);
    if (!(error instanceof SshEnded)) throw error;
    const why = await access.whyNot().catch(() => undefined);
    throw why === undefined ? noWay(error) : notLetIn(why);
  }
}

async function fetchCertificates({ ca, certificates }: Plan): Promise<void> {
  writeAtomically(ca, await certificates(), { synced: false });
}

const noWay = ({ message }: SshEnded): BuddyError =>
  new BuddyError({
    code: "failed",
    message: `the bastion was not reached: ${message}`,
    hint: "ssh has said why. `buddyverse status` says what is there; `buddyverse ssh bastion` tries the way alone.",
  });

function notUsable({ trouble, message }: NotChecked, { host, access, ca, role }: Plan): BuddyError {
  if (trouble === "no-answer")
    return new BuddyError({
      code: "failed",
      message: `${host} does not answer ${access.host}: ${message}`,
      hint: "Run `buddyverse status`: the database may be away or another one by now, or its security group changed.",
    });
  if (trouble === "no-tls")
    return new BuddyError({
      code: "failed",
      message: `what answers for ${host} cannot be used: ${message}`,
      hint: "Run `buddyverse status`; the RDS console shows the database's events.",
    });
  return new BuddyError({
    code: "failed",
    message: `the ${role} database did not prove that it is ${host}: ${message}`,
    about: { file: ca },
    hint: "Do not log in by this way. Somebody may be in between; or the database's certificate has expired (`aws rds describe-db-instances`, CertificateDetails), or is of a CA that AWS published a moment ago.",
  });
}

/** What is to be copied. */
function ready({ role, port, host, value }: Plan, { version, protocol }: Checked): string {
  return [
    `Ready: 127.0.0.1:${port} is the ${role} database (MySQL ${version}), checked: ${protocol}, a certificate of RDS for ${host}.`,
    "",
    `  ${value.mysql}`,
    "  # or, with MariaDB's client:",
    `  ${value.mariadb}`,
    "  # the password, which both ask for:",
    `  ${value.password}`,
    "",
    "Ctrl-C closes it.",
  ].join("\n");
}
