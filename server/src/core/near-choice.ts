/** What somebody meant who wrote a word that is none of the choices. */

/** Edit distance with swaps of neighbours counted once (optimal string alignment). */
function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The choice that was probably meant, or undefined where none is near. */
export function nearest(written: string, choices: readonly string[]): string | undefined {
  const plain = written.toLowerCase().replaceAll(/[-_\s]/g, '');
  let best: { choice: string; distance: number } | undefined;
  for (const choice of choices) {
    const other = choice.toLowerCase().replaceAll(/[-_\s]/g, '');
    const distance = editDistance(plain, other);
    const near = distance <= Math.max(1, Math.floor(Math.max(plain.length, other.length) / 3));
    if (near && (best === undefined || distance < best.distance)) best = { choice, distance };
  }
  return best?.choice;
}

/** “did you mean …” where one is near, and all choices in any case. */
export function fixFromChoices(written: string, choices: readonly string[], noun: string): string {
  const meant = nearest(written, choices);
  const list = choices.length === 0 ? `there is no ${noun} to choose from` : `${noun}: ${choices.join(', ')}`;
  return meant === undefined ? `use one of the ${list}` : `did you mean \`${meant}\`? (${list})`;
}
