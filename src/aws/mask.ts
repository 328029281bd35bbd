const SECRET_KEYS = /^(MasterUserPassword|Password|SecretString|SecretBinary|PrivateKey|KeyMaterial|Body)$/;

/** A call's input as it may be written down: secrets are replaced by "***". */
export function masked(input: unknown): unknown {
  if (Array.isArray(input)) return input.map(masked);
  if (input instanceof Uint8Array) return Buffer.from(input).toString("base64");
  if (typeof input !== "object" || input === null || input instanceof Date) return input;
  const secure = (input as { Type?: unknown }).Type === "SecureString";
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [
      key,
      SECRET_KEYS.test(key) || (secure && key === "Value") ? "***" : masked(value),
    ]),
  );
}
