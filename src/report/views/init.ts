import { cidrsOf } from "../../config/allowed-cidrs.ts";
import type { Config } from "../../config/schema.ts";
import { indented, list, pad } from "../../lib/text.ts";
import { type Look, WIDTH } from "./look.ts";

/** What a config that was just written will make, in the words of its answers. @param application how it is started; undefined: there is none, or nobody could look */
export function configView(config: Config, application: string | undefined, { width = WIDTH }: Look = {}): string {
  const { image, web, database, nat, monitoring, bastion } = config;
  const letIn = cidrsOf(bastion.allowedCidrs);
  const rows: readonly (readonly [label: string, text: string])[] = [
    ["stack", `${config.stack}, in ${config.region} (${list(config.zones)})`],
    [
      "application",
      application ?? (image.app === null ? "the built-in page, until image.app names yours" : sourceOf(image.app)),
    ],
    ["site", siteText(config)],
    ["web", `${web.min} to ${web.max} instances, ${web.instanceType}`],
    [
      "database",
      `MySQL ${database.engineVersion}, ${database.instanceClass}, ${database.storageGiB} GiB${database.replica ? ", with a read replica" : ""}`,
    ],
    ["way out", nat.mode === "gateway" ? "NAT gateways" : `NAT instances, ${nat.instanceType}`],
    [
      "alarms",
      monitoring.email === null
        ? "seen in CloudWatch and by `buddyverse status`, mailed to nobody"
        : `mailed to ${monitoring.email}, once its owner has followed the link in AWS's mail`,
    ],
    ["ssh", `from ${list(letIn)}${letIn.includes("my-ip") ? ": the address that you have when you run up" : ""}`],
  ];
  const column = Math.max(...rows.map(([label]) => label.length)) + 4;
  return rows
    .flatMap(([label, text]) => indented(text, width, " ".repeat(column), `  ${pad(label, column - 2)}`))
    .join("\n");
}

const sourceOf = (app: NonNullable<Config["image"]["app"]>): string =>
  "git" in app ? `${app.git}, ${app.revision}` : app.folder;

function siteText({ domain }: Config): string {
  if (domain === null) return "http at the load balancer's name: domain names none";
  const names = `https://${domain.name}/${domain.www ? ` and www.${domain.name}` : ""}`;
  return domain.zone === "create"
    ? `${names}; up makes the hosted zone, and the registrar must then name its name servers`
    : `${names}; only where the name is yours, and Route 53 has its hosted zone: otherwise change domain`;
}
