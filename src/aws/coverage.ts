/** Reasons why a property is not watched, as types say them of many. */
export const STATE = "a state, which `status` judges";
export const COUNTER = "a number that changes by itself";
export const MARK = "this program's own mark, which comes and goes with its work";
/** Of a field that an object is found by, or a person's wish that AWS does not keep. */
export const AT_BIRTH = "read when it is made";
