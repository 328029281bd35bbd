import { styleText } from "node:util";
import { oneLine, truncate, widthOf } from "../lib/text.ts";

type Paint = (text: string) => string;

/** Colours of the 16 that every terminal has and that read on dark and on light ones. Each is the identity when off. */
export interface Style {
  readonly on: boolean;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

function styleWith(on: boolean): Style {
  const paint =
    (colour: Exclude<keyof Style, "on">): Paint =>
    (text) =>
      // Who asks has decided (`styleFor`); Node would look at stdout.
      on && text !== "" ? styleText(colour, text, { validateStream: false }) : text;
  return {
    on,
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
  };
}

export const plain: Style = styleWith(false);
export const coloured: Style = styleWith(true);

/** Colours or none: `--no-color`, then NO_COLOR, then FORCE_COLOR, then whether the stream is a terminal that has them. */
export function styleFor(options: {
  readonly stream: { readonly isTTY?: boolean | undefined };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False for `--no-color`. */
  readonly color?: boolean | undefined;
}): Style {
  const { stream, env, color } = options;
  if (color === false || env.NO_COLOR) return plain;
  if (env.FORCE_COLOR !== undefined) return /^(0|false)$/.test(env.FORCE_COLOR) ? plain : coloured;
  return stream.isTTY === true && env.TERM !== "dumb" ? coloured : plain;
}

// ---- Words --------------------------------------------------------------------------------------------------------

/** Milliseconds as "2s", "6m12s", "1h02m". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const two = (part: number) => String(part).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
}

/** Seconds, roughly: "~45s", "~9m", "~2h". */
export function roughly(seconds: number): string {
  if (seconds < 90) return `~${Math.max(1, Math.round(seconds))}s`;
  if (seconds < 5400) return `~${Math.round(seconds / 60)}m`;
  return `~${Math.round(seconds / 3600)}h`;
}

/** Seconds in a sentence: "45 s", "18 min", "1.6 h". */
export function about(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** US dollars in a sentence: "$150", "$4.20"; cents only below ten dollars. */
export function dollars(usd: number): string {
  const size = Math.abs(usd);
  const digits = size >= 9.995 || size === 0 ? 0 : 2;
  const text = size.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${usd < 0 ? "-" : ""}$${text}`;
}

/** "1 subnet", "6 subnets", "2 security policies". */
export const counted = (count: number, noun: string): string => `${count} ${count === 1 ? noun : plural(noun)}`;

function plural(noun: string): string {
  if (/[^aeiou]y$/.test(noun)) return `${noun.slice(0, -1)}ies`;
  return /(s|x|ch|sh)$/.test(noun) ? `${noun}es` : `${noun}s`;
}

/** What an object is, in words: "route table" of "ec2:route-table". */
export const nounOf = (object: string): string => object.slice(object.indexOf(":") + 1).replaceAll("-", " ");

/** Names in a row, the largest sorts as counts where all do not fit: "Buddy-GW, 4 route tables". */
export function namesIn(things: readonly { readonly name: string; readonly object: string }[], width: number): string {
  const groups = [...new Set(things.map(({ object }) => object))].map((object) => {
    const names = things.filter((one) => one.object === object).map(({ name }) => oneLine(name));
    return { text: names.join(", "), count: names.length, noun: nounOf(object) };
  });
  const joined = () => groups.map(({ text }) => text).join(", ");
  for (;;) {
    const text = joined();
    if (widthOf(text) <= width) return text;
    const longest = groups.filter(({ count }) => count > 1).toSorted((a, b) => b.text.length - a.text.length)[0];
    if (!longest) return truncate(text, width);
    longest.text = counted(longest.count, longest.noun);
    longest.count = 0;
  }
}
