import type { Instance } from "../services/ec2/tables.ts";
import type { Sim, Table } from "../world.ts";
import { mounted } from "./boot.ts";

/** A file, or a folder, that somebody made on a machine. */
export interface File {
  readonly text: string | null;
}
const fileTable = (sim: Sim): Table<File> => sim.table("machine.files");

const EFS = "/mnt/efs";
/** Folders that are there without anybody making them: the boot makes those of the file system. */
const FOLDERS: readonly string[] = [EFS, `${EFS}/media`, `${EFS}/static`, "/tmp"];
/** What `collectstatic` puts there at boot. */
const STATIC = { path: `${EFS}/static/buddyverse.txt`, text: "BUDDYVERSE static files are served from EFS.\n" };

/** True for what the sandbox keeps of a machine's disk. */
export const isKept = (path: string): boolean =>
  /^(\/mnt\/efs|\/tmp)(\/[\w.,+=@-]+)*\/?$/.test(path) && !/\/\.\.?(\/|$)/.test(path);

export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf("/")) || "/";

/**
 * The disk as one machine sees it: what is under /mnt/efs belongs to all that have mounted the file system. `hangs`: a mount
 * that does not answer lets nobody go on, as a hard NFS mount.
 */
export interface Disk {
  hangs(path: string): boolean;
  read(path: string): string | undefined;
  exists(path: string): boolean;
  isFolder(path: string): boolean;
  write(path: string, text: string): void;
  makeFolder(path: string): void;
  /** Answers whether there was one. */
  remove(path: string): boolean;
}

/** What was on a disk is gone with it: an instance's own, or a file system. */
export function forgetFiles(sim: Sim, owner: string): void {
  const rows = sim.world.tables["machine.files"] ?? {};
  for (const key of Object.keys(rows)) if (key.startsWith(`${owner}:`)) fileTable(sim).removeNow(key);
}

export function diskOf(sim: Sim, instance: Instance): Disk {
  const mount = mounted(sim, instance);
  const shared = (path: string) => path === EFS || path.startsWith(`${EFS}/`);
  const key = (path: string) =>
    shared(path) && mount ? `${mount.fileSystemId}:${path}` : `${instance.id}:${path.replace(/\/$/, "")}`;
  const get = (path: string) => fileTable(sim).get(key(path));
  const isFolder = (path: string) => {
    const bare = path.replace(/(.)\/$/, "$1");
    return (
      (FOLDERS.includes(bare) && (bare === EFS || !shared(bare) || mount !== undefined)) || get(bare)?.text === null
    );
  };
  const read = (path: string) => get(path)?.text ?? (mount && path === STATIC.path ? STATIC.text : undefined);
  return {
    hangs: (path) => shared(path) && mount?.why !== undefined,
    read,
    isFolder,
    exists: (path) => isFolder(path) || read(path) !== undefined,
    write: (path, text) => fileTable(sim).putNow(key(path), { text }),
    makeFolder: (path) => fileTable(sim).putNow(key(path), { text: null }),
    remove(path) {
      const there = get(path) !== undefined;
      fileTable(sim).removeNow(key(path));
      return there;
    },
  };
}
