import type { Graph } from "../../engine/graph.ts";

export interface DrawnNode {
  readonly key: string;
  readonly label: string;
  /** The type: "ec2:vpc". */
  readonly object: string;
  /** Only looked up: it was there before. */
  readonly external: boolean;
}

export interface DrawnGroup {
  readonly name: string;
  readonly nodes: readonly DrawnNode[];
}

export interface Drawing {
  readonly title: string;
  /** The steps, in their order. */
  readonly groups: readonly DrawnGroup[];
  /** `from` must be there before `to`. */
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

/** What is drawn of a graph. An edge that follows from others (a → b → c makes a → c needless) is left out. */
export function drawingOf({ nodes, steps }: Graph, title: string): Drawing {
  const needsOf = (key: string): readonly string[] => nodes.get(key)?.needs ?? [];
  const beyond = new Map<string, ReadonlySet<string>>();
  const all = (key: string): ReadonlySet<string> => {
    const known = beyond.get(key);
    if (known) return known;
    const found = new Set(needsOf(key).flatMap((need) => [need, ...all(need)]));
    beyond.set(key, found);
    return found;
  };
  const direct = (key: string) =>
    needsOf(key).filter((need) => !needsOf(key).some((other) => other !== need && all(other).has(need)));
  return {
    title,
    groups: steps
      .map((name) => ({
        name,
        nodes: [...nodes.values()]
          .filter(({ step }) => step === name)
          .map(({ key, name: label, type }) => ({ key, label, object: type.name, external: type.external ?? false })),
      }))
      .filter((group) => group.nodes.length > 0),
    edges: [...nodes.keys()].flatMap((to) => direct(to).map((from) => ({ from, to }))),
  };
}
