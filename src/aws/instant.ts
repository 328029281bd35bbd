/** A time as the SDK takes it. @param ms milliseconds since 1970 */
export const instant = (ms: number): Date => new Date(ms);
