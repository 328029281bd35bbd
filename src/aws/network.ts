import { get } from "node:https";
import { BuddyError } from "../lib/errors.ts";
import type { Network } from "./aws.ts";
import { CHECK_IP, partitionOf } from "./partition.ts";
import { agents } from "./proxy.ts";
import { unreachable } from "./way.ts";

const TIMEOUT_MS = 5_000;

/** The real outside world. */
export const internet: Network = {
  async publicAddress() {
    const url = CHECK_IP;
    try {
      const { status, text } = await fetched(url);
      if (status !== 200 || !/^\d{1,3}(\.\d{1,3}){3}$/.test(text))
        throw new Error(`it answered ${status} ${text.slice(0, 60)}`);
      return text;
    } catch (error) {
      if (error instanceof BuddyError) throw error;
      const reached = unreachable(error, url);
      const { message } = reached ?? (error as Error);
      const name = 'Name the addresses that may reach the bastions in bastion.allowedCidrs instead of "my-ip"';
      throw new BuddyError({
        code: "network",
        message: `could not find this machine's public address: ${reached ? message : `${url} ${message}`}`,
        hint: reached ? `${name}. Or: ${reached.hint}` : `${name}.`,
        cause: error,
      });
    }
  },
  async nameServers(domain) {
    try {
      const { Resolver } = await import("node:dns/promises");
      const found = await new Resolver({ timeout: TIMEOUT_MS, tries: 2 }).resolveNs(domain);
      return found.map((name) => name.toLowerCase());
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      return code === "ENOTFOUND" || code === "ENODATA" ? [] : undefined;
    }
  },
};

/**
 * The certificates of those who sign what the databases of a region prove themselves with, PEM.
 * @throws BuddyError `network`
 */
export async function databaseCertificates(region: string): Promise<string> {
  const url = partitionOf(region).databaseCertificates;
  try {
    const { status, text } = await fetched(url);
    if (status !== 200 || !text.includes("-----BEGIN CERTIFICATE-----"))
      throw new Error(`${url} answered ${status} ${text.slice(0, 60)}`);
    return `${text}\n`;
  } catch (error) {
    if (error instanceof BuddyError) throw error;
    const reached = unreachable(error, url);
    throw new BuddyError({
      code: "network",
      message: `could not fetch the certificates of RDS: ${reached?.message ?? (error as Error).message}`,
      hint: reached?.hint,
      cause: error,
    });
  }
}

/** By the proxy and the CA bundle by which AWS is asked, which `fetch` does not know. */
async function fetched(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const { https: agent } = await agents();
  try {
    return await new Promise((resolve, reject) => {
      const request = get(url, { agent, signal: AbortSignal.timeout(TIMEOUT_MS) }, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (part: string) => {
          text += part;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: text.trim() }));
        answer.on("error", reject);
      });
      request.on("error", (error) =>
        reject(
          error.name === "AbortError" ? Object.assign(new Error("no answer in time"), { name: "TimeoutError" }) : error,
        ),
      );
    });
  } finally {
    agent.destroy();
  }
}
