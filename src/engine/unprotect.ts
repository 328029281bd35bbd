import { together } from "./beforehand.ts";
import { nameOf } from "./graph.ts";
import { observe } from "./observe.ts";
import { type Run, throwIfInterrupted } from "./run.ts";
import { type Observed, protectionsOf } from "./snapshot.ts";
import { workOn } from "./work.ts";

/** How long it may take until AWS no longer shows a protection that was lifted, seconds. */
const LIMIT_SECONDS = 30 * 60;

/** What is to be lifted of these before anything is deleted (`down --unprotect`). */
const toUnprotect = (going: readonly Observed[]): readonly Observed[] =>
  going.filter(({ lifted }) => lifted.length > 0);

/** Lifts what protects objects from being deleted, and waits until AWS shows it. */
export async function unprotect(run: Run, going: readonly Observed[]): Promise<void> {
  await together(
    run,
    toUnprotect(going),
    (one) => lift(run, one),
    "Protection may have been lifted from some of it: `buddyverse up` puts back what the config asks for. The same `buddyverse down` continues.",
  );
}

async function lift(run: Run, { node, look }: Observed): Promise<void> {
  const work = workOn(run, node);
  work.begin("unprotect", look.live?.id);
  for (;;) {
    throwIfInterrupted(run);
    const recorded = run.store.get(node.key);
    const { live } = await observe(run, node, recorded);
    const found = (await protectionsOf(run, node, live, recorded)).flatMap(({ unprotect }) => unprotect ?? []);
    if (found.length === 0) break;
    const done = await work.attempt("update", live, async () => {
      for (const call of found) await call();
    });
    if (done) await work.waitFor("protected", 2, LIMIT_SECONDS, live);
  }
  const now = run.clock.now();
  run.emit({ ...nameOf(node), at: now, type: "resource.prepared", did: "unprotected", ms: now - work.started });
}
