/** Reads the command line, hands it to app/, sets the exit code. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { runProgram } from '../../cli/src/program.ts';
import { forTerminal } from '../../contract/src/unseen.ts';

const manifest = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
// Whoever reads what is printed may go; that must not end the watch.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
// Titles, paths and what peers answered are printed too, and a terminal obeys what it is given.
const out = (text: string): void => void process.stdout.write(forTerminal(text));
const err = (text: string): void => void process.stderr.write(forTerminal(text));

/** In a checkout the page is built when its sources changed; the builder is loaded for `start` only. */
async function builtPage(): Promise<string> {
  const { ensureWebBuilt, webDist } = await import('../../tools/build-web.ts');
  await ensureWebBuilt((line) => err(`${line}\n`));
  return webDist;
}

process.exitCode = await runProgram(process.argv.slice(2), {
  version,
  fetch,
  environment: process.env,
  out,
  err,
  // Each is loaded for its own command only: a client of a running Pitwall needs none of the server, which is half a second.
  handlers: {
    validate: async (options) => (await import('./app/validate.ts')).validate(options, out),
    check: async (options) => (await import('./app/check-once.ts')).checkOnce(options, out),
    async start(options) {
      const { start } = await import('./app/start.ts');
      return start(options, { version, out, webDir: await builtPage() });
    },
    mcp: async (client) => (await import('./surfaces/mcp/mcp-stdio.ts')).serveMcpOverStdio({ ...client, version }),
    ledgerVerify: async (options) => (await import('./app/verify-ledger.ts')).verifyLedgerOf(options, out),
  },
});
