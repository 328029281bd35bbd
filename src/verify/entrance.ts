import type { Facts } from "./world.ts";

/** The site's own address, to be asked at the load balancer (`via`) whatever the DNS says. */
export async function entrance({
  wanted,
  loadBalancer,
}: Pick<Facts, "wanted" | "loadBalancer">): Promise<{ readonly url: string; readonly via: string }> {
  const { dnsName } = await loadBalancer();
  const [name] = wanted.names;
  return { url: name === undefined ? `http://${dnsName}` : `https://${name}`, via: dnsName };
}
