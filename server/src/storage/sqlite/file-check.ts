/**
 * Looks at a database file before SQLite may change it: ours or not, older or newer, whole or cut short. It reads only.
 */
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { PitwallError } from '../../core/errors.ts';
import { applicationId, oldestVersion } from './migrations.ts';
import { asStoreError, damaged } from './sqlite-errors.ts';
import { readWal, type WalContent } from './wal-file.ts';

/** https://www.sqlite.org/fileformat2.html#the_database_header */
const headerBytes = 100;
const magic = 'SQLite format 3\0';

export interface FileCheck {
  readonly isNew: boolean;
  /** A write-ahead log was left behind: the last process did not close the store. */
  readonly uncleanExit: boolean;
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function readHeader(filePath: string): DataView {
  const header = new Uint8Array(headerBytes);
  const file = openSync(filePath, 'r');
  try {
    if (readSync(file, header, 0, headerBytes, 0) < headerBytes) throw damaged(filePath, 'it ends within its header');
  } finally {
    closeSync(file);
  }
  if (new TextDecoder('latin1').decode(header.subarray(0, 16)) !== magic) {
    throw damaged(filePath, 'it is not an SQLite database');
  }
  return new DataView(header.buffer);
}

function foreign(filePath: string): PitwallError {
  return damaged(filePath, 'it is a database of another program');
}

/** False where both marks are zero: made by us, but the process ended before the first migration, or of any program. */
function checkVersion(filePath: string, header: DataView, newest: number): boolean {
  const version = header.getUint32(60);
  const application = header.getUint32(68);
  if (application !== applicationId && !(application === 0 && version === 0)) throw foreign(filePath);
  if (application === applicationId && version < oldestVersion) {
    const why = `is of a Pitwall from before its first release (schema ${version})`;
    throw new PitwallError('store-corrupt', `${filePath} ${why}. It was left as it is.`, {
      path: filePath,
      hint: 'Start with another folder: --data DIR',
    });
  }
  if (version <= newest) return application === applicationId;
  throw new PitwallError(
    'store-newer',
    `${filePath} was written by a newer Pitwall (schema ${version}; this one knows ${newest}). It was left as it is.`,
    { path: filePath, hint: 'Start the newer Pitwall, or another folder: --data DIR' },
  );
}

/** Where the log is left out, so is every file that SQLite would make beside the database. */
function readSample(filePath: string, withLog: boolean, isMarked: boolean): void {
  const url = pathToFileURL(filePath);
  if (!withLog) url.searchParams.set('immutable', '1');
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(url, { readOnly: true });
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all();
    if (!isMarked && tables.some(({ name }) => name !== 'migration')) throw foreign(filePath);
    for (const { name } of tables) {
      if (!String(name).startsWith('sqlite_')) database.prepare(`SELECT * FROM "${name}" LIMIT 1`).all();
    }
  } catch (error) {
    const known = asStoreError(error, filePath);
    throw known instanceof PitwallError ? known : damaged(filePath, (error as Error).message, error);
  } finally {
    if (database?.isOpen) database.close();
  }
}

/** How many pages the database has, by its log or else by its own header, and which of them must be somewhere. */
function checkLength(filePath: string, fileBytes: number, header: DataView, wal: WalContent | undefined): void {
  const pageBytes = header.getUint16(16) === 1 ? 65_536 : header.getUint16(16);
  const pages = wal?.databasePages ?? header.getUint32(28);
  const inFile = Math.floor(fileBytes / pageBytes);
  let missing = 0;
  for (let page = inFile + 1; page <= pages; page++) if (wal?.pageNumbers.has(page) !== true) missing += 1;
  // A page that was taken and freed again before the log was copied may never have been written at all.
  const freePages = wal === undefined ? 0 : header.getUint32(36);
  if (missing > freePages) throw damaged(filePath, `it has ${fileBytes} bytes where ${pages * pageBytes} belong`);
}

/** Throws `store-corrupt` or `store-newer`; takes a millisecond or two, and as many for each MiB of a log left behind. */
export function checkDatabaseFile(filePath: string, newest: number): FileCheck {
  const fileBytes = sizeOf(filePath);
  const uncleanExit = sizeOf(`${filePath}-wal`) > 0;
  if (fileBytes === 0) {
    if (uncleanExit) throw damaged(filePath, 'it is empty, yet its log (-wal) is not');
    return { isNew: true, uncleanExit };
  }
  const ownHeader = readHeader(filePath);
  const wal = uncleanExit ? readWal(`${filePath}-wal`) : undefined;
  const header = wal?.firstPage === undefined ? ownHeader : new DataView(wal.firstPage.buffer);
  const isMarked = checkVersion(filePath, header, newest);
  checkLength(filePath, fileBytes, header, wal);
  readSample(filePath, wal !== undefined, isMarked);
  return { isNew: false, uncleanExit };
}
