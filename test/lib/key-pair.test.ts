import { createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import { expect, test } from "vitest";
import { newKeyPair } from "../../src/lib/key-pair.ts";

/** Reads OpenSSH's wire format: a length of four bytes before each field. */
function fieldsOf(bytes: Buffer) {
  let at = 0;
  const number = () => {
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  const field = () => {
    const length = number();
    at += length;
    return bytes.subarray(at - length, at);
  };
  return { number, field, text: () => field().toString(), rest: () => bytes.subarray(at) };
}

// https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.key
function readPrivateKey(pem: string) {
  const [first, ...lines] = pem.trimEnd().split("\n");
  expect([first, lines.pop()]).toEqual(["-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"]);
  const bytes = Buffer.from(lines.join(""), "base64");
  const magic = "openssh-key-v1\0";
  expect(bytes.subarray(0, magic.length).toString()).toBe(magic);
  const outer = fieldsOf(bytes.subarray(magic.length));
  expect([outer.text(), outer.text(), outer.text(), outer.number()]).toEqual(["none", "none", "", 1]);
  const publicBlob = outer.field();
  const secret = outer.field();
  expect(outer.rest()).toHaveLength(0);
  expect(secret.length % 8).toBe(0);
  const inner = fieldsOf(secret);
  expect(inner.number()).toBe(inner.number());
  const [type, point, pair, comment] = [inner.text(), inner.field(), inner.field(), inner.text()];
  const padding = inner.rest();
  expect([...padding]).toEqual(Array.from(padding, (_, index) => index + 1));
  return { publicBlob, type, point, pair, comment };
}

test.each(["", "k", "Buddy-Project@buddyverse", "a comment with spaces"])(
  "a pair with the comment %j is one that OpenSSH and EC2 read",
  (comment) => {
    const { privateKey, publicKey } = newKeyPair(comment);
    const [type, blob = "", ...words] = publicKey.split(" ");
    expect([type, words.join(" ")]).toEqual(["ssh-ed25519", comment]);
    const read = readPrivateKey(privateKey);
    expect(read.publicBlob).toEqual(Buffer.from(blob, "base64"));
    expect([read.type, read.comment]).toEqual(["ssh-ed25519", comment]);
    expect(read.pair.subarray(32)).toEqual(read.point);
    const named = fieldsOf(read.publicBlob);
    expect([named.text(), named.field()]).toEqual(["ssh-ed25519", read.point]);

    // The two halves belong together.
    const jwk = { kty: "OKP", crv: "Ed25519", x: read.point.toString("base64url") };
    const key = createPrivateKey({
      key: { ...jwk, d: read.pair.subarray(0, 32).toString("base64url") },
      format: "jwk",
    });
    const signature = sign(null, Buffer.from("hello"), key);
    expect(verify(null, Buffer.from("hello"), createPublicKey({ key: jwk, format: "jwk" }), signature)).toBe(true);
  },
);

test("each pair is new", () => {
  expect(newKeyPair("one").publicKey).not.toBe(newKeyPair("one").publicKey);
});
