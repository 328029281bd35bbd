import type { Site } from "../site.ts";
import type { Visit } from "./world.ts";

/** Asks for the page that the load balancer asks for too, without a cookie. Never throws. */
export async function visit(site: Site, url: string, via: string): Promise<Visit> {
  try {
    const { status } = await site.get(url, { via });
    return { status };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
