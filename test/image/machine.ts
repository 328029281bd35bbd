/** Machines for the image test: systemd booted in a root of its own, in a network namespace of its own. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run this through test/image/run.sh`);
  return value;
}

/** A folder in memory that only this run sees. */
export const WORK = setting("BUDDYVERSE_IMAGE_WORK");
/** What every machine starts from: the system before anything of ours. */
export const ROOT = setting("BUDDYVERSE_IMAGE_ROOT");

/** Runs a program to its end and gives its output. Throws when it fails. */
export function sh(command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: 60_000 });
}

/** Runs a program in a network namespace. */
export const inside = (namespace: string, ...command: readonly string[]): string =>
  sh("nsenter", `--net=/run/netns/${namespace}`, ...command);

/** Waits until `done` gives something, at most so many seconds; then throws, with what `why` tells. */
export async function until<T>(
  seconds: number,
  done: () => T | undefined | false,
  why: () => string = () => "",
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = done();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not within ${seconds} s: ${done}\n${why()}`);
    await pause(200);
  }
}

/** Settings of cloud-init on every machine: of its modules only the one that runs the user data, and the test's network and packages. */
export const CLOUD_INIT = `cloud_init_modules: []
cloud_config_modules: []
cloud_final_modules: [scripts-user]
network: {config: disabled}
`;

/** Makes network namespaces, each with its loopback up. */
export function namespaces(...names: readonly string[]): void {
  for (const name of names) {
    sh("ip", "netns", "add", name);
    sh("ip", "-n", name, "link", "set", "lo", "up");
  }
}

/** Joins two namespaces by a cable: `[namespace, interface, address/prefix]` for each end; no address: a port of a bridge. */
export function cable(...ends: readonly [End, End]): void {
  const [[oneSpace, oneName], [otherSpace, otherName]] = ends;
  sh("ip", "link", "add", oneName, "netns", oneSpace, "type", "veth", "peer", "name", otherName, "netns", otherSpace);
  for (const [space, name, address] of ends) {
    if (address !== undefined) sh("ip", "-n", space, "address", "add", address, "dev", name);
    sh("ip", "-n", space, "link", "set", name, "up");
  }
}
type End = readonly [namespace: string, name: string, address?: string];

/** Writes files into a root that no machine runs; programs are those under a `bin` or `sbin` folder. */
export function place(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    if (/\/s?bin\//.test(path)) chmodSync(join(root, path), 0o755);
  }
}

export interface Disk {
  /** Where the whole of it is to be seen. */
  readonly root: string;
  /** What it is made of, the topmost first. */
  readonly layers: readonly string[];
}

/** A disk that starts as a copy of these layers (only what changes takes space). */
export function disk(name: string, layers: readonly string[], files: Readonly<Record<string, string>> = {}): Disk {
  const [root, upper, scratch] = ["root", "upper", "scratch"].map((part) => join(WORK, name, part)) as [
    string,
    string,
    string,
  ];
  for (const folder of [root, upper, scratch]) mkdirSync(folder, { recursive: true });
  const options = `lowerdir=${layers.join(":")},upperdir=${upper},workdir=${scratch}`;
  sh("mount", "-t", "overlay", "overlay", "-o", options, root);
  place(root, files);
  return { root, layers: [upper, ...layers] };
}

export interface Machine {
  /** What EC2 would give as console output. */
  console(): string;
  /** Whether it still runs. */
  running(): boolean;
  /** Waits for this text on the console, at most so many seconds. */
  says(text: string, seconds: number): Promise<void>;
  /** Waits until it has powered off by itself. */
  off(seconds: number): Promise<void>;
  /** Runs a command on it and gives its output. */
  run(...command: readonly string[]): string;
  /** Powers it off as EC2 does, and waits. */
  powerOff(): Promise<void>;
}

// systemd-nspawn makes its control groups below the one that it is started in, and two would meet there.
const IN_A_GROUP_OF_ITS_OWN = `
for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd; do
  [ -f "$hierarchy/cgroup.procs" ] || continue
  mkdir -p "$hierarchy/buddyverse-image/$0"
  echo $$ >"$hierarchy/buddyverse-image/$0/cgroup.procs"
done
exec "$@"`;

/** Boots a disk. `bind` shows a folder of the test's at a path of the machine's. */
export function boot(disk: Disk, namespace: string, bind: Readonly<Record<string, string>> = {}): Machine {
  const child: ChildProcess = spawn(
    "bash",
    [
      "-euc",
      IN_A_GROUP_OF_ITS_OWN,
      namespace,
      "systemd-nspawn",
      "--quiet",
      `--directory=${disk.root}`,
      `--machine=${namespace}`,
      "--register=no",
      "--keep-unit",
      `--network-namespace-path=/run/netns/${namespace}`,
      "--capability=CAP_NET_ADMIN",
      "--resolv-conf=off",
      "--timezone=off",
      "--link-journal=no",
      "--suppress-sync=yes",
      ...Object.entries(bind).map(([path, folder]) => `--bind=${folder}:${path}`),
      "--boot",
    ],
    // Else a container cannot turn forwarding on, in its own network only.
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" } },
  );
  let text = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => (text += chunk));
  let over = false;
  child.on("close", () => {
    over = true;
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the boot messages
  const written = () => text.replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, "");
  const tail = () => written().slice(-6000);
  const leader = () => sh("cat", `/proc/${child.pid}/task/${child.pid}/children`).trim().split(" ")[0] as string;
  return {
    console: written,
    running: () => !over,
    says: async (wanted, seconds) => {
      await until(seconds, () => written().includes(wanted) || (over && "off"), tail);
      if (!written().includes(wanted)) throw new Error(`powered off without saying ${wanted}:\n${tail()}`);
    },
    off: async (seconds) => {
      await until(seconds, () => over, tail);
    },
    run: (...command) => sh("nsenter", "--all", "--target", leader(), "--", ...command),
    powerOff: async () => {
      if (!over) sh("kill", "-s", "RTMIN+4", leader());
      await until(60, () => over, tail);
    },
  };
}
