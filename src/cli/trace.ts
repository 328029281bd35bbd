import { appendFileSync } from "node:fs";
import type { TracedCall } from "../aws/connect.ts";

/** Writes each call to the trace. When that fails it ends, with a notice: an answer of AWS must not be lost for it. */
export function tracing(file: string, notice: (text: string) => void): (call: TracedCall) => void {
  let ended = false;
  return (call) => {
    if (ended) return;
    try {
      appendFileSync(file, `${JSON.stringify({ ...call, status: call.status ?? null, error: call.error ?? null })}\n`);
    } catch (error) {
      ended = true;
      notice(`The trace ends here: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
}
