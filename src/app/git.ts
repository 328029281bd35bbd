import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Problem } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { oneLine, some } from "../lib/text.ts";
import { decoded, MOST_READ, type ProjectFiles } from "./files.ts";

/** What came of looking at a repository: what was made of its files, what is wrong with it, or why it was not seen. */
export type Seen<T> =
  | { readonly kind: "seen"; readonly value: T }
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "unseen"; readonly why: string };

interface Repository {
  readonly git: string;
  readonly revision: string;
}

/** For all of it, seconds: a large repository is not waited for. */
const TIME_LIMIT_SECONDS = 60;

/** Nobody is asked, and no login of this machine is used: the image's builder has none. Only what it can reach is looked at. */
const LIKE_THE_BUILDER = [
  ...["credential.helper=", "core.askPass=", "protocol.allow=never", "protocol.https.allow=always"],
  ...["protocol.http.allow=always", "gc.auto=0"],
].flatMap((setting) => ["-c", setting]);

/** What is in the folder is read, and nothing more is fetched: git would, for each file that was too large. */
const OFFLINE = ["protocol.allow=never", "protocol.https.allow=never", "protocol.http.allow=never"].flatMap(
  (setting) => ["-c", setting],
);

function environment(): NodeJS.ProcessEnv {
  const {
    // Of a hook that this runs in.
    GIT_DIR: _dir,
    GIT_WORK_TREE: _tree,
    GIT_INDEX_FILE: _index,
    ...rest
  } = process.env;
  return { ...rest, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", GIT_ASKPASS: "", SSH_ASKPASS: "", GCM_INTERACTIVE: "never" };
}

/** Fetches one commit of a repository into a temporary folder, without its history, and has its files looked at. */
export async function seeRepository<T>(
  repository: Repository,
  look: (files: ProjectFiles) => T,
  signal: AbortSignal | undefined,
): Promise<Seen<T>> {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-git-"));
  const limit = AbortSignal.timeout(TIME_LIMIT_SECONDS * 1_000);
  const git = (...words: readonly string[]) => run(words, folder, signal ? AbortSignal.any([signal, limit]) : limit);
  try {
    await git("init", "--quiet", "--bare", "--template=", ".");
    const refs = refsIn(await git("ls-remote", "--", repository.git));
    const wanted = commitOf(refs, repository);
    if (wanted.kind !== "seen") return wanted;
    await git(
      "fetch",
      "--quiet",
      "--depth=1",
      "--no-tags",
      `--filter=blob:limit=${MOST_READ}`,
      "--",
      repository.git,
      wanted.value,
    );
    return { kind: "seen", value: look(filesOfCommit(folder, await git("ls-tree", "-r", "-z", "FETCH_HEAD"))) };
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof GitFailed)) throw error;
    return limit.aborted
      ? { kind: "unseen", why: `it took more than ${TIME_LIMIT_SECONDS} s` }
      : meaning(error.message, repository);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

class GitFailed extends Error {}

function run(words: readonly string[], cwd: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    // A group of its own: git's helper, which waits for the network, would live on without it.
    const child = spawn("git", [...LIKE_THE_BUILDER, ...words], {
      cwd,
      env: environment(),
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    const stop = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      } catch {
        // It has ended meanwhile.
      }
    };
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    child.once("error", (error: NodeJS.ErrnoException) => reject(new GitFailed(error.code ?? error.message)));
    child.once("close", (code) => {
      signal.removeEventListener("abort", stop);
      if (code === 0) resolve(Buffer.concat(out).toString());
      else reject(new GitFailed(Buffer.concat(err).toString()));
    });
  });
}

/** What git's error means for the builder, which will ask the same. */
function meaning(stderr: string, { git, revision }: Repository): Seen<never> {
  if (stderr === "ENOENT") return { kind: "unseen", why: "there is no git on this machine" };
  if (/could not read (Username|Password)|Authentication failed|terminal prompts disabled/.test(stderr))
    return {
      kind: "problem",
      problem: {
        path: "image.app.git",
        message: `${git} wants a login, which the image's builder has not; or there is no such repository`,
        hint: "correct the address, or use a folder: clone it here, and name that in image.app.folder",
      },
    };
  if (/fatal: repository '.*' not found/.test(stderr))
    return {
      kind: "problem",
      problem: { path: "image.app.git", message: `there is no repository ${git}`, hint: "correct the address" },
    };
  if (/not our ref/.test(stderr)) return { kind: "problem", problem: missing(git, revision, []) };
  const [said] = stderr.split("\n").filter((line) => /^(fatal|error): /.test(line));
  return { kind: "unseen", why: oneLine((said ?? stderr).replace(/^(fatal|error): /, "")).slice(0, 300) };
}

const refsIn = (listed: string): ReadonlyMap<string, string> =>
  new Map(
    listed.split("\n").flatMap((line): [string, string][] => {
      const [commit, name] = line.split("\t");
      return commit && name ? [[name, commit]] : [];
    }),
  );

/** As the builder does: a branch, else a tag or commit. Answers what to fetch. */
function commitOf(refs: ReadonlyMap<string, string>, { git, revision }: Repository): Seen<string> {
  const name = [`refs/heads/${revision}`, `refs/tags/${revision}`, `refs/${revision}`, revision].find((one) =>
    refs.has(one),
  );
  if (name !== undefined) return { kind: "seen", value: name };
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(revision)) return { kind: "seen", value: revision };
  // Which only a whole clone knows: the beginning of a commit's name, or what `git describe` makes of it.
  if (/(^|-g)[0-9a-f]{4,}$/.test(revision))
    return { kind: "unseen", why: `${revision} is a shortened name of a commit: use all 40 characters` };
  return { kind: "problem", problem: missing(git, revision, [...refs.keys()]) };
}

function missing(git: string, revision: string, refs: readonly string[]): Problem {
  const names = refs.flatMap((ref) => /^refs\/(?:heads|tags)\/([^^]+)$/.exec(ref)?.[1] ?? []);
  const near = nearest(revision, names);
  return {
    path: "image.app.revision",
    message: `there is no branch, tag or commit ${revision} in ${git}`,
    hint: near ? `did you mean ${near}?` : names.length > 0 ? `there is ${some(names, 5)}` : "name one that is there",
  };
}

/** @param listed by `git ls-tree -r -z` */
function filesOfCommit(folder: string, listed: string): ProjectFiles {
  const blobs = new Map(
    listed.split("\0").flatMap((entry): [string, string][] => {
      const [, kind, id, path] = /^\d+ (\w+) ([0-9a-f]+)\t([\s\S]+)$/.exec(entry) ?? [];
      return kind === "blob" && id !== undefined && path !== undefined ? [[path, id]] : [];
    }),
  );
  return {
    paths: [...blobs.keys()],
    has: (path) => blobs.has(path),
    read(path) {
      const id = blobs.get(path);
      if (id === undefined) return undefined;
      try {
        return decoded(
          execFileSync("git", [...OFFLINE, "cat-file", "blob", id], {
            cwd: folder,
            env: { ...environment(), GIT_NO_LAZY_FETCH: "1" },
            stdio: ["ignore", "pipe", "ignore"],
            maxBuffer: MOST_READ,
          }),
        );
      } catch {
        // Too large, and so not fetched.
        return undefined;
      }
    },
  };
}
