#!/usr/bin/env node
const { enableCompileCache } = require("node:module");
const { isAbsolute, join } = require("node:path");

// What was compiled is kept. In a folder of the user's own: in the system's temporary one, which is Node's default, another
// user could lay out code for this one to run.
const { XDG_CACHE_HOME, LOCALAPPDATA, HOME = "", NODE_DISABLE_COMPILE_CACHE } = process.env;
const base = [XDG_CACHE_HOME, LOCALAPPDATA, join(HOME, ".cache")].find((path) => path && isAbsolute(path));
const folder = base && join(base, "buddyverse");
const { entry } = require("../dist/entry.json");
if (enableCompileCache || !folder || NODE_DISABLE_COMPILE_CACHE) {
  if (folder) enableCompileCache?.(folder);
  require(`../dist/${entry}`);
} else require("./compiled.js")(join(__dirname, "..", "dist"), entry, folder);
