import { existsSync } from "node:fs";
import { join } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * What takes longest, the longest first. Where vitest knows no times, as on CI, it begins with the largest files; these are
 * small, so they would be begun last, and at the end one worker has work and the others have none.
 */
const LONGEST = [
  // Two whole matrices each.
  "reliability/matrix-move.test.ts",
  "reliability/matrix-secrets.test.ts",
  "reliability/matrix-up-gateway.test.ts",
  "reliability/matrix-up-instance.test.ts",
  "reliability/matrix-down-gateway.test.ts",
  "reliability/matrix-down-instance.test.ts",
  "reliability/matrix-restore.test.ts",
  "reliability/late-calls.test.ts",
  "lifecycle/any-change.test.ts",
  "strangers/all.test.ts",
  "docs/first-deploy.test.ts",
  "lifecycle/lifecycle.test.ts",
];

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((path) => moduleId.endsWith(`/test/${path}`));
  return rank < 0 ? LONGEST.length : rank;
}

/** Of each project the longest first, else in vitest's order. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONGEST.filter((path) => !existsSync(join(import.meta.dirname, path)));
    if (gone.length > 0) throw new Error(`test/longest-first.ts names what is not there: ${gone.join(", ")}`);
    const sorted = await super.sort(files);
    const projects = [...new Set(sorted.map(({ project }) => project))];
    return projects.flatMap((one) =>
      sorted.filter(({ project }) => project === one).sort((a, b) => rankOf(a) - rankOf(b)),
    );
  }
}
