import { expect, test } from "vitest";
import { writtenOut } from "../shaken-schemas.js";

const schemas = (constants: string, keys: string) =>
  `${constants}\nexport var Tag$ = [3, n0, _T, { ${keys} }, [_K], [0]];`;

test("keys that are named by constants are written out, all else stays", () => {
  const text = schemas('const _xN = "xmlName";\nconst _T = "Tag";', "[_xN]: _T, plain: 1");
  expect(writtenOut(text, "a.js")).toBe(
    schemas('const _xN = "xmlName";\nconst _T = "Tag";', '"xmlName": _T, plain: 1'),
  );
});

test("schemas that are written in another way fail the build", () => {
  expect(() => writtenOut(schemas('const _xN = "xmlName";', "[c.xN]: 1"), "a.js")).toThrow(/a\.js names no key/);
  expect(() => writtenOut(schemas("const _xN = 'xmlName';", "[_xN]: 1"), "a.js")).toThrow(/otherwise \(_xN\)/);
});
