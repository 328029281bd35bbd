import { cidr, contains, overlaps } from "../lib/cidr.ts";
import { cidrsOf } from "./allowed-cidrs.ts";
import { looksSecret, STACK_VARIABLES } from "./app-together.ts";
import { type Config, configSchema } from "./schema.ts";

/** RFC 1918 and, for carriers and VPCs alike, RFC 6598. */
const PRIVATE = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"].map(cidr);

/** What a valid config allows, but a person may not want. */
export function warningsFor(config: Config): { readonly path: string; readonly message: string }[] {
  const warnings: { path: string; message: string }[] = [];
  const warn = (path: string, message: string) => warnings.push({ path, message });
  const vpc = cidr(config.network.cidr);
  if (!PRIVATE.some((range) => contains(range, vpc)))
    warn(
      "network.cidr",
      `${config.network.cidr} is a public range: the hosts that really have these addresses cannot be reached from the VPC.`,
    );
  // https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
  if (overlaps(vpc, cidr("172.17.0.0/16")))
    warn("network.cidr", "172.17.0.0/16 is Docker's range, and some AWS services use it: choose another one.");
  cidrsOf(config.bastion.allowedCidrs).forEach((range, i) => {
    if (range.endsWith("/0"))
      warn(`bastion.allowedCidrs[${i}]`, `${range} lets the whole internet try to log in to the bastions.`);
  });
  // https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-standard-mode-concepts.html
  if (config.cpuCredits === "standard" && /^t[3-9]/.test(config.web.instanceType))
    warn(
      "cpuCredits",
      `A new ${config.web.instanceType} has no credits: in standard mode it is held at its baseline until it has earned some. Setting up the image and booting take several times as long, and the group does not grow while its CPU cannot pass web.cpuTarget (${config.web.cpuTarget} %).`,
    );
  if (config.database.engineVersion.startsWith("8.0"))
    warn(
      "database.engineVersion",
      "MySQL 8.0 left RDS standard support on 31 July 2026 and costs Extended Support money: use 8.4.",
    );
  if (config.database.backupRetentionDays === 0)
    warn("database.backupRetentionDays", "0 days: there are no automated backups of the database.");
  else if (config.database.deletionProtection && config.database.backupRetentionDays < 7)
    warn(
      "database.backupRetentionDays",
      `A protected database holds data that counts, and can be restored to the last ${config.database.backupRetentionDays === 1 ? "day" : `${config.database.backupRetentionDays} days`} only: 7 days or more leave time to notice what went wrong. Backups as large as the storage are free.`,
    );
  if (config.region.startsWith("cn-"))
    warn(
      "region",
      "In China a site may be served publicly only with an ICP recordal (Getting Started with Amazon Web Services in China).",
    );
  if (config.domain === null)
    warn("domain", "Without a domain the site has no https: passwords and personal data travel unencrypted.");
  else if (config.domain.www && config.domain.name.startsWith("www."))
    warn(
      "domain.www",
      `The site answers at www.${config.domain.name}, too: set domain.www to false, or take "www." off domain.name.`,
    );
  warnOfApp(config, warn);
  return warnings;
}

function warnOfApp({ image, app }: Config, warn: (path: string, message: string) => void): void {
  if (image.app === null) {
    const standard = configSchema.parse({}).app;
    for (const key of Object.keys(app) as (keyof Config["app"])[])
      if (JSON.stringify(app[key]) !== JSON.stringify(standard[key]))
        warn(`app.${key}`, "Without effect: image.app is null, so that the built-in page runs.");
    return;
  }
  for (const [name, value] of Object.entries(app.env)) {
    if (looksSecret(name, value))
      warn(
        `app.env.${name}`,
        `It looks like a secret, and whoever may look at the launch template reads it: name it in app.secrets instead, and keep its value with \`buddyverse secret set ${name}\`.`,
      );
    if (STACK_VARIABLES.includes(name)) warn(`app.env.${name}`, "It takes the place of what the stack sets.");
  }
  for (const name of app.secrets)
    if (STACK_VARIABLES.includes(name)) warn("app.secrets", `${name} takes the place of what the stack sets.`);
}
