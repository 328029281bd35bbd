import type { CredentialsEnd } from "../../aws/aws.ts";
import { indented } from "../../lib/text.ts";
import type { Style } from "../style.ts";

/** Every view answers text without a line break at its end. */
export interface Look {
  readonly style?: Style;
  /** Columns; long values are cut to it. 100 unless told. */
  readonly width?: number;
}

/** Where a command works. */
export interface Place {
  readonly stack: string;
  readonly region: string;
  readonly sandbox: boolean;
  /** The AWS account's number; not for the sandbox. */
  readonly account?: string | undefined;
  /** Until when the credentials hold, where they say so; and what time it is, milliseconds since 1970. */
  readonly credentials?: { readonly end: CredentialsEnd; readonly now: number } | undefined;
}

/** Columns where nobody says. */
export const WIDTH = 100;

/** Lines as a view answers them. */
export const joined = (lines: readonly string[]): string => lines.map((line) => line.trimEnd()).join("\n");

/** The same text with its lines broken between words where they are too long; what is indented stays so. */
export const fitted = (text: string, { width = WIDTH }: Look): string =>
  text
    .split("\n")
    .flatMap((line) => (line === "" ? [""] : indented(line, width, /^ */.exec(line)?.[0] ?? "")))
    .join("\n");
