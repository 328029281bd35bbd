/** Header of an answer that a rehearsal gives in an application's place: what of it is not judged by that. AWS knows no such header. */
export const NOT_REHEARSED = "x-not-rehearsed";
