import { KeyObject, webcrypto } from "node:crypto";

/** A certificate and its key, as TLS servers take them. */
export interface Issued {
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}
/** The sandbox's own certificate authority: it lives as long as the process, and nobody else trusts it. */
export interface Authority {
  /** PEM: what a client must trust. */
  readonly certificate: string;
  /** A certificate for these names, the first its own. Times are milliseconds since 1970. */
  issue(names: readonly string[], validFrom: number, validUntil: number): Promise<Issued>;
}

const DAY_MS = 86_400_000;
const EC = { name: "ECDSA", namedCurve: "P-256" } as const;
/** As ACM's default key. */
const RSA = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
};
const SIGNED = { ...EC, hash: "SHA-256" } as const;
const NAME = "CN=Buddyverse Sandbox Authority, O=Buddyverse Sandbox";

let leafKeys: Promise<webcrypto.CryptoKeyPair> | undefined;

/** One pair for all certificates of this process: to make one takes longer than all else here, and nobody else trusts them. */
function keysOfLeaves(): Promise<webcrypto.CryptoKeyPair> {
  leafKeys ??= webcrypto.subtle.generateKey(RSA, true, ["sign", "verify"]);
  return leafKeys;
}

/** @param validFrom @param validUntil of the authority itself */
export async function makeAuthority(validFrom: number, validUntil: number): Promise<Authority> {
  // Node makes keys and reads certificates, but issues none. Loaded only here: no other command needs it.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  x509.cryptoProvider.set(webcrypto as never);
  const keys = await webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
  const serial = () => Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString("hex");
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: `01${serial()}`,
    name: NAME,
    notBefore: new Date(validFrom - DAY_MS),
    notAfter: new Date(validUntil + DAY_MS),
    keys: keys as never,
    signingAlgorithm: SIGNED,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey as never),
    ],
  });
  return {
    certificate: own.toString("pem"),
    async issue(names, from, until) {
      const pair = await keysOfLeaves();
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: `01${serial()}`,
        subject: `CN=${names[0]}`,
        issuer: own.subject,
        notBefore: new Date(from),
        notAfter: new Date(until),
        publicKey: pair.publicKey as never,
        signingKey: keys.privateKey as never,
        signingAlgorithm: SIGNED,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
          new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
          new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value }))),
          await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey as never),
        ],
      });
      const key = KeyObject.from(pair.privateKey as never).export({ type: "pkcs8", format: "pem" }) as string;
      return { key, cert: certificate.toString("pem") };
    },
  };
}
