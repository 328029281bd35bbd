import { generateKeyPairSync, randomBytes } from "node:crypto";

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** A new ed25519 key pair in OpenSSH's own formats (PROTOCOL.key): ssh reads ed25519 in no other. */
export function newKeyPair(comment: string): { readonly privateKey: string; readonly publicKey: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const { d = "" } = privateKey.export({ format: "jwk" });
  const point = Buffer.from(x, "base64url");
  const seed = Buffer.from(d, "base64url");
  const type = "ssh-ed25519";
  const blob = Buffer.concat([text(type), text(point)]);
  const check = randomBytes(4);
  let secret = Buffer.concat([
    check,
    check,
    text(type),
    text(point),
    text(Buffer.concat([seed, point])),
    text(comment),
  ]);
  // Padded with 1, 2, 3, … to the block size of no cipher.
  secret = Buffer.concat([
    secret,
    Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1)),
  ]);
  const body = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    text("none"),
    text("none"),
    text(""),
    number(1),
    text(blob),
    text(secret),
  ]);
  const lines = body.toString("base64").match(/.{1,70}/g) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`,
    publicKey: `${type} ${blob.toString("base64")} ${comment}`,
  };
}
