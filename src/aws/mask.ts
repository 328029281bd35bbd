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

/** The secret texts in a call's input. */
function secretsIn(input: unknown): string[] {
  if (typeof input !== "object" || input === null || input instanceof Date || input instanceof Uint8Array) return [];
  const secure = (input as { Type?: unknown }).Type === "SecureString";
  return Object.entries(input).flatMap(([key, value]) => {
    if (!SECRET_KEYS.test(key) && !(secure && key === "Value")) return secretsIn(value);
    return typeof value === "string" && value !== "" ? [value] : [];
  });
}

/** Takes a call's secrets out of the error that it ended with, and of what caused it: AWS quotes what it refuses. */
export function hideSecrets(error: unknown, input: unknown): void {
  const secrets = secretsIn(input);
  const hidden = (text: string) => secrets.reduce((left, secret) => left.replaceAll(secret, "***"), text);
  if (secrets.length === 0) return;
  for (let one = error; one instanceof Error; one = one.cause) {
    one.message = hidden(one.message);
    if (one.stack) one.stack = hidden(one.stack);
  }
}
