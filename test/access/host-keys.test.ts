import { expect, test } from "vitest";
import { hostKeysIn, isKnown, withHostKeys } from "../../src/access/host-keys.ts";

const ED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHtOReNwl7HPAz5EUR/6mRdACoNszPBcSS9tCUeot7CE";
const NEW = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFGLC6yXTpYmdkQstt6l2vzoJHRkQfvFllD3sVNg0L3o";
const EC =
  "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHN14OCnYTeMh09qRzmWhtXsCgMOQu5S4WLksyBkQsNFil50MPdN8EoE0hh4dw70UzctiMXmQW/vStGeeyLv7OA=";
const block = (...lines: readonly string[]) =>
  ["-----BEGIN SSH HOST KEY KEYS-----", ...lines, "-----END SSH HOST KEY KEYS-----"].join("\n");

test("the keys are those that the console had last, and whole: what the kernel wrote into is none", () => {
  const console = [
    "<14>Jan  6 15:27:31 cloud-init: -----BEGIN SSH HOST KEY FINGERPRINTS-----",
    "<14>Jan  6 15:27:31 cloud-init: 256 SHA256:8KKnft4X6/5ANZjy4c9Pf8nLPghM25r2h7KQCcmMWJQ root@vm1 (ECDSA)",
    block(`${ED} root@old`),
    "[   21.2] cloud-init: rebooted",
    block(
      `${EC} root@ip-172-31-1-7`,
      "[   22.197933] systemd[1]: Started Session.",
      NEW,
      `${ED.slice(0, -9)}[ 22.2] kernel: x`,
      ED.slice(0, -8),
      ED.replace("ssh-ed25519", "ssh-rsa"),
    ),
    "login:",
  ].join("\n");
  expect(hostKeysIn(console)).toEqual([EC, NEW]);
  expect(hostKeysIn("")).toEqual([]);
  expect(hostKeysIn(`-----BEGIN SSH HOST KEY KEYS-----\n${ED}\n`)).toEqual([]);
});

test("known hosts have one set of keys for each host", () => {
  const first = withHostKeys("", "i-1", [ED, EC]);
  const second = withHostKeys(withHostKeys(first, "i-12", [ED]), "i-1", [NEW]);
  expect(second).toBe(`i-12 ${ED}\ni-1 ${NEW}\n`);
  expect([isKnown(second, "i-1"), isKnown(second, "i-12"), isKnown(second, "i-2")]).toEqual([true, true, false]);
});
