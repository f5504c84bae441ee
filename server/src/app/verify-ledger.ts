/** `./pitwall ledger verify`: recomputes every chain of a data folder, beside a running Pitwall or without one. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { verifyLedger } from '../capabilities/ledger/api.ts';
import { PitwallError } from '../core/errors.ts';
import { openSqliteReader } from '../storage/sqlite/sqlite-reader.ts';
import type { Print } from './validate.ts';

export async function verifyLedgerOf(
  options: { readonly data: string; readonly json: boolean },
  out: Print,
): Promise<number> {
  const file = path.join(path.resolve(options.data), 'pitwall.db');
  if (!existsSync(file)) {
    throw new PitwallError('not-found', `There is no ledger in ${options.data}`, {
      hint: 'Name the folder Pitwall keeps its data in: ./pitwall ledger verify --data DIR',
    });
  }
  await using reader = openSqliteReader(file);
  const verdict = await verifyLedger(reader.read);
  if (options.json) out(`${JSON.stringify(verdict)}\n`);
  else {
    for (const { chain, entries, head } of verdict.chains)
      out(`${chain}: ${entries} entries, head ${head.slice(0, 16)}…\n`);
    const { fault } = verdict;
    out(fault === null ? 'The ledger holds together.\n' : `Broken at ${fault.chain} ${fault.seq}: ${fault.what}\n`);
  }
  return verdict.ok ? 0 : 1;
}
