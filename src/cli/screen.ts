import type { Forecast } from "../engine/forecast.ts";
import type { Graph } from "../engine/graph.ts";
import type { BuddyError } from "../lib/errors.ts";
import { shellWord } from "../lib/shell.ts";
import { onGithub } from "../report/github.ts";
import { jsonLinesReporter } from "../report/json-lines.ts";
import { linesReporter } from "../report/lines.ts";
import { type Direction, shownSteps } from "../report/progress.ts";
import { canBeLive, type Reporter, silentReporter } from "../report/reporter.ts";

import type { Look, Place } from "../report/views/look.ts";
import { lookOf } from "./look.ts";
import { screenSummary, stepSummary } from "./on-github.ts";
import type { CommonOptions } from "./options.ts";
import { fitTo, isForPrograms, printView } from "./output.ts";
import { type Session, speedOf } from "./session.ts";
import { staged, stagedIn, stageWords } from "./staged.ts";

/** Where a command writes: results to stdout, all else to stderr. With --json, stdout gets one document and nothing else. */
export interface Screen {
  /** How stdout looks, and how stderr does: one may be a terminal and the other a file. */
  readonly look: Look;
  readonly errLook: Look;
  readonly place: Place;
  /** For people, on stderr; nothing with --json or --quiet. */
  say(text: string): void;
  /** The result: the text for people, or the value as JSON. @param page its title on GitHub's page of the run; undefined: not there */
  result(text: string, value: object, page?: string): void;
  /** @param forecast undefined: nobody knows how long it takes. @param shown leaves out what the run will not touch */
  report(
    graph: Graph,
    direction: Direction,
    forecast: Forecast | undefined,
    shown?: (key: string) => boolean,
  ): Promise<Reporter>;
}

export function screenOf(session: Session): Screen {
  const { options, config, aws, clock } = session;
  const machine = isForPrograms(options);
  const onStage = staged(options);
  const out = lookOf(options, process.stdout);
  const err = lookOf(options, process.stderr);
  return {
    look: out,
    errLook: err,
    place: {
      stack: config.stack,
      region: aws.region,
      sandbox: options.sandbox ?? false,
      account: options.sandbox ? undefined : aws.account,
      credentials: credentialsOf(session),
    },
    say(text) {
      if (!machine && !options.quiet) process.stderr.write(`${fitTo(process.stderr, onStage(text))}\n`);
    },
    result(text, value, page) {
      if (page !== undefined) stepSummary(options, () => screenSummary(page, text));
      printView(options, text, value);
    },
    async report(graph, direction, forecast, shown) {
      const steps = shownSteps(graph, shown);
      const { quiet = false, verbose: ids = false } = options;
      const stream = process.stderr;
      const run = { stream, steps, direction, forecast, clock, speed: speedOf(session) };
      const reporter = async () => {
        if (options.jsonLines) return jsonLinesReporter(process.stdout);
        if (options.json) return silentReporter;
        if (!quiet && !ids && canBeLive(stream, process.env)) {
          // With its spinner, which is a large part of what starting costs: only where there is a terminal to draw on.
          const { liveReporter } = await import("../report/live.ts");
          return liveReporter({ ...run, style: err.style });
        }
        return linesReporter({ ...run, quiet, ids, github: onGithub(process.env) });
      };
      const { emit, stop } = await reporter();
      return { emit: (event) => emit(stagedIn(options, event)), stop };
    },
  };
}

/** Until when the credentials hold, where they say so. */
function credentialsOf({ aws, clock }: Session): Place["credentials"] {
  const end = aws.credentialsEnd();
  return end && { end, now: clock.now() };
}

/** An error as a part of a JSON document. */
export const errorJson = ({ code, message, about, hint }: BuddyError) => ({ code, message, about, hint });

/** The command line that goes on with the same stage and files. @param own the command's own options, as typed. */
export function again(command: string, options: CommonOptions, own: readonly string[] = []): string {
  const named = own.findIndex((word) => word.startsWith("--"));
  const what = named < 0 ? own : own.slice(0, named);
  const words = own.map(shellWord);
  return [
    "buddyverse",
    command,
    ...words.slice(0, what.length),
    ...stageWords(options),
    ...words.slice(what.length),
  ].join(" ");
}
