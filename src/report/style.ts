import { styleText } from "node:util";

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
