import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";
import { LeftOut } from "./test/tools.ts";
import { textLoader } from "./text-loader.js";

/** They start the built command: only they need it built. */
const BUNDLE = "test/**/*.bundle.test.ts";
/** A module that one file replaces must not be another file's. */
const MOCKED = "test/**/*.mocked.test.ts";
/** They are `npm run test:all`'s; of the last a sample is in each run. */
const HTTP = "test/{moto,clients}/*.test.ts";
const ADDITIONS = "test/additions/*.test.ts";
const DATABASES = "test/access/migrate.test.ts";
const CHANGES = "test/{docs/{changes,first-deploy,replay,aws-commands},lifecycle/{any-change,broken-off}}.test.ts";
const GRANTS = "test/policy/{every-grant,read-only,enforced,moving}.test.ts";
/** Every command, at several widths. */
const WIDTHS = "test/cli/widths.test.ts";
const PROCESSES =
  "test/{package,reliability/{processes,secrets},cli/{in-steps,interrupt,output,sandbox-orders},docs/ci,verify/drills/cli,state/full-disk}.bundle.test.ts";
const DRILLS = "test/{verify/{sandbox,drills/{drills,page}},cli/timeline}.test.ts";
const RELIABILITY =
  "test/reliability/{failures,full-disk,left-behind,lossy,shared-state,blocked,late-calls,credentials,between-attempts,world-file,matrix-{down-instance,move,secrets,failover,re*,rotate,*-gateway}}.test.ts";
/** Long lives of data, with copies, restores, failovers and new passwords. */
const COPIES =
  "test/{cli/{from-snapshot,left-alone,restore-database},lifecycle/{backup,rotate},recovery/failover}.test.ts";
/** Long lives of a stack, with releases and replacements. */
const LIVES =
  "test/{lifecycle/{no-gap,told-before,down-copies,names,watched,release,rollback,instance-refresh,public-ranges,protected,side-by-side-whole,unclaimed,database-changes},cli/{preflight,cost-live,refresh-image}}.test.ts";
/** What runs on the machines, by the shells and interpreters that are there. */
const SCRIPTS = "test/scripts/{app-scripts,instance,password}.test.ts";
const STRANGERS = "test/strangers/all.test.ts";
const MATRIX = "test/reliability/{matrix-*,late-calls,full-disk}.test.ts";

export default defineConfig({
  plugins: [textLoader],
  test: {
    // Some files mostly wait (child processes): one worker more than a small machine has cores.
    maxWorkers: 3,
    reporters: ["default", new LeftOut()],
    sequence: { sequencer: LongestFirst },
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // The SDK is loaded once for each worker, not for each file: a third of the time of most files.
    isolate: false,
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true", TZ: "UTC" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...configDefaults.exclude,
            BUNDLE,
            MOCKED,
            HTTP,
            ADDITIONS,
            DATABASES,
            GRANTS,
            CHANGES,
            RELIABILITY,
            COPIES,
            LIVES,
            SCRIPTS,
            DRILLS,
            STRANGERS,
            WIDTHS,
          ],
        },
      },
      {
        extends: true,
        test: {
          name: "bundle",
          include: [BUNDLE],
          exclude: [...configDefaults.exclude, PROCESSES],
          globalSetup: "test/build.ts",
        },
      },
      { extends: true, test: { name: "mocked", include: [MOCKED], isolate: true } },
      {
        extends: true,
        test: {
          name: "long",
          include: [
            HTTP,
            ADDITIONS,
            DATABASES,
            GRANTS,
            CHANGES,
            PROCESSES,
            DRILLS,
            RELIABILITY,
            COPIES,
            LIVES,
            SCRIPTS,
            STRANGERS,
            MATRIX,
            WIDTHS,
          ],
          globalSetup: "test/build.ts",
          env: { BUDDYVERSE_MATRIX: "full" },
        },
      },
    ],
  },
});
