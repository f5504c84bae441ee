/** Paths into JSON such as `$.queues[0].depth` or `$['a.b']`: one place, no wildcards. Pure. */

export type JsonStep = string | number;

/** The steps of a path, or undefined where it is not one. */
export function parseJsonPath(path: string): readonly JsonStep[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: JsonStep[] = [];
  const step = /\.([^.[\]\s*'"]+)|\[(0|[1-9]\d{0,14})\]|\['([^']*)'\]|\["([^"]*)"\]/y;
  step.lastIndex = 1;
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    if (found === null) return undefined;
    steps.push(found[2] === undefined ? (found[1] ?? found[3] ?? found[4]!) : Number(found[2]));
  }
  return steps;
}

/** What stands at a path; undefined where nothing does. */
export function valueAtPath(value: unknown, steps: readonly JsonStep[]): unknown {
  let here = value;
  for (const step of steps) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, step)) return undefined;
    // `[0]` is a place in a list and `.name` one in a map; else `.length` of a list would be found, too.
    if (Array.isArray(here) !== (typeof step === 'number')) return undefined;
    here = (here as Record<JsonStep, unknown>)[step];
  }
  return here;
}

/** Whether two JSON values are the same, whatever the order of keys. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(right, key) &&
      sameJson((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]),
  );
}

/** JSON can be parsed far deeper than it can be written again: a million brackets must not become our own failure. */
export function jsonWords(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'something nested too deeply to be shown';
  }
}
