import { stepsFor } from "../../../steps/index.ts";
import { graphOf } from "../../engine/graph.ts";
import { drawingOf } from "../../graph/drawing.ts";
import { mermaid } from "../../graph/mermaid.ts";
import { page } from "../../graph/page.ts";
import { svg } from "../../graph/svg.ts";
import { applicationOf } from "../application.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";

export interface GraphOptions extends CommonOptions {
  readonly format: "mermaid" | "svg" | "html";
}

/** Prints the stack that the config describes as a picture. Asks nobody. */
export async function graph(options: GraphOptions): Promise<number> {
  const config = configOf(options);
  const { archive, project } = await applicationOf(config, pathsOf(options));
  const inputs = {
    publicKey: undefined,
    allowedCidrs: config.bastion.allowedCidrs,
    appArchive: archive,
    project,
  };
  const drawing = drawingOf(
    graphOf(stepsFor(config, inputs), config.stack, config.tags),
    `${config.stack} · ${config.region}`,
  );
  const draw = { mermaid, svg, html: page }[options.format];
  printResult(options, draw(drawing), drawing);
  return 0;
}
