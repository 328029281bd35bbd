import { randomInt } from "node:crypto";

/**
 * Letters and digits only: nothing in them means anything to Parameter Store (which refuses `{{`: API reference, PutParameter),
 * RDS (which refuses / " @ and spaces), a shell, a MySQL option file (where # begins a comment) or a URL.
 */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** RDS for MySQL takes 8 to 41. Of 62 characters 32 are 190 bits. */
const LENGTH = 32;

/** A new secret. */
export const generateSecret = (): string =>
  Array.from({ length: LENGTH }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join("");
