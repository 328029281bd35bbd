import { eventText } from "./json.ts";
import type { Reporter, Sink } from "./reporter.ts";

/** For `--json-lines`: each event as one JSON document on a line of its own. */
export function jsonLinesReporter(out: Sink): Reporter {
  return {
    emit: (event) => void out.write(eventText(event)),
    stop() {},
  };
}
