import { pad, printable } from "../../lib/text.ts";
import { plain } from "../style.ts";
import type { Look } from "./look.ts";

/** A line of a log, as the commands show it. */
export interface LogLine {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly log: string;
  /** The instance's id. */
  readonly instance: string;
  /** Without what would steer a terminal. */
  readonly message: string;
}

/** The end of an id: it tells the instances of a stack apart, and `logs --instance` takes it. */
const shortId = (id: string): string => id.slice(-6);

/** Its time (UTC), its log, the end of the instance's id, and what it says. @param wide of the longest log's name */
export function logLineView(
  { at, log, instance, message }: LogLine,
  wide: number,
  { style = plain }: Look = {},
): string {
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return `${style.dim(time)} ${style.cyan(pad(log, wide))} ${style.dim(shortId(instance))} ${printable(message).trimEnd()}`;
}
