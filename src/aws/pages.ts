/** Reads all pages. @param call gets the token of the page wanted; @param items and @param next read a page. */
export async function allPages<P, T>(
  call: (token: string | undefined) => Promise<P>,
  items: (page: P) => readonly T[] | undefined,
  next: (page: P) => string | undefined,
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await call(token);
    all.push(...(items(page) ?? []));
    token = next(page) || undefined;
  } while (token !== undefined);
  return all;
}
