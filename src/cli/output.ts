import { fstatSync } from "node:fs";
import { fit } from "../lib/text.ts";
import { jsonText } from "../report/json.ts";
import { writeWhole } from "../state/file.ts";
import type { CommonOptions } from "./options.ts";
import { type Stage, staged, stagedIn } from "./staged.ts";

/** What a shell says of a program that wrote where nobody reads (SIGPIPE, which Node ignores). */
const READER_GONE = 141;

let lost: number | undefined;
const listeners = new Set<() => void>();

/**
 * Looks after stdout and stderr for the whole process. When a reader goes away (`| head`), or the disk of stdout is full, the
 * rest of the output goes nowhere, a run is interrupted, and the exit code says so. Stderr is for people: without room
 * there nothing stops.
 */
export function watchOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (!stream.isTTY && fstatSync(stream.fd).isFile()) writeAll(stream);
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const noReader = ["EPIPE", "ECONNRESET", "EIO", "EOF"].includes(error.code ?? "");
      if (lost !== undefined || (!noReader && stream === process.stderr)) return;
      lost = noReader ? READER_GONE : 1;
      if (!noReader) process.stderr.write(`error: the output could not be written: ${error.message}\n`);
      // What ends with these words was not interrupted.
      setImmediate(() => {
        for (const listener of listeners) listener();
      });
    });
  }
  process.on("exit", (code) => {
    if (lost === undefined) return;
    if (code !== 5) process.exitCode = lost;
    else
      process.stderr.write(
        "Interrupted, as its output could not be written. Run the same command again: it continues where it stopped.\n",
      );
  });
}

/** Tells, once, when the output is lost. @returns ends that */
export function onOutputLost(listener: () => void): () => void {
  listeners.add(listener);
  if (lost !== undefined) setImmediate(() => listeners.has(listener) && listener());
  return () => listeners.delete(listener);
}

/** A disk that is nearly full takes a part of a write, which Node takes for all: the rest would be missing without a word. */
function writeAll(stream: NodeJS.WriteStream & { readonly fd: number }): void {
  stream._write = (chunk: Uint8Array, _encoding, done) => {
    try {
      writeWhole(stream.fd, chunk);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/** A program reads stdout: it gets documents there, errors too, and people are told nothing. */
export const isForPrograms = ({ json, jsonLines }: Pick<CommonOptions, "json" | "jsonLines">): boolean =>
  Boolean(json || jsonLines);

let resultPrinted = false;

/** A command line begins: nothing is printed yet. */
export function beginOutput(): void {
  resultPrinted = false;
}

/** An error as the document on stdout, or its last line. False: the result is there already, and a reader takes no second document. */
export function printError(options: Pick<CommonOptions, "jsonLines">, error: object): boolean {
  if (resultPrinted) return false;
  process.stdout.write(jsonText({ ...(options.jsonLines ? { type: "error" } : {}), error }));
  return true;
}

/** A command's result on stdout: the text for people, or the value as one JSON document (with --json-lines, the last line). */
export function printResult(options: Pick<CommonOptions, "json" | "jsonLines">, text: string, value: object): void {
  resultPrinted = true;
  if (options.json) process.stdout.write(jsonText(value, 2));
  else if (options.jsonLines) process.stdout.write(jsonText({ type: "result", ...value }));
  else process.stdout.write(`${fitTo(process.stdout, text)}\n`);
}

/** A result that names commands: they name the stage. */
export function printView(
  options: Pick<CommonOptions, "json" | "jsonLines"> & Stage,
  text: string,
  value: object,
): void {
  printResult(options, staged(options)(text), stagedIn(options, value));
}

/**
 * As a terminal shows it whole: lines are broken between words where it is narrower. A pipe gets the lines as they are, and so does
 * a terminal that does not say how wide it is (0 columns).
 */
export const fitTo = ({ columns }: NodeJS.WriteStream, text: string): string => (columns ? fit(text, columns) : text);

/** Tells people something beside the result. */
export const tell = (text: string): void => {
  process.stderr.write(`${fitTo(process.stderr, text)}\n`);
};
