/**
 * `buddyverse verify` sends scripts that say in their first line what they are: `# buddyverse-verify: NAME TOKEN`. The sandbox
 * knows them by that name, and runs these lines in their place; the words that begin with `buddyverse-` are its own.
 */
const MOUNTED = "mountpoint -q /mnt/efs || echo '/mnt/efs is not mounted' >&2\nmountpoint -q /mnt/efs";
const fileOf = (token: string) => `/mnt/efs/media/buddyverse-verify-${token}.txt`;

const SCRIPTS: Readonly<Record<string, (token: string) => string>> = {
  requests: (token) => `buddyverse-requests buddyverse-verify/${token}`,
  database: (token) => `buddyverse-database ${token}`,
  "file-write": (token) =>
    `set -eu\n${MOUNTED}\nbuddyverse-later 600 ${fileOf(token)}\necho 'buddyverse-verify ${token}' >${fileOf(token)}`,
  "file-read": (token) => `set -eu\n${MOUNTED}\ncat ${fileOf(token)}`,
  "file-remove": (token) => `rm -f ${fileOf(token)}`,
  "outbound-address": () => "curl -sS -m 20 --retry 2 https://checkip.amazonaws.com/",
};

const HEAD = /^# buddyverse-verify: (\S+)(?: (\S+))?[ \t]*(?:\n|$)/;

/** What to run in place of a script; `unknown` is a name that the sandbox does not have. */
export function standIn(script: string): { readonly text: string } | { readonly unknown: string } {
  const [, name = "", token = ""] = HEAD.exec(script) ?? [];
  if (name === "") return { text: script };
  const known = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  return known && /^\w*$/.test(token) ? { text: known(token) } : { unknown: name };
}
