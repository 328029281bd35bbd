import { Resolver } from "node:dns/promises";
import { BuddyError } from "../lib/errors.ts";
import type { Network } from "./aws.ts";

const TIMEOUT_MS = 5_000;

/** The real outside world. */
export const internet: Network = {
  async publicAddress() {
    const url = "https://checkip.amazonaws.com/";
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      const text = (await answer.text()).trim();
      if (!answer.ok || !/^\d{1,3}(\.\d{1,3}){3}$/.test(text))
        throw new Error(`it answered ${answer.status} ${text.slice(0, 60)}`);
      return text;
    } catch (error) {
      throw new BuddyError({
        code: "network",
        message: `could not find this machine's public address: ${url} ${error instanceof Error ? error.message : String(error)}`,
        hint: 'Name the addresses that may reach the bastions in bastion.allowedCidrs instead of "my-ip".',
        cause: error,
      });
    }
  },
  async nameServers(domain) {
    try {
      const found = await new Resolver({ timeout: TIMEOUT_MS, tries: 2 }).resolveNs(domain);
      return found.map((name) => name.toLowerCase());
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === "ENOTFOUND" || code === "ENODATA" ? [] : undefined;
    }
  },
};
