import { extname } from "node:path";
import { databasesOf } from "../../../steps/databases.ts";
import { stepsFor } from "../../../steps/index.ts";
import { appliedRules, type Inputs } from "../../../steps/inputs.ts";
import { letIn, MY_IP } from "../../../steps/let-in.ts";
import { pictureOf } from "../../../steps/picture.ts";
import { asItStands } from "../../../steps/zones.ts";
import { cidrsOf } from "../../config/allowed-cidrs.ts";
import type { Config } from "../../config/schema.ts";
import { type Graph, graphOf } from "../../engine/graph.ts";
import { recordedLive, recordedStatus } from "../../engine/recorded-status.ts";
import { type StatusItem, statusOf } from "../../engine/status.ts";
import { drawingOf } from "../../graph/dependencies/drawing.ts";
import { mermaid } from "../../graph/dependencies/mermaid.ts";
import { page } from "../../graph/dependencies/page.ts";
import { svg } from "../../graph/dependencies/svg.ts";
import type { Condition, Extra, Known, Topology } from "../../graph/topology/model.ts";
import { topologyPage } from "../../graph/topology/page.ts";
import { topologySvg } from "../../graph/topology/svg.ts";
import { at } from "../../lib/duration.ts";
import { BuddyError } from "../../lib/errors.ts";
import { topologyView } from "../../report/views/topology.ts";
import type { StackState } from "../../state/state.ts";
import { applicationOf } from "../application.ts";
import { browserFor, openIn, temporaryFile } from "../browser.ts";
import { reportFile } from "../html-report.ts";
import { lookOf } from "../look.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, pathsOf } from "../paths.ts";
import { recordedState, writtenAt } from "../recorded.ts";
import { withSession } from "../session.ts";

type Format = "text" | "mermaid" | "svg" | "html";

export interface GraphOptions extends CommonOptions {
  readonly format?: Format;
  /** What needs what, in place of what is where. */
  readonly dependencies?: boolean;
  readonly output?: string;
  readonly open?: boolean;
  readonly refresh?: boolean;
}

/** What is drawn: in each of the formats that it has, and as data. */
interface Picture {
  readonly formats: Readonly<Partial<Record<Format, () => string>>>;
  readonly value: object;
}

/** Prints the stack as a picture, or writes it to a file. Without --refresh nobody is asked. */
export async function graph(options: GraphOptions): Promise<number> {
  const browser = options.open ? browserFor(process.platform, process.env) : undefined;
  const named = options.output === undefined ? undefined : reportFile(options.output, "--output");
  const format = formatOf(options);
  const file = options.output ?? (options.open ? temporaryFile(`buddyverse.${format}`) : undefined);
  const write = named ?? (file === undefined ? undefined : reportFile(file, "--output"));
  const { formats, value } = await (options.dependencies ? dependencies(options) : topology(options));
  const text = formats[format]?.() ?? "";
  if (write === undefined || file === undefined) {
    printResult(options, text, value);
    return 0;
  }
  write(`${text}\n`);
  if (browser !== undefined) await openIn(browser, file);
  printResult(options, `The picture is in ${file}.`, { file });
  return 0;
}

const EXTENSIONS: Readonly<Record<string, Format>> = {
  ".svg": "svg",
  ".html": "html",
  ".htm": "html",
  ".mmd": "mermaid",
  ".txt": "text",
};

/** What was asked for, or what the file's name says, or what fits where it goes. Throws `usage` on one that the picture does not have. */
function formatOf({ format, output, open, dependencies }: GraphOptions): Format {
  const usual = dependencies ? "mermaid" : process.stdout.isTTY ? "text" : "svg";
  const named = output === undefined ? undefined : EXTENSIONS[extname(output).toLowerCase()];
  if (output !== undefined && format === undefined && named === undefined)
    throw new BuddyError({
      code: "usage",
      message: `--output ${output}: its name does not say what it is to be`,
      about: { file: output },
      hint: "Name a file that ends in .html (a page), .svg (the picture alone), .txt or .mmd (of --dependencies), or say its --format.",
    });
  const chosen = format ?? named ?? (open ? "html" : usual);
  const has = dependencies ? ["mermaid", "svg", "html"] : ["text", "svg", "html"];
  if (!has.includes(chosen))
    throw new BuddyError({
      code: "usage",
      message: dependencies ? "what needs what is not drawn as text" : "the stack itself is not drawn as Mermaid",
      hint: dependencies
        ? "Take --format mermaid, svg or html."
        : "Add --dependencies for what needs what, or take --format text, svg or html.",
    });
  return chosen;
}

/** What needs what, as the config says. */
async function dependencies(options: GraphOptions): Promise<Picture> {
  const config = configOf(options);
  const { graph } = await graphFor(options, config, undefined);
  const drawing = drawingOf(graph, `${config.stack} · ${config.region}`);
  return {
    formats: { mermaid: () => mermaid(drawing), svg: () => svg(drawing), html: () => page(drawing) },
    value: drawing,
  };
}

/** What is where, and who reaches whom; with a state, or asked of AWS, how it stands. */
async function topology(options: GraphOptions): Promise<Picture> {
  const { topology, known, graph } = await (options.refresh ? fromAws(options) : fromState(options));
  const objects = [...graph.nodes.values()].map(({ key, name, type, step = "" }) => ({
    key,
    name,
    object: type.name,
    step,
  }));
  return {
    formats: {
      text: () => topologyView(topology, known, lookOf(options, process.stdout)),
      svg: () => topologySvg(topology, known),
      html: () => topologyPage(topology, known, objects),
    },
    value: {
      ...topology,
      source: known?.source ?? null,
      conditions: Object.fromEntries(known?.conditions ?? []),
      extras: known?.extras ?? [],
    },
  };
}

interface Found {
  readonly topology: Topology;
  readonly known: Known | undefined;
  readonly graph: Graph;
}

async function fromState(options: GraphOptions): Promise<Found> {
  const given = configOf(options);
  const state = await recordedState(options, pathsOf(options), given);
  const { config, graph } = await graphFor(options, given, state);
  if (!state || Object.keys(state.resources).length === 0)
    return { topology: pictureOf(config, graph), known: undefined, graph };
  const all = recordedStatus(graph, state.resources);
  const conditions = all
    .filter(({ key }) => graph.nodes.has(key))
    .map(({ key, standing, id, fields }) => [key, { standing, id, why: fields.join(", ") || undefined }] as const);
  return {
    topology: pictureOf(config, graph, (key) => recordedLive(key, state.resources[key])),
    known: {
      source: `by the state, as of ${at(writtenAt(state))}; AWS was not asked`,
      conditions: new Map(conditions),
      extras: all
        .filter(({ key }) => !graph.nodes.has(key))
        .map(({ key, name, object, standing, id }): Extra => ({ key, name, object, standing, id, why: undefined })),
    },
    graph,
  };
}

const fromAws = (options: GraphOptions): Promise<Found> =>
  withSession(
    options,
    { command: "graph", writes: false, resolvesAddress: false },
    async ({ stack, config, clock }) => {
      const { graph } = stack;
      const found = await stack.refresh();
      const items = statusOf(found);
      return {
        topology: pictureOf(config, graph, (key) => found.entries.get(key)?.look.live),
        known: {
          source: `as AWS said at ${at(clock.now())}`,
          conditions: new Map(
            items.filter(({ key }) => graph.nodes.has(key)).map((item) => [item.key, conditionOf(item)]),
          ),
          extras: items
            .filter(({ key }) => !graph.nodes.has(key))
            .map((item): Extra => ({ ...conditionOf(item), key: item.key, name: item.name, object: item.object })),
        },
        graph,
      };
    },
  );

function conditionOf({ standing, id, drift, watched, pending, reason }: StatusItem): Condition {
  const fields = [
    ...drift.map(({ field }) => field),
    ...watched.map(({ path }) => path),
    ...pending.map(({ field }) => field),
  ];
  return { standing, id, why: reason ?? (fields.join(", ") || undefined) };
}

/** The graph of the config, with what the state says that the stack has and the config does not: numbers of zones, names, addresses. */
async function graphFor(
  options: GraphOptions,
  given: Config,
  state: StackState | undefined,
): Promise<{ readonly config: Config; readonly graph: Graph }> {
  const config = await asItStands(given, undefined, state?.resources ?? {});
  const { archive, project } = await applicationOf(config, pathsOf(options));
  const { allowedCidrs } = config.bastion;
  const applied = appliedRules((key) => state?.resources[key]?.spec);
  const ranges = applied && letIn(allowedCidrs, allowedCidrs.includes(MY_IP) ? applied : [], undefined);
  const inputs: Inputs = {
    publicKey: undefined,
    allowedCidrs: ranges?.map(({ cidr }) => cidr) ?? cidrsOf(allowedCidrs),
    letIn: ranges,
    appArchive: archive,
    project,
    databases: await databasesOf(undefined, config, (key) => state?.resources[key]?.name),
    imageEdition: state?.imageRefresh?.edition,
  };
  return { config, graph: graphOf(stepsFor(config, inputs), config.stack, config.tags) };
}
