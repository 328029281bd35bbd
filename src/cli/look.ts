import { type Style, styleFor } from "../report/style.ts";
import type { CommonOptions } from "./options.ts";

/** How a stream is written to. */
export const lookOf = (
  options: Pick<CommonOptions, "color">,
  stream: NodeJS.WriteStream,
): { readonly style: Style; readonly width: number } => ({
  style: styleFor({ stream, env: process.env, color: options.color }),
  width: stream.columns || 100,
});
