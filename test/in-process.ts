import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { Ended } from "./command.ts";
import { checkDocuments } from "./documents.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "..", "package.json"), "utf8"));

/** Settings of this machine that would reach the command. */
export const FOREIGN = /^(AWS_|GITHUB_|NO_COLOR|FORCE_COLOR|CI$|HTTPS?_PROXY)/i;

const PIPE = { configurable: true, enumerable: true, writable: true } as const;

export interface InProcess {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string | Buffer;
  /** How wide what is written may be. */
  readonly columns?: number;
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a command line in this process, with the folder, environment and streams that it would have in its own: what a test of
 * a command's words and effects needs, without the time that starting takes. One at a time: folder and streams are the
 * process's.
 */
export function inProcess(args: readonly string[], options: InProcess): Promise<Ended> {
  const run = last.then(() => alone(args, options));
  last = run.catch(() => {});
  return run;
}

async function alone(args: readonly string[], { cwd, env, input, columns }: InProcess): Promise<Ended> {
  const { run } = await import("../src/cli/program.ts");
  const before = { cwd: process.cwd(), env: { ...process.env } };
  const restores = [process.stdout, process.stderr].map((stream) => capture(stream, columns));
  const stdin = Object.getOwnPropertyDescriptor(process, "stdin") as PropertyDescriptor;
  if (input !== undefined)
    Object.defineProperty(process, "stdin", { ...PIPE, value: Readable.from([Buffer.from(input)]) });
  let ended: Ended;
  process.chdir(cwd);
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name];
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: "true",
    // As src/cli/main.ts does.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    ...env,
  });
  try {
    const code = await run(args, version);
    const [stdout = "", stderr = ""] = restores.map(({ text }) => text());
    ended = { code, stdout, stderr };
  } finally {
    for (const { restore } of restores) restore();
    Object.defineProperty(process, "stdin", stdin);
    process.chdir(before.cwd);
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, before.env);
  }
  await checkDocuments(args, ended.stdout);
  return ended;
}

/** Takes what is written to a stream, which is then no terminal, until it is given back. */
function capture(stream: NodeJS.WriteStream, width: number | undefined): { text(): string; restore(): void } {
  const { write, isTTY, columns } = stream;
  let text = "";
  Object.assign(stream, {
    isTTY: false,
    columns: width,
    write(chunk: string | Uint8Array, ...rest: readonly unknown[]) {
      text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
      const done = rest.at(-1);
      if (typeof done === "function") done();
      return true;
    },
  });
  return { text: () => text, restore: () => Object.assign(stream, { write, isTTY, columns }) };
}
