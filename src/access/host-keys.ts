/** cloud-init prints an instance's own public keys on its console when it makes them (cloud-init, tools/write-ssh-key-fingerprints). */
const BLOCK = /-----BEGIN SSH HOST KEY KEYS-----\n([\s\S]*?)-----END SSH HOST KEY KEYS-----/g;
const KEY = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d+) ([A-Za-z0-9+/=]+)(?: |$)/;

/** The public keys of an instance's sshd, as `TYPE BASE64`, as its console had them last. A line that the kernel wrote into is left out. */
export function hostKeysIn(console: string): readonly string[] {
  const last = [...console.matchAll(BLOCK)].at(-1)?.[1] ?? "";
  return last.split("\n").flatMap((line) => {
    const [, type = "", key = ""] = KEY.exec(line) ?? [];
    return isWhole(type, key) ? [`${type} ${key}`] : [];
  });
}

/** A key is strings, each after its length, the first its type (RFC 4253, 6.6). */
function isWhole(type: string, key: string): boolean {
  const bytes = Buffer.from(key, "base64");
  let at = 0;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt32BE(at);
    if (at === 0 && bytes.toString("latin1", 4, 4 + length) !== type) return false;
    at += 4 + length;
  }
  return at > 0 && at === bytes.length;
}

/** Known hosts, with these keys as the only ones of that host. @param known the file's text */
export function withHostKeys(known: string, host: string, keys: readonly string[]): string {
  const others = known.split("\n").filter((line) => line !== "" && !line.startsWith(`${host} `));
  return `${[...others, ...keys.map((key) => `${host} ${key}`)].join("\n")}\n`;
}

/** True when a key of that host is known. */
export const isKnown = (known: string, host: string): boolean =>
  known.split("\n").some((line) => line.startsWith(`${host} `));
