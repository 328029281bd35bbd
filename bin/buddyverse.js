#!/usr/bin/env node
const { enableCompileCache } = require("node:module");
const { homedir } = require("node:os");
const { join } = require("node:path");

// Node 22 and later keep what they compiled. In the user's own folder: in the system's temporary one, which is Node's default,
// another user could lay out code for this one to run.
enableCompileCache?.(join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "buddyverse"));
require("../dist/main.cjs");
