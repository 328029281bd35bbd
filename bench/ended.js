import { execFile } from "node:child_process";

/** What a program printed; refuses one that failed. 3: there are differences. */
export const ended = (program, args, options) =>
  new Promise((resolve, reject) => {
    execFile(program, args, { ...options, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error && error.code !== 3) reject(new Error(`${args.join(" ")}: ${stderr || stdout.slice(-2000)}`));
      else resolve(stdout);
    });
  });

/** The environment without what it says of AWS and of this tool. */
export const plainEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(AWS|BUDDYVERSE)_/.test(name)));
