import type { Instance } from "../services/ec2/tables.ts";
import type { Sim, Table } from "../world.ts";
import { mounted } from "./mount.ts";

/** A file that somebody wrote to a file system. */
interface File {
  readonly fileSystemId: string;
  /** With a slash at its end: an empty directory. */
  readonly path: string;
  readonly text: string;
}
const fileTable = (sim: Sim): Table<File> => sim.table("guests.files");
const key = (fileSystemId: string, path: string) => `${fileSystemId}:${path}`;

/** What `collectstatic` of the built-in page puts there at boot. */
const STATIC = { path: "/static/buddyverse.txt", text: "BUDDYVERSE static files are served from EFS.\n" };

/** The files at /mnt/efs, as one instance sees them: `path` is below that. All that have mounted the file system share them. */
export interface Files {
  read(path: string): string | undefined;
  write(path: string, text: string): void;
  remove(path: string): void;
  /** Of all files. */
  paths(): readonly string[];
}

/**
 * What an instance has at /mnt/efs. "none": nothing is mounted there. "hangs": it is mounted and does not answer, and who
 * asks waits without end, as on a hard NFS mount.
 */
export function filesOf(sim: Sim, instance: Instance): Files | "none" | "hangs" {
  const mount = mounted(sim, instance);
  if (!mount) return "none";
  if (mount.why !== undefined) return "hangs";
  const { fileSystemId } = mount;
  const kept = (path: string) => fileTable(sim).get(key(fileSystemId, path))?.text;
  return {
    read: (path) => kept(path) ?? (path === STATIC.path && instance.content === "page" ? STATIC.text : undefined),
    write: (path, text) => fileTable(sim).putNow(key(fileSystemId, path), { fileSystemId, path, text }),
    remove: (path) => fileTable(sim).removeNow(key(fileSystemId, path)),
    paths: () => contentsOf(sim, fileSystemId).map(({ path }) => path),
  };
}

/** All that is in a file system. */
export const contentsOf = (sim: Sim, fileSystemId: string): readonly Pick<File, "path" | "text">[] =>
  fileTable(sim)
    .all()
    .filter((file) => file.fileSystemId === fileSystemId)
    .map(({ path, text }) => ({ path, text }));

export const putFile = (sim: Sim, fileSystemId: string, path: string, text: string): void =>
  fileTable(sim).putNow(key(fileSystemId, path), { fileSystemId, path, text });

export function fileSystemDeleted(id: string, sim: Sim): void {
  for (const { fileSystemId, path } of fileTable(sim).all())
    if (fileSystemId === id) fileTable(sim).removeNow(key(id, path));
}

/** What `systemd-run --on-active=` was told to do. @param about the file's key */
export const removeFile = (about: string, sim: Sim): void => fileTable(sim).removeNow(about);

/** Removes the file after that time, whatever becomes of the instance's caller. */
export function removeLater(sim: Sim, instance: Instance, path: string, ms: number): void {
  if (instance.mount) sim.after(ms, "guests:remove-file", key(instance.mount.fileSystemId, path));
}
