#!/usr/bin/env node
const { enableCompileCache } = require("node:module");
const { isAbsolute, join } = require("node:path");

// Node 22 and later keep what they compiled. In a folder of the user's own: in the system's temporary one, which is Node's
// default, another user could lay out code for this one to run.
const { XDG_CACHE_HOME, LOCALAPPDATA, HOME = "" } = process.env;
const folder = [XDG_CACHE_HOME, LOCALAPPDATA, join(HOME, ".cache")].find((path) => path && isAbsolute(path));
if (folder) enableCompileCache?.(join(folder, "buddyverse"));

require("../dist/main.cjs");
