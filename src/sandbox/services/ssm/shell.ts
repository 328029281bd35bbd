import { BuddyError } from "../../../lib/errors.ts";
import { mounted } from "../../guests/boot.ts";
import { diskOf, isKept, parentOf } from "../../guests/disk.ts";
import { databaseFrom, loggedRequests, replicaLagMs, serves, setApache, webAnswer } from "../../guests/web-server.ts";
import type { Sim } from "../../world.ts";
import { changeInstance, stopInstance } from "../ec2/instance-states.ts";
import { instanceTypeFacts } from "../ec2/offerings.ts";
import { addressOutside } from "../ec2/reach.ts";
import { type Instance, instanceTable } from "../ec2/tables.ts";

/*
 * A small shell: what Run Command's scripts do on the sandbox's machines. It knows few commands, and refuses the whole script
 * before anything is run when there is one that it does not know.
 */

/** What a command did. `ms`: it takes so long. `hangs`: it never ends. */
interface Result {
  readonly code: number;
  readonly out?: string;
  readonly err?: string;
  readonly ms?: number;
  readonly hangs?: boolean;
}
type Act = (sim: Sim, instance: Instance) => Result;

/** One command of a script. */
interface Step {
  /** What joins it to the one before. */
  readonly joined: ";" | "&&" | "||";
  readonly negated: boolean;
  readonly background: boolean;
  readonly act: Act;
  /** `set -e` from here on. */
  readonly strict: boolean;
  readonly exits: number | undefined;
}
export type Program = readonly Step[];

/** How far a script is. */
export interface Progress {
  readonly next: number;
  readonly code: number;
  readonly strict: boolean;
  readonly out: string;
  readonly err: string;
}
export const BEGIN: Progress = { next: 0, code: 0, strict: false, out: "", err: "" };

const refuse = (what: string): BuddyError =>
  new BuddyError({
    code: "sandbox",
    message: `the sandbox's shell does not know ${what}`,
    hint: "It refuses what it does not simulate, and has run nothing of the script. docs/sandbox.md lists what it knows.",
  });

interface Token {
  readonly kind: "word" | "operator";
  readonly text: string;
}

const OPERATORS = ["2>&1", "2>>", ">&2", "1>&2", "2>", "&&", "||", ">>", ">", ";", "&", "\n"] as const;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  let word: string | undefined;
  const end = () => {
    if (word !== undefined) found.push({ kind: "word", text: word });
    word = undefined;
  };
  for (let at = 0; at < text.length; ) {
    const letter = text[at] as string;
    const operator = OPERATORS.find((one) => text.startsWith(one, at) && (word === undefined || !/^\d/.test(one)));
    if (letter === "#" && word === undefined) {
      while (at < text.length && text[at] !== "\n") at++;
    } else if (operator) {
      end();
      found.push({ kind: "operator", text: operator });
      at += operator.length;
    } else if (letter === " " || letter === "\t") {
      end();
      at++;
    } else if (letter === "'") {
      const close = text.indexOf("'", at + 1);
      if (close < 0) throw refuse("a quote that does not end");
      word = (word ?? "") + text.slice(at + 1, close);
      at = close + 1;
    } else if (letter === '"') {
      word ??= "";
      for (at++; text[at] !== '"'; at++) {
        if (at >= text.length) throw refuse("a quote that does not end");
        if (text[at] === "$" || text[at] === "`") throw refuse(`"${text[at]}": variables and substitutions`);
        if (text[at] === "\\" && /["\\$`]/.test(text[at + 1] ?? "")) at++;
        word += text[at];
      }
      at++;
    } else if (letter === "\\") {
      if (text[at + 1] === "\n") at += 2;
      else {
        word = (word ?? "") + (text[at + 1] ?? "");
        at += 2;
      }
    } else {
      if ("$`|<()*?[]~".includes(letter)) throw refuse(`"${letter}" outside quotes`);
      word = (word ?? "") + letter;
      at++;
    }
  }
  end();
  return found;
}

/** Reads a script. Throws `sandbox` for anything that this shell does not know. */
export function parseScript(text: string): Program {
  const program: Step[] = [];
  let joined: Step["joined"] = ";";
  let words: string[] = [];
  let redirects: { readonly from: "out" | "err"; readonly to: string }[] = [];
  const finish = (background: boolean) => {
    if (words.length > 0) program.push(stepOf(words, redirects, joined, background));
    else if (redirects.length > 0) throw refuse("a redirection without a command");
    words = [];
    redirects = [];
  };
  const all = tokens(text);
  for (let at = 0; at < all.length; at++) {
    const { kind, text: token } = all[at] as Token;
    if (kind === "word") {
      words.push(token);
      continue;
    }
    switch (token) {
      case ";":
      case "\n":
      case "&":
        // A newline after && goes on with the next line.
        if (words.length === 0 && token === "\n") break;
        finish(token === "&");
        joined = ";";
        break;
      case "&&":
      case "||":
        finish(false);
        joined = token;
        break;
      case "2>&1":
        redirects.push({ from: "err", to: "&1" });
        break;
      case ">&2":
      case "1>&2":
        redirects.push({ from: "out", to: "&2" });
        break;
      default: {
        const file = all[++at];
        if (file?.kind !== "word") throw refuse(`"${token}" without a file`);
        if (file.text !== "/dev/null" && !(isKept(file.text) && (token === ">" || token === ">>")))
          throw refuse(`"${token} ${file.text}": it writes to /tmp, /mnt/efs and /dev/null`);
        redirects.push({ from: token.startsWith("2") ? "err" : "out", to: `${token === ">>" ? "+" : ""}${file.text}` });
      }
    }
  }
  finish(false);
  return program;
}

function stepOf(
  given: readonly string[],
  redirects: readonly { readonly from: "out" | "err"; readonly to: string }[],
  joined: Step["joined"],
  background: boolean,
): Step {
  const negated = given[0] === "!";
  const words = negated ? given.slice(1) : given;
  const act = redirected(commandOf(words), redirects);
  const strict = words[0] === "set" && words.slice(1).some((word) => /^-\w*e/.test(word));
  return { joined, negated, background, act, strict, exits: words[0] === "exit" ? Number(words[1] ?? 0) : undefined };
}

const HANGS: Result = { code: -1, hangs: true };

function redirected(act: Act, redirects: readonly { readonly from: "out" | "err"; readonly to: string }[]): Act {
  if (redirects.length === 0) return act;
  return (sim, instance) => {
    const disk = diskOf(sim, instance);
    const files = redirects
      .map(({ to }) => to.replace(/^\+/, ""))
      .filter((to) => to.startsWith("/") && to !== "/dev/null");
    for (const file of files) {
      if (disk.hangs(file)) return HANGS;
      if (!disk.isFolder(parentOf(file)))
        return { code: 2, err: `sh: 1: cannot create ${file}: Directory nonexistent\n` };
      if (disk.isFolder(file)) return { code: 2, err: `sh: 1: cannot create ${file}: Is a directory\n` };
    }
    const result = act(sim, instance);
    if (result.hangs) return result;
    let { out = "", err = "" } = result;
    for (const { from, to } of redirects) {
      const text = from === "out" ? out : err;
      if (from === "out") out = "";
      else err = "";
      if (to === "&1") out += text;
      else if (to === "&2") err += text;
      else if (to !== "/dev/null") {
        const file = to.replace(/^\+/, "");
        disk.write(file, `${to.startsWith("+") ? (disk.read(file) ?? "") : ""}${text}`);
      }
    }
    return { ...result, out, err };
  };
}

/** Seconds of "90", "90s", "2m"; throws for anything else. */
function secondsOf(text: string | undefined): number {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(text ?? "") ?? [];
  if (number === undefined) throw refuse(`the time "${text}"`);
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit || "s"] as number);
}

const fine: Result = { code: 0 };
const onlyIf = (yes: boolean): Result => ({ code: yes ? 0 : 1 });

function checkPath(path: string | undefined): string {
  if (path === undefined || !isKept(path)) throw refuse(`the file ${path}: it keeps /tmp and /mnt/efs`);
  return path;
}

/** On a file of the sandbox's disk; never comes back from a mount that does not answer. */
const onFile =
  (path: string, act: (sim: Sim, instance: Instance, path: string) => Result): Act =>
  (sim, instance) =>
    diskOf(sim, instance).hangs(path) ? HANGS : act(sim, instance, path);

/** printf's and echo -e's: \n, \t, \\ ; %s takes the arguments in turn. */
const unescaped = (text: string) =>
  text.replace(/\\([nt\\])/g, (_all, letter) => ({ n: "\n", t: "\t" })[letter as string] ?? "\\");

const MOST_STRESSES = 10;

function stress(words: readonly string[]): Act {
  let seconds: number | undefined;
  for (let at = 1; at < words.length; at++) {
    const [name, inline] = (words[at] as string).split("=");
    const value = () => inline ?? words[++at];
    if (name === "--cpu" || name === "-c") {
      if (value() !== "0") throw refuse("stress-ng on some processors: --cpu 0 is all of them");
    } else if (name === "--timeout" || name === "-t") seconds = secondsOf(value());
    else if (name !== "--quiet" && name !== "-q") throw refuse(`stress-ng ${name}`);
  }
  // Without it stress-ng runs for a day.
  const runs = (seconds || 86_400) * 1_000;
  return (sim, { id, stress: before }) => {
    changeInstance(sim, id, { stress: [...before, { from: sim.now, until: sim.now + runs }].slice(-MOST_STRESSES) });
    return { code: 0, ms: runs, err: `stress-ng: info:  dispatching hogs: cpu\n` };
  };
}

function curl(words: readonly string[]): Act {
  let url: string | undefined;
  let body = true;
  let format = "";
  let limit = 20;
  let failing = false;
  let follows = false;
  for (let at = 1; at < words.length; at++) {
    const word = words[at] as string;
    if (word === "-o" || word === "--output") {
      if (words[++at] !== "/dev/null") throw refuse("curl -o to anything but /dev/null");
      body = false;
    } else if (word === "-w" || word === "--write-out") format = words[++at] ?? "";
    else if (word === "--max-time" || word === "-m" || word === "--connect-timeout") limit = secondsOf(words[++at]);
    else if (word === "--retry") at++;
    else if (word === "--fail") failing = true;
    else if (/^-[sSfL]+$/.test(word)) {
      failing ||= word.includes("f");
      follows ||= word.includes("L");
    } else if (word.startsWith("-") || url !== undefined) throw refuse(`curl ${word}`);
    else url = word;
  }
  const parsed = url === undefined ? undefined : URL.parse(/^\w+:\/\//.test(url) ? url : `http://${url}`);
  if (!parsed) throw refuse(`curl without an address`);
  if (/%\{(?!http_code\})/.test(format)) throw refuse(`curl -w '${format}': it writes %{http_code}`);
  const written = (status: number) => unescaped(format.replaceAll("%{http_code}", String(status).padStart(3, "0")));
  const own = parsed.protocol === "http:" && /^(127\.0\.0\.1|localhost)$/.test(parsed.hostname) && parsed.port === "";
  const outside = parsed.href === "https://checkip.amazonaws.com/";
  if ((!own && !outside) || follows) throw refuse(`curl ${follows ? "-L" : parsed.href}`);
  const lost = (code: number, why: string, ms = 0): Result => ({
    code,
    out: written(0),
    err: `curl: (${code}) ${why}\n`,
    ms,
  });
  return (sim, instance) => {
    if (outside) {
      const address = addressOutside(sim, instance);
      return address === undefined
        ? lost(28, `Connection timed out after ${limit * 1_000} milliseconds`, limit * 1_000)
        : { code: 0, out: `${body ? `${address}\n` : ""}${written(200)}` };
    }
    if (!serves(sim, instance)) return lost(7, "Failed to connect to 127.0.0.1 port 80 after 0 ms: Connection refused");
    const answer = webAnswer(sim, instance, parsed.pathname + parsed.search);
    const code = failing && answer.status >= 400 ? 22 : 0;
    return {
      code,
      out: `${body && code === 0 ? answer.body : ""}${written(answer.status)}`,
      ...(code === 0 ? {} : { err: `curl: (22) The requested URL returned error: ${answer.status}\n` }),
    };
  };
}

function cat(words: readonly string[]): Act {
  const [, path, ...more] = words;
  if (more.length > 0) throw refuse("cat with several files");
  if (path === "/proc/loadavg")
    return (sim, instance) => {
      const cpus = instanceTypeFacts(instance.instanceType)?.vcpus ?? 1;
      const load = (minutes: number) => {
        const from = sim.now - minutes * 60_000;
        const busy = instance.stress.reduce(
          (sum, one) => sum + Math.max(0, Math.min(sim.now, one.until) - Math.max(from, one.from)),
          0,
        );
        return (0.02 + (cpus * busy) / (minutes * 60_000)).toFixed(2);
      };
      return { code: 0, out: `${load(1)} ${load(5)} ${load(15)} 1/180 2000\n` };
    };
  return onFile(checkPath(path), (sim, instance, file) => {
    const text = diskOf(sim, instance).read(file);
    return text === undefined ? { code: 1, err: `cat: ${file}: No such file or directory\n` } : { code: 0, out: text };
  });
}

function systemctl(words: readonly string[]): Act {
  const quiet = words.includes("--quiet") || words.includes("-q");
  const [, verb, unit, ...more] = words.filter((word) => word !== "--quiet" && word !== "-q");
  if (!/^apache2(\.service)?$/.test(unit ?? "") || more.length > 0) throw refuse(words.join(" "));
  const missing = (sim: Sim, instance: Instance): Result | undefined =>
    mounted(sim, instance) || instance.httpFrom !== null
      ? undefined
      : { code: 5, err: `Failed to ${verb} apache2.service: Unit apache2.service not found.\n` };
  if (verb === "is-active")
    return (sim, instance) => {
      const active = serves(sim, instance);
      return { code: active ? 0 : 3, out: quiet ? "" : `${active ? "active" : "inactive"}\n` };
    };
  if (verb !== "start" && verb !== "stop" && verb !== "restart") throw refuse(words.join(" "));
  return (sim, instance) => {
    const why = missing(sim, instance);
    if (!why) setApache(sim, instance, verb !== "stop");
    return why ?? fine;
  };
}

/** The built-in stand-in for verify's Python script: a row written on the primary, and awaited on the replica. */
const database: Act = (sim, instance) => {
  for (const role of ["primary", "replica"] as const) {
    const found = databaseFrom(sim, instance, role);
    if (!found && role === "replica") return { code: 0, out: `${JSON.stringify({ lagMs: null })}\n` };
    if (!found)
      return {
        code: 1,
        err: "FileNotFoundError: [Errno 2] No such file or directory: '/run/buddyverse/database.json'\n",
      };
    if ("error" in found)
      return { code: 1, err: `${role}: MySQL error ${found.error}\n`, ms: found.error === 2003 ? 10_000 : 0 };
  }
  const lagMs = replicaLagMs(sim);
  return { code: 0, out: `${JSON.stringify({ lagMs })}\n`, ms: lagMs };
};

/** What the words do. Throws `sandbox` when it is unknown. */
function commandOf(words: readonly string[]): Act {
  const [name = "", ...rest] = words;
  switch (name) {
    case "nohup":
    case "setsid":
      return commandOf(rest);
    case "timeout": {
      const limit = secondsOf(rest[0]) * 1_000;
      const inner = commandOf(rest.slice(1));
      return (sim, instance) => {
        const result = inner(sim, instance);
        return result.hangs || (result.ms ?? 0) > limit ? { code: 124, ms: limit } : result;
      };
    }
    case "true":
    case ":":
    case "sync":
      return () => fine;
    case "false":
      return () => ({ code: 1 });
    case "set":
      if (!rest.every((word) => /^-[eu]+$/.test(word))) throw refuse(words.join(" "));
      return () => fine;
    case "exit":
      if (rest.length > 1 || !/^\d*$/.test(rest[0] ?? "")) throw refuse(words.join(" "));
      return () => ({ code: Number(rest[0] ?? 0) });
    case "sleep": {
      const ms = secondsOf(rest[0]) * 1_000;
      return () => ({ code: 0, ms });
    }
    case "echo": {
      if (/^-/.test(rest[0] ?? "")) throw refuse(`echo ${rest[0]}`);
      return () => ({ code: 0, out: `${rest.join(" ")}\n` });
    }
    case "printf": {
      const [format = "", ...values] = rest;
      if (/%(?!s)/.test(format)) throw refuse(`printf '${format}': it knows %s`);
      let index = 0;
      const out = unescaped(format).replaceAll("%s", () => values[index++] ?? "");
      if (index < values.length) throw refuse("printf with more values than %s");
      return () => ({ code: 0, out });
    }
    case "cat":
      return cat(words);
    case "rm": {
      if (rest[0] !== "-f" || rest.length !== 2) throw refuse(words.join(" "));
      return onFile(checkPath(rest[1]), (sim, instance, file) => {
        const disk = diskOf(sim, instance);
        if (disk.isFolder(file)) return { code: 1, err: `rm: cannot remove '${file}': Is a directory\n` };
        disk.remove(file);
        return fine;
      });
    }
    case "mkdir": {
      if (rest[0] !== "-p" || rest.length !== 2) throw refuse(words.join(" "));
      return onFile(checkPath(rest[1]), (sim, instance, path) => {
        const parts = path.split("/").slice(1).filter(Boolean);
        const disk = diskOf(sim, instance);
        for (let end = 1; end <= parts.length; end++) {
          const folder = `/${parts.slice(0, end).join("/")}`;
          if (folder !== "/mnt" && !disk.isFolder(folder)) disk.makeFolder(folder);
        }
        return fine;
      });
    }
    case "test": {
      const [kind, path, ...more] = rest;
      if ((kind !== "-e" && kind !== "-f" && kind !== "-d") || more.length > 0) throw refuse(words.join(" "));
      return onFile(checkPath(path), (sim, instance, file) => {
        const disk = diskOf(sim, instance);
        if (kind === "-d") return onlyIf(disk.isFolder(file));
        return onlyIf(kind === "-e" ? disk.exists(file) : disk.read(file) !== undefined);
      });
    }
    case "mountpoint":
      if (rest.join(" ") !== "-q /mnt/efs") throw refuse(words.join(" "));
      return (sim, instance) => onlyIf(mounted(sim, instance) !== undefined);
    case "nproc":
      if (rest.length > 0) throw refuse(words.join(" "));
      return (_sim, { instanceType }) => ({ code: 0, out: `${instanceTypeFacts(instanceType)?.vcpus ?? 1}\n` });
    case "stress-ng":
      return stress(words);
    case "pkill":
      if (!/^stress-ng$/.test(rest.filter((word) => word !== "-f" && word !== "-x").join(" ")))
        throw refuse(words.join(" "));
      return (sim, { id, stress: before }) => {
        const running = before.some(({ until }) => until > sim.now);
        changeInstance(sim, id, {
          stress: before.map(({ from, until }) => ({ from, until: Math.min(until, sim.now) })),
        });
        return onlyIf(running);
      };
    case "systemctl":
      return systemctl(words);
    case "init":
      if (rest.join(" ") !== "0") throw refuse(words.join(" "));
      return (sim, { id }) => {
        stopInstance(sim, id, true);
        return fine;
      };
    case "curl":
      return curl(words);
    case "buddyverse-requests":
      return (sim, { id }) => ({ code: 0, out: `${loggedRequests(sim, id, rest[0] ?? "")}\n` });
    case "buddyverse-database":
      return database;
    case "buddyverse-later":
      return (sim, { id }) => {
        sim.after(Number(rest[0]) * 1_000, "ssm:remove-file", `${id} ${rest[1]}`);
        return fine;
      };
    default:
      throw refuse(name === "{" || name === "}" || name.includes("=") ? `"${name}"` : `the command ${name}`);
  }
}

/**
 * Runs a script on, from where it is, until something takes its time: then `wait` says how long, milliseconds (Infinity: it
 * never ends). With neither it has ended with `code`.
 */
export function runOn(
  program: Program,
  progress: Progress,
  sim: Sim,
  instanceId: string,
): { readonly progress: Progress; readonly wait: number } {
  let { next, code, strict, out, err } = progress;
  const state = () => ({ next, code, strict, out, err });
  while (next < program.length) {
    const step = program[next] as Step;
    if ((step.joined === "&&" && code !== 0) || (step.joined === "||" && code === 0)) {
      next++;
      continue;
    }
    const instance = instanceTable(sim).get(instanceId);
    // What runs on a machine that is gone never ends.
    if (instance?.state !== "running") return { progress: state(), wait: Number.POSITIVE_INFINITY };
    const result = step.act(sim, instance);
    if (result.hangs && !step.background) return { progress: state(), wait: Number.POSITIVE_INFINITY };
    next++;
    code = step.background ? 0 : step.negated ? (result.code === 0 ? 1 : 0) : result.code;
    out += result.out ?? "";
    err += result.err ?? "";
    strict ||= step.strict;
    const tested = step.negated || program[next]?.joined === "&&" || program[next]?.joined === "||";
    if (step.exits !== undefined || (strict && code !== 0 && !tested)) next = program.length;
    if (!step.background && (result.ms ?? 0) > 0) return { progress: state(), wait: result.ms as number };
  }
  return { progress: state(), wait: 0 };
}
