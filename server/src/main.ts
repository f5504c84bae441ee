/** Reads the command line, hands it to app/, sets the exit code. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runProgram } from '../../cli/src/program.ts';
import { checkOnce } from './app/check-once.ts';
import { validate } from './app/validate.ts';
import { PitwallError } from './core/errors.ts';

const manifest = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
const out = (text: string): void => void process.stdout.write(text);
const err = (text: string): void => void process.stderr.write(text);

function notInThisVersion(what: string): PitwallError {
  return new PitwallError('unavailable', `Version ${version} cannot ${what} yet`, {
    hint: './pitwall validate FILE and ./pitwall check --config FILE --once work.',
    retryable: false,
  });
}

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  fetch,
  out,
  err,
  handlers: {
    validate: (options) => validate(options, out),
    check: (options) => checkOnce(options, out),
    start: () => Promise.reject(notInThisVersion('be started')),
    ledgerVerify: () => Promise.reject(notInThisVersion('verify its ledger')),
  },
});
