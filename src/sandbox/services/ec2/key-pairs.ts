import { createHash } from "node:crypto";
import * as z from "zod";
import { awsError, operation, type SandboxService } from "../../service.ts";
import { filters, passes, tagOnCreate, tagSpecifications, tagsOf } from "./shared.ts";
import { keyPairTable } from "./tables.ts";

/** The length-prefixed fields of an OpenSSH key (RFC 4253, 6.6); undefined when they do not add up. */
function fieldsOf(blob: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    const end = at + 4 <= blob.length ? at + 4 + blob.readUInt32BE(at) : Number.POSITIVE_INFINITY;
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function parsed(material: Uint8Array): {
  readonly type: "rsa" | "ed25519";
  readonly text: string;
  readonly blob: Buffer;
} {
  const [type = "", body = ""] = Buffer.from(material).toString("utf8").trim().split(/\s+/);
  const blob = Buffer.from(body, "base64");
  const [inside, ...rest] = fieldsOf(blob) ?? [];
  const sound =
    inside?.toString("latin1") === type &&
    ((type === "ssh-ed25519" && rest.length === 1 && rest[0]?.length === 32) ||
      // 1024 to 4096 bits (user guide, "Requirements for key pairs"); the first byte of a modulus is zero.
      (type === "ssh-rsa" && rest.length === 2 && [129, 257, 513].includes(rest[1]?.length ?? 0)));
  if (!sound) throw awsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
  return { type: type === "ssh-rsa" ? "rsa" : "ed25519", text: `${type} ${body}`, blob };
}

/** Of an imported key: of ed25519 as OpenSSH has it, of RSA after RFC 4716 (API reference, KeyFingerprint). */
function fingerprintOf(type: "rsa" | "ed25519", blob: Buffer): string {
  if (type === "ed25519") return createHash("sha256").update(blob).digest("base64");
  return (createHash("md5").update(blob).digest("hex").match(/../g) ?? []).join(":");
}

const notFound = (what: string) => awsError("InvalidKeyPair.NotFound", `The key pair '${what}' does not exist`);

export const keyPairs: SandboxService = {
  operations: {
    ImportKeyPair: operation(
      {
        KeyName: z.string(),
        PublicKeyMaterial: z.instanceof(Uint8Array),
        TagSpecifications: tagSpecifications("key-pair"),
      },
      (input, sim) => {
        const name = input.KeyName;
        if (!/^[\x20-\x7e]{1,255}$/.test(name))
          throw awsError("InvalidParameterValue", `Value (${name}) for parameter KeyName is invalid.`);
        const { type, text, blob } = parsed(input.PublicKeyMaterial);
        const table = keyPairTable(sim);
        if (table.all().some((pair) => pair.name === name))
          throw awsError("InvalidKeyPair.Duplicate", `The keypair '${name}' already exists.`);
        const id = sim.id("key");
        tagOnCreate(sim, id, "key-pair", input.TagSpecifications);
        const fingerprint = fingerprintOf(type, blob);
        table.put(id, { id, name, type, publicKey: text, fingerprint, createdAt: sim.now });
        return { KeyPairId: id, KeyName: name, KeyFingerprint: fingerprint, Tags: tagsOf(sim, id) };
      },
    ),

    DescribeKeyPairs: operation(
      {
        KeyNames: z.array(z.string()).optional(),
        KeyPairIds: z.array(z.string()).optional(),
        Filters: filters,
        IncludePublicKey: z.boolean().optional(),
      },
      (input, sim) => {
        const all = keyPairTable(sim).allVisible();
        for (const name of input.KeyNames ?? []) if (!all.some((pair) => pair.name === name)) throw notFound(name);
        for (const id of input.KeyPairIds ?? []) if (!all.some((pair) => pair.id === id)) throw notFound(id);
        const found = all
          .filter((pair) => !input.KeyNames || input.KeyNames.includes(pair.name))
          .filter((pair) => !input.KeyPairIds || input.KeyPairIds.includes(pair.id))
          .filter((pair) =>
            passes(sim, pair.id, input.Filters, {
              "key-name": [pair.name],
              "key-pair-id": [pair.id],
              fingerprint: [pair.fingerprint],
            }),
          );
        return {
          KeyPairs: found.map((pair) => ({
            KeyPairId: pair.id,
            KeyName: pair.name,
            KeyType: pair.type,
            KeyFingerprint: pair.fingerprint,
            CreateTime: new Date(pair.createdAt),
            // The comment that was imported is lost: AWS puts the pair's name there.
            ...(input.IncludePublicKey ? { PublicKey: `${pair.publicKey} ${pair.name}\n` } : {}),
            Tags: tagsOf(sim, pair.id),
          })),
        };
      },
    ),

    /** Succeeds for one that is not there. */
    DeleteKeyPair: operation({ KeyName: z.string().optional(), KeyPairId: z.string().optional() }, (input, sim) => {
      if (input.KeyName === undefined && input.KeyPairId === undefined)
        throw awsError("MissingParameter", "The request must contain the parameter KeyName or KeyPairId");
      const pair = keyPairTable(sim)
        .all()
        .find((one) => one.name === input.KeyName || one.id === input.KeyPairId);
      if (pair) keyPairTable(sim).remove(pair.id);
      return { Return: true, ...(pair ? { KeyPairId: pair.id } : {}) };
    }),
  },
};
