import type { Machine } from "../../../steps/access.ts";
import { inForeground, missing, SSH_FAILED, sshWords } from "../../access/ssh.ts";
import { BuddyError, explain } from "../../lib/errors.ts";
import { shellLine } from "../../lib/shell.ts";
import { list } from "../../lib/text.ts";
import type { CommonOptions } from "../options.ts";
import { tell } from "../output.ts";
import { screenOf } from "../screen.ts";
import { withSession } from "../session.ts";
import { notLetIn, type SshAccess, sshAccess } from "../ssh-access.ts";

export interface SshOptions extends CommonOptions {
  readonly print?: boolean;
  /** By Session Manager instead of a bastion. */
  readonly ssm?: boolean;
  /** What comes after `--`. */
  readonly words?: readonly string[];
}

/** Opens a shell on a machine of the stack, or runs a command there: by the system's ssh, whose exit code is the answer. */
export async function ssh(what: Machine["what"], which: string, options: SshOptions): Promise<number> {
  const { words = [], print, ssm = false } = options;
  if ((options.json || options.jsonLines) && !print)
    throw new BuddyError({
      code: "usage",
      message: "what a shell says is no JSON",
      hint: "Leave --json out, or add --print: it prints the command instead of running it.",
    });
  if (ssm && what === "bastion")
    throw new BuddyError({
      code: "usage",
      message:
        "Session Manager does not reach the bastions: they have no role, so that nobody who is on one is anybody to AWS",
      hint: "Leave --ssm out. To a web instance it leads without a bastion: `buddyverse ssh web --ssm`.",
    });
  const purpose = { command: "ssh", writes: false, resolvesAddress: false };
  return withSession(options, purpose, async (session) => {
    const screen = screenOf(session);
    const access = await sshAccess(session, what, which, { bySsm: ssm });
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
    if (ssm) assertPlugin();
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

function assertPlugin(): void {
  const lacking = missing(["aws", "session-manager-plugin"]);
  if (lacking.length === 0) return;
  throw new BuddyError({
    code: "failed",
    message: `--ssm needs ${list(lacking)}, which ${lacking.length === 1 ? "is" : "are"} not on this machine`,
    hint: 'Install AWS\'s CLI and its Session Manager plugin (Systems Manager user guide, "Install the Session Manager plugin for the AWS CLI"), or go through a bastion: leave --ssm out.',
  });
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
  if (why !== undefined) tell(explain(notLetIn(why)));
  return code;
}
