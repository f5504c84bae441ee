/** SQLite's full check of the file; seconds for a month of history, so in a thread with a connection of its own. */
import { DatabaseSync } from 'node:sqlite';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const mostFindings = 20;

function findings(filePath: string): string[] {
  const database = new DatabaseSync(filePath, { readOnly: true });
  try {
    const rows = database.prepare(`PRAGMA integrity_check(${mostFindings})`).all();
    return rows.map((row) => String(row.integrity_check)).filter((line) => line !== 'ok');
  } catch (error) {
    return [(error as Error).message];
  } finally {
    database.close();
  }
}

/** What is wrong with the file, in SQLite's words; empty where nothing is. */
export function checkIntegrity(filePath: string): Promise<string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const worker = new Worker(new URL(import.meta.url), { workerData: { integrityOf: filePath } });
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The integrity check ended without an answer')));
  return promise;
}

const request = workerData as { integrityOf?: string } | null;
if (!isMainThread && parentPort !== null && request?.integrityOf !== undefined) {
  parentPort.postMessage(findings(request.integrityOf));
}
