/** What is wrong with the store, in the one sentence that the page shows. */
import type { storeStates } from '../../../contract/src/operations/system.ts';
import { PitwallError } from '../core/errors.ts';
import type { SqliteStore } from '../storage/sqlite/sqlite-store.ts';
import { log, logFault } from './log.ts';

export type StoreState = (typeof storeStates)[number];

export interface StoreHealth {
  /** The same in a word, for /healthz. */
  state(): StoreState;
  /** The gravest that is wrong; undefined where all is well. */
  sentence(): string | undefined;
  /** A commit failed, or (undefined) they succeed again. */
  note(fault: unknown): void;
  /** After an unclean end: reads the whole file, in a thread of its own. */
  checkFile(): Promise<void>;
}

const damaged =
  'The database file is damaged after an unclean end; keep a copy of the data folder before anything else.';
const nearlyFull =
  'The disk is nearly full, and the room kept back for messages is in use. Make room before nothing can be stored.';
const shownProblems = 3;

export function createStoreHealth(
  store: Pick<SqliteStore, 'checkIntegrity' | 'holdsBallast'>,
  onChange: () => void,
): StoreHealth {
  let writing: string | undefined;
  let isFull = false;
  let isDamaged = false;
  return {
    state() {
      if (isDamaged) return 'damaged';
      if (writing !== undefined) return isFull ? 'full' : 'failing';
      return store.holdsBallast ? 'ok' : 'nearly-full';
    },
    sentence: () => (isDamaged ? damaged : (writing ?? (store.holdsBallast ? undefined : nearlyFull))),
    note(fault) {
      const before = writing;
      writing = fault === undefined ? undefined : sentenceOf(fault);
      isFull = isStoreFull(fault);
      if (before === writing) return;
      if (fault === undefined) log('The store works again');
      else logFault('Storing results', fault);
      onChange();
    },
    async checkFile() {
      const problems = await store.checkIntegrity().catch((fault: unknown) => [String(fault)]);
      if (problems.length === 0) return;
      log(`The database file is damaged: ${problems.slice(0, shownProblems).join('; ')}`);
      isDamaged = true;
      onChange();
    },
  };
}

function isStoreFull(fault: unknown): boolean {
  return fault instanceof PitwallError && fault.code === 'store-full';
}

function sentenceOf(fault: unknown): string {
  if (isStoreFull(fault)) {
    return 'The disk is full: results wait in memory, messages still go out. Make room and they are stored.';
  }
  if (fault instanceof PitwallError && !fault.retryable) {
    const todo = fault.hint === undefined ? '' : ` ${fault.hint}.`;
    return `${fault.message}.${todo} Results wait in memory, messages still go out.`;
  }
  return 'Results cannot be stored just now; they wait in memory and are tried again each second. Messages still go out.';
}
