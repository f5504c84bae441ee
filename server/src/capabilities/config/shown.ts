/** Values from outside the file where everybody reads them: in a title, on the page and in each message. */
import type { Path } from '../../core/value-path.ts';
import { placeOf } from './document.ts';
import type { FaultList } from './faults.ts';
import type { OutsideValue } from './fill.ts';
import type { Reading } from './section.ts';

const shownKeys: ReadonlySet<string> = new Set(['title', 'ability']);

/** A file is a secret's place, so it is refused; a variable may be meant, such as a stage's name, so it is warned of. */
export function judgeShown(
  outside: readonly OutsideValue[],
  path: Path,
  { reading, warnings }: { readonly reading: Reading; readonly warnings: FaultList },
): void {
  for (const { path: inside, from, filled } of outside) {
    const key = String(inside[0]);
    if (inside.length !== 1 || !shownKeys.has(key)) continue;
    const place = [...path, key];
    const at = placeOf(reading.root, place);
    if (from === 'file') {
      const message = `\`${key}\` is shown on the page and in messages, so it may not come from a file`;
      reading.faults.add(at, place, { message, fix: 'write the words themselves, in quotes' });
    } else if (filled.length > 0) {
      const message = `\`${key}\` is shown on the page and in messages, and with it the value of its variable`;
      warnings.add(at, place, { message, fix: 'write the words themselves where that value is a secret' });
    }
  }
}
