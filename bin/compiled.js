const {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} = require("node:fs");
const { dirname, join } = require("node:path");
const { Script } = require("node:vm");

// As Node wraps a CommonJS module.
const OPEN = "(function (exports, require, module, __filename, __dirname) { ";

function keptIn(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** V8 does not look whether what it gets is whole: after a power failure half of it must not be under that name. */
function writeWhole(file, data) {
  const opened = openSync(file, "w", 0o600);
  try {
    for (let at = 0; at < data.length; ) at += writeSync(opened, data, at);
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/**
 * Runs a chunk of `dist`, and those that it needs, from what V8 kept of them at an earlier start: for Node before 22, which cannot by
 * itself. V8 refuses what another version of it kept, but does not compare texts: so only chunks that are named by theirs are run so.
 */
module.exports = function runCompiled(dist, entry, folder) {
  const kept = join(folder, `${process.version}-${process.arch}`);
  const modules = new Map();
  const fresh = new Map();

  function load(name) {
    const known = modules.get(name);
    if (known) return known.exports;
    const filename = join(dist, name);
    const cachedData = keptIn(join(kept, name));
    // A chunk is all ASCII (build.js).
    const script = new Script(`${OPEN}${readFileSync(filename, "latin1")}\n})`, {
      filename,
      columnOffset: -OPEN.length,
      cachedData,
    });
    if (!cachedData || script.cachedDataRejected) fresh.set(name, script);
    const module = { exports: {} };
    modules.set(name, module);
    const requireHere = (id) => (id.startsWith("./") ? load(id.slice(2)) : require(id));
    try {
      script.runInThisContext()(module.exports, requireHere, module, filename, dist);
    } catch (error) {
      modules.delete(name);
      throw error;
    }
    return module.exports;
  }

  function keep() {
    // One after the other: Node's own way of making all of them never ends where the system says that a parent is missing.
    for (const path of [dirname(folder), folder, kept]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    const temporary = join(kept, `${process.pid}.tmp`);
    try {
      for (const [name, script] of fresh) {
        writeWhole(temporary, script.createCachedData());
        renameSync(temporary, join(kept, name));
      }
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  // In the end it has what was compiled while the command ran, too.
  process.on("exit", () => {
    if (fresh.size === 0) return;
    try {
      keep();
    } catch {
      // The next start is as slow as this one.
    }
  });
  load(entry);
};
