import type { Config } from "../src/config/schema.ts";
import type { Identified } from "../src/engine/resource.ts";

/** What a person or a script needs to use the stack. Undefined: not there. */
export interface Outputs {
  readonly siteUrl: string | undefined;
}

export function outputsFor(_config: Config, _live: (key: string) => Identified | undefined, _keyFile: string): Outputs {
  return { siteUrl: undefined };
}
