import { createHash } from "node:crypto";
import {
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";
// Not "tar": what is by that name is a bundle of several packages, whose licences dist would miss.
import { create } from "tar/create";
import type { Archive } from "../lib/archive.ts";
import { BuddyError } from "../lib/errors.ts";

/** What is not of the application, wherever it lies in the folder. */
const LEFT_OUT: ReadonlySet<string> = new Set([".git", "node_modules", "__pycache__", ".DS_Store"]);
/** Secrets, and databases of a development machine: they have no place in an image. */
const KEPT_BACK = /^\.env(\..+)?$|\.sqlite3(-journal|-shm|-wal)?$/;
/** Every virtual environment has it at its top (PEP 405). Its links lead to the Python of the machine that made it. */
const ENVIRONMENT = "pyvenv.cfg";

/** The builder keeps the archive in /run, a tenth of a t3.micro's 1 GiB of memory; and the sending of it has a minute. */
const MOST_PACKED = 32 * 2 ** 20;
/** Read into memory to be packed. */
const MOST_UNPACKED = 512 * 2 ** 20;

export interface Packed extends Archive {
  /** What stayed out of it, sorted: paths in the folder; what is left out wherever it lies, by its name only. */
  readonly leftOut: readonly string[];
}

/**
 * Packs a folder so that the same content always gives the same bytes: sorted, and without owners, times and umasks.
 * @param leaveOut absolute paths (of the real folder) that are not of the application.
 * @throws BuddyError `config`: no such folder, an empty one, one too large, or with something in it that cannot be sent.
 */
export function packFolder(folder: string, leaveOut: (path: string) => boolean = () => false): Packed {
  const root = realFolder(folder);
  const stats = new Map<string, Stats>();
  const leftOut = new Set<string>();
  let size = 0;
  if (existsSync(join(root, ENVIRONMENT)))
    throw wrong(
      folder,
      `is itself a Python virtual environment: it holds ${ENVIRONMENT}`,
      "Name the folder with the Django project. A virtual environment in a folder of its own inside it is left out.",
    );

  const staysOut = (name: string, path: string, stat: Stats): boolean => {
    if (LEFT_OUT.has(name)) leftOut.add(name);
    else if (KEPT_BACK.test(name) || (stat.isDirectory() && existsSync(join(root, path, ENVIRONMENT))))
      leftOut.add(path.split(sep).join("/"));
    else return false;
    return true;
  };

  /** Paths relative to the root, each folder before what is in it. */
  const walk = (inside: string): string[] =>
    readdirSync(join(root, inside))
      .sort()
      .flatMap((name) => {
        const path = join(inside, name);
        const absolute = join(root, path);
        if (leaveOut(absolute)) return [];
        const stat = lstatSync(absolute);
        if (staysOut(name, path, stat)) return [];
        // What differs from one checkout to the next: hard links, and what the umask leaves of the rights.
        stat.nlink = 1;
        stats.set(absolute, stat);
        if (stat.isDirectory()) {
          stat.mode = constants.S_IFDIR | 0o755;
          return [path, ...walk(path)];
        }
        if (stat.isSymbolicLink()) checkLink(root, absolute, folder);
        else if (stat.isFile()) {
          stat.mode = constants.S_IFREG | ((stat.mode & 0o100) === 0 ? 0o644 : 0o755);
          size += stat.size;
          if (size > MOST_UNPACKED) throw tooLarge(folder, `more than ${MOST_UNPACKED / 2 ** 20} MiB`);
        } else
          throw wrong(
            absolute,
            "is neither a file, a folder nor a symbolic link",
            "Remove it, or move it out of the folder.",
          );
        return [path];
      });

  try {
    const paths = walk("");
    if (paths.length === 0)
      throw wrong(folder, "is empty", "Name the folder with the Django project, or use null for the built-in page.");
    const pack = create(
      {
        cwd: root,
        gzip: true,
        portable: true,
        mtime: new Date(0),
        statCache: stats,
        noDirRecurse: true,
        strict: true,
        sync: true,
      },
      // With "./" before it, no name is taken for an option of the archiver ("@name" includes an archive).
      paths.map((path) => `./${path.split(sep).join("/")}`),
    );
    const bytes = pack.read() ?? Buffer.alloc(0);
    if (bytes.length > MOST_PACKED) throw tooLarge(folder, `${Math.ceil(bytes.length / 2 ** 20)} MiB when packed`);
    return { sha256: createHash("sha256").update(bytes).digest("hex"), bytes, leftOut: [...leftOut].sort() };
  } catch (error) {
    if (error instanceof BuddyError) throw error;
    throw wrong(
      folder,
      `cannot be packed: ${error instanceof Error ? error.message : String(error)}`,
      "Make everything in it readable.",
      error,
    );
  }
}

function realFolder(folder: string): string {
  const hint = "Name the folder with the Django project, relative to the config file.";
  try {
    if (statSync(folder).isDirectory()) return realpathSync(folder);
  } catch (error) {
    throw wrong(
      folder,
      (error as NodeJS.ErrnoException).code === "ENOENT" ? "is not there" : "cannot be read",
      hint,
      error,
    );
  }
  throw wrong(folder, "is not a folder", hint);
}

/** A link out of the folder would lead nowhere on the instance, or take in what nobody meant to send. */
function checkLink(root: string, link: string, folder: string): void {
  const target = readlinkSync(link);
  const leaves = (path: string) => path !== root && !path.startsWith(root + sep);
  const real = () => {
    try {
      return realpathSync(link);
    } catch {
      // It leads nowhere here either: only where it points counts.
      return root;
    }
  };
  if (isAbsolute(target) || leaves(resolve(dirname(link), target)) || leaves(real()))
    throw wrong(
      link,
      `is a symbolic link that leaves ${folder}`,
      "Make it relative and keep its target in the folder, or put a copy in its place.",
    );
}

const tooLarge = (folder: string, much: string): BuddyError =>
  wrong(
    folder,
    `is too large: ${much}; ${MOST_PACKED / 2 ** 20} MiB packed is the most`,
    "Move media and data out of it (the site's media live on the shared file system), or use a git repository.",
  );

function wrong(file: string, message: string, hint: string, cause?: unknown): BuddyError {
  return new BuddyError({
    code: "config",
    message: `${file} ${message}`,
    about: { file, path: "image.app.folder" },
    hint,
    cause,
  });
}
