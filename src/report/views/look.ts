import type { CredentialsEnd } from "../../aws/aws.ts";
import { indented, oneLine, pad, widthOf } from "../../lib/text.ts";
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

/** Rows of a table with columns as wide as their widest cell. The first row is the heads. */
export function tableLine(rows: readonly (readonly string[])[]): {
  readonly line: (row: readonly string[]) => string;
  readonly widths: readonly number[];
} {
  const widths = (rows[0] ?? []).map((_head, index) => Math.max(...rows.map((row) => widthOf(row[index] ?? ""))) + 2);
  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => pad(cell, widths[index] ?? 0))
      .join("")
      .trimEnd();
  return { line, widths };
}

/** Who made it, without what all in the account have in common: "alice", "Deploy/alice". */
export const madeBy = (arn: string): string =>
  oneLine(
    arn
      .split(":")
      .at(-1)
      ?.replace(/^(user|assumed-role)\//, "") ?? "",
  );
