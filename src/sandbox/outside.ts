import { contentsOf, putFile } from "./guests/files.ts";
import { keepBusy } from "./guests/load.ts";
import { noWayOut } from "./services/ec2/reach.ts";
import { instanceTable, subnetTable, tagTable } from "./services/ec2/tables.ts";
import { targetTable as mountTargetTable } from "./services/efs/tables.ts";
import { loadBalancerTable } from "./services/elb/tables.ts";
import { dropTable, insertRow, tablesIn } from "./services/rds/contents.ts";
import { accepts } from "./services/rds/passwords.ts";
import { databaseTable, snapshotTable } from "./services/rds/tables.ts";
import { plain } from "./services/route53/names.ts";
import { delegationTable, zoneTable } from "./services/route53/tables.ts";
import { subscriptionTable } from "./services/sns/sns.ts";
import type { Sim } from "./world.ts";

/*
 * What the sandbox's services do not do: people at their registrar, in their mailbox and on their instances, and AWS's other
 * services.
 */

/** At the registrar: the domain's name servers from now on; none: nobody answers for it. */
export function delegate(sim: Sim, domain: string, nameServers: readonly string[]): void {
  if (nameServers.length === 0) delegationTable(sim).removeNow(plain(domain));
  else delegationTable(sim).putNow(plain(domain), { nameServers: [...nameServers] });
}

/** What `sandbox delegate` and `sandbox confirm` do: what `up` waits for, and only a person can do. */
export interface Errand {
  readonly errand: keyof typeof ERRANDS;
  /** The domain, or the e-mail address. */
  readonly about: string;
}

const ERRANDS = {
  delegate(sim: Sim, domain: string): string | undefined {
    const zone = zoneTable(sim)
      .all()
      .find(({ name }) => name === plain(domain));
    if (zone) delegate(sim, domain, zone.nameServers);
    return zone && `The registrar names the name servers of ${domain}: ${zone.nameServers.join(", ")}.`;
  },
  confirm(sim: Sim, email: string): string | undefined {
    confirmSubscription(sim, email);
    return confirmed(sim, email) ? `${email} has confirmed that it wants the alarms.` : undefined;
  },
};

export const isErrand = (action: string): action is Errand["errand"] => Object.hasOwn(ERRANDS, action);

/** Does it. Answers what is so now, or undefined: the sandbox has no such zone or subscription. Doing it twice changes nothing. */
export const runErrand = (sim: Sim, { errand, about }: Errand): string | undefined => ERRANDS[errand](sim, about);

/** At the registrar: every hosted zone answers for its domain from now on. */
export function delegateAll(sim: Sim): void {
  for (const { name, nameServers } of zoneTable(sim).all()) delegate(sim, name, nameServers);
}

/** In the mailbox: the link in the mail that asks to confirm a subscription. */
export function confirmSubscription(sim: Sim, email: string): void {
  for (const one of subscriptionTable(sim).all())
    if (one.endpoint === email) subscriptionTable(sim).putNow(one.arn, { ...one, confirmed: true });
}

const confirmed = (sim: Sim, email: string): boolean =>
  subscriptionTable(sim)
    .all()
    .some((one) => one.endpoint === email && one.confirmed);

/** In the mailbox: how many mails have asked to confirm. */
export const confirmationMails = (sim: Sim, email: string): number =>
  subscriptionTable(sim)
    .all()
    .filter(({ endpoint }) => endpoint === email)
    .reduce((sum, { mails }) => sum + mails, 0);

/** On an instance, over SSH: something keeps all of its processors busy from now on, for so long. */
export function loadInstance(sim: Sim, instanceId: string, milliseconds: number): void {
  const instance = instanceTable(sim).get(instanceId);
  if (instance) keepBusy(sim, instance, milliseconds);
}

/** With a MySQL client, from where the database lets one in. */
export interface MySql {
  insert(table: string, row: string): void;
  drop(table: string): void;
  /** Undefined: there is no such table. */
  rows(table: string): readonly string[] | undefined;
  tables(): readonly string[];
  /** Whether the master user may log in with it. */
  login(password: string | undefined): boolean;
}
/** @param id the instance's name. Throws where there is none */
export function mysql(sim: Sim, id: string): MySql {
  const database = databaseTable(sim).get(id);
  if (!database) throw new Error(`there is no database ${id}`);
  return {
    insert: (table, row) => insertRow(sim, database, table, row),
    drop: (table) => dropTable(sim, database, table),
    rows: (table) => tablesIn(sim, database).get(table),
    tables: () => [...tablesIn(sim, database).keys()],
    login: (password) => password !== undefined && accepts(database, password),
  };
}

/** By AWS Backup, to which a DB snapshot that it made belongs: RDS tells it apart by its type. */
export function markDatabaseSnapshot(sim: Sim, id: string): void {
  const snapshot = snapshotTable(sim).get(id);
  if (snapshot) snapshotTable(sim).putNow(id, { ...snapshot, byBackup: true });
}

/** By AWS Backup, which sets tags of AWS's own on the EBS snapshots that it makes. */
export function markAsBackup(sim: Sim, snapshotId: string): void {
  const tags = tagTable(sim).get(snapshotId)?.tags;
  if (tags) tagTable(sim).putNow(snapshotId, { tags: { ...tags, "aws:backup:source-resource": "arn" } });
}

/** By AWS, for what was asked in Service Quotas, or for an account that is new: a quota by its service and code ("ec2/L-1216C47A"). */
export { grantQuota } from "./quotas.ts";

/** In KMS: the grant that lets Auto Scaling's linked role use the account's default key for EBS. */
export { grantKeyToGroups } from "./services/ec2/account.ts";

/** On an instance that has the file system mounted: writes a file. @param path below /mnt/efs */
export const writeFile = (sim: Sim, fileSystemId: string, path: string, text: string): void =>
  putFile(sim, fileSystemId, path, text);

/** What is in a file system: each file's text, by its path below /mnt/efs. */
export const filesIn = (sim: Sim, fileSystemId: string): Readonly<Record<string, string>> =>
  Object.fromEntries(contentsOf(sim, fileSystemId).map(({ path, text }) => [path, text]));

/**
 * Looking at each instance that serves http: why it does not reach the internet, its files or the load balancer, whose nodes send
 * nothing to zones in which there is none (user guide, "Availability Zones and load balancer nodes").
 */
export const cutOff = (sim: Sim): readonly string[] =>
  instanceTable(sim)
    .all()
    .filter(({ state, httpFrom }) => state === "running" && httpFrom !== null)
    .flatMap((instance) => {
      const { id, mount, subnetId } = instance;
      const zone = subnetTable(sim).get(subnetId)?.zone;
      const targets = mountTargetTable(sim).all();
      const balancers = loadBalancerTable(sim).all();
      const hasFiles = targets.some(
        (one) => one.fileSystemId === mount?.fileSystemId && one.zone === zone && one.state === "available",
      );
      const hasNode = balancers.some(({ subnetIds }) =>
        subnetIds.some((one) => subnetTable(sim).get(one)?.zone === zone),
      );
      return [
        ...(noWayOut(sim, instance) === undefined ? [] : [noWayOut(sim, instance) as string]),
        ...(mount === null || hasFiles ? [] : [`${id} has no mount target in ${zone}`]),
        ...(balancers.length === 0 || hasNode ? [] : [`no load balancer has a node in ${zone}, where ${id} is`]),
      ];
    });
