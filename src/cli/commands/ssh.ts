import type { Machine } from "../../../steps/access.ts";
import { inForeground, SSH_FAILED, sshWords } from "../../access/ssh.ts";
import { BuddyError, explain } from "../../lib/errors.ts";
import { shellLine } from "../../lib/shell.ts";
import type { CommonOptions } from "../options.ts";
import { screenOf } from "../screen.ts";
import { withSession } from "../session.ts";
import { notLetIn, type SshAccess, sshAccess } from "../ssh-access.ts";

export interface SshOptions extends CommonOptions {
  readonly print?: boolean;
  /** What comes after `--`. */
  readonly words?: readonly string[];
}

/** Opens a shell on a machine of the stack, or runs a command there: by the system's ssh, whose exit code is the answer. */
export async function ssh(what: Machine["what"], which: string, options: SshOptions): Promise<number> {
  const { words = [], print } = options;
  if ((options.json || options.jsonLines) && !print)
    throw new BuddyError({
      code: "usage",
      message: "what a shell says is no JSON",
      hint: "Leave --json out, or add --print: it prints the command instead of running it.",
    });
  const purpose = { command: "ssh", writes: false, resolvesAddress: false };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const access = await sshAccess(session, what, which);
    const terminal = Boolean(process.stdin.isTTY && process.stdout.isTTY);
    const command = sshWords(access.config, access.host, words, { terminal });
    if (print) {
      screen.result(shellLine(command), {
        command,
        config: access.config,
        host: access.host,
        instance: access.machine.id,
      });
      return 0;
    }
    if (options.sandbox) throw notOnSandbox();
    screen.say(sentence(access));
    return () => runSsh(command, access);
  }).then((left) => (typeof left === "number" ? left : left()));
}

/** Which machine it is. */
function sentence({ machine: { what, number, id, zone, address }, of, unpinned }: SshAccess): string {
  const taken =
    unpinned.length === 0
      ? ""
      : ` AWS no longer tells the host key of ${unpinned.join(" and ")}: ssh takes the one that it meets now, and no other later.`;
  return `${what} ${number} of ${of}: ${id}, ${address}, in ${zone}.${taken}`;
}

const notOnSandbox = (): BuddyError =>
  new BuddyError({
    code: "sandbox",
    message: "the sandbox's machines take no ssh: there is nothing behind their addresses",
    hint: "`buddyverse ssh --print` shows the command that is run on AWS.",
  });

/** Once the session is closed: Ctrl-C is the shell's. */
async function runSsh(command: readonly string[], { whyNot }: SshAccess): Promise<number> {
  const code = await inForeground(command);
  // Also a command's own may be that.
  if (code !== SSH_FAILED) return code;
  const why = await whyNot().catch(() => undefined);
  if (why !== undefined) process.stderr.write(`${explain(notLetIn(why))}\n`);
  return code;
}
