/** Reads the command line, hands it to app/, sets the exit code. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runProgram } from '../../cli/src/program.ts';
import { checkOnce } from './app/check-once.ts';
import { start } from './app/start.ts';
import { validate } from './app/validate.ts';
import { verifyLedgerOf } from './app/verify-ledger.ts';

const manifest = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

/** In a checkout the page is built when its sources changed; the builder is loaded for `start` only. */
async function builtPage(): Promise<string> {
  const { ensureWebBuilt, webDist } = await import('../../tools/build-web.ts');
  await ensureWebBuilt((line) => err(`${line}\n`));
  return webDist;
}

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  fetch,
  out,
  err,
  handlers: {
    validate: (options) => validate(options, out),
    check: (options) => checkOnce(options, out),
    start: async (options) => start(options, { version, out, webDir: await builtPage() }),
    ledgerVerify: (options) => verifyLedgerOf(options, out),
  },
});
