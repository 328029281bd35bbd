import { BuddyError } from "../../lib/errors.ts";
import { parseChaos } from "../../sandbox/chaos.ts";
import { openSandboxFile } from "../../sandbox/file.ts";
import { serveWorld } from "../../sandbox/http/serve.ts";
import { servedAt } from "../../sandbox/http/served-file.ts";
import { takeLock } from "../../state/lock.ts";
import { checkRegion } from "../../state/store.ts";
import { onInterrupt } from "../interrupt.ts";
import type { CommonOptions } from "../options.ts";
import { printResult } from "../output.ts";
import { configOf, type Paths } from "../paths.ts";
import { newWorld } from "../sandbox-backend.ts";

export interface ServeOptions extends CommonOptions {
  readonly port?: number;
}

const DEFAULT_PORT = 4570;

/** What a client of AWS is told by, to come to the served sandbox. */
const environment = (url: string, region: string): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  // By this one buddyverse itself takes the sandbox's clock and DNS.
  BUDDYVERSE_SANDBOX_URL: url,
  AWS_ACCESS_KEY_ID: "sandbox",
  AWS_SECRET_ACCESS_KEY: "sandbox",
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
});

/** As a shell reads it. A profile that is set would count before the keys. */
const exports = (variables: Readonly<Record<string, string>>): string =>
  [
    "unset AWS_PROFILE AWS_SESSION_TOKEN",
    ...Object.entries(variables).map(([name, value]) => `export ${name}=${value}`),
  ].join("\n");

/** Serves the sandbox of this folder over HTTP until Ctrl-C. */
export async function serve(paths: Paths, options: ServeOptions): Promise<number> {
  const config = configOf(options);
  const speed = options.sandboxSpeed === "max" ? "max" : Number(options.sandboxSpeed ?? 60);
  const chaos = options.chaos === undefined ? undefined : parseChaos(options.chaos);
  const interrupt = onInterrupt();
  const told = (problem: string) => process.stderr.write(`${problem}\n`);
  // A command that works in the sandbox has its world in its hands, and would write over this one.
  const lock = takeLock(paths.lock, "sandbox serve", String(process.pid), new Date());
  let world: Awaited<ReturnType<typeof serveWorld>>;
  try {
    world = await serveWorld({
      path: paths.state,
      open() {
        const now = Date.now();
        const file = openSandboxFile(paths.state, now, () => newWorld(config, now), { apart: true });
        checkRegion(file.world.region, config.region, paths.state);
        return file;
      },
      port: options.port ?? DEFAULT_PORT,
      speed,
      chaos,
      told,
    });
  } finally {
    lock.release();
  }
  const variables = environment(world.url, config.region);
  const pace = speed === "max" ? "time jumps to what comes next" : `${speed} times as fast as AWS`;
  printResult(
    options,
    `# The sandbox of this folder, as AWS, at ${world.url} (${pace}). Ctrl-C ends it.\n${exports(variables)}`,
    { url: world.url, environment: variables },
  );
  await new Promise<void>((resolve) => {
    if (interrupt.signal.aborted) resolve();
    interrupt.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await world.close();
  interrupt.stop();
  process.stderr.write(ended(paths, world.refused));
  return 0;
}

function ended({ state }: Paths, refused: ReadonlyMap<string, number>): string {
  const lines = [`\nEnded. Its world is in ${state}.`];
  if (refused.size > 0) {
    lines.push("It was asked for what it does not simulate, and refused it:");
    const most = [...refused].sort(([, one], [, other]) => other - one);
    for (const [what, times] of most) lines.push(`  ${String(times).padStart(4)} × ${what}`);
  }
  return `${lines.join("\n")}\n`;
}

/** What `eval "$(buddyverse sandbox env)"` sets. */
export function env(paths: Paths, options: CommonOptions): readonly [text: string, value: object] {
  const url = servedAt(paths.state);
  if (url === undefined)
    throw new BuddyError({
      code: "usage",
      message: "nobody serves the sandbox of this folder",
      hint: "In another terminal: buddyverse sandbox serve",
    });
  const variables = environment(url, configOf(options).region);
  return [exports(variables), { url, environment: variables }];
}
