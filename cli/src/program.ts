/** The command line. In-process commands are handed in; all others are clients of a running Pitwall's operations. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import type { Problem } from '../../contract/src/error-codes.ts';
import type { Operation } from '../../contract/src/operation.ts';
import { operations } from '../../contract/src/operations.ts';
import { callOperation, readConnection } from './client.ts';
import { CliFailure, exitCodeOf, formatProblem, problemOf } from './failures.ts';
import { operationCommand } from './operation-command.ts';
import { renderAnswer } from './render.ts';

/** What runs in this process with the server's own code; each answers with the exit code. */
export interface InProcessHandlers {
  /** A port left out lets the file's `server.port` decide, then 4400. */
  start(options: {
    readonly config?: string;
    readonly port?: number;
    readonly data: string;
    /** false: listeners of this machine are left alone. */
    readonly discovery: boolean;
  }): Promise<number>;
  validate(options: { readonly file: string; readonly json: boolean }): Promise<number>;
  check(options: { readonly config: string; readonly json: boolean }): Promise<number>;
  /** Speaks MCP on standard input and output, until whoever started it closes its end. */
  mcp(client: {
    readonly call: (operation: Operation, input: unknown) => Promise<unknown>;
    readonly problemOf: (error: unknown) => Problem;
  }): Promise<number>;
  ledgerVerify(options: { readonly data: string; readonly json: boolean }): Promise<number>;
}

export interface ProgramOptions {
  readonly version: string;
  readonly handlers: InProcessHandlers;
  readonly fetch: typeof fetch;
  /** Of the process: npm leaves there what it took for its own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

export const defaultDataFolder = '.pitwall';

/** Of no use outside a browser: a session is a cookie. */
export const operationsWithoutCommand: ReadonlySet<string> = new Set(['session.create', 'session.end']);

const exitCodes = `
Exit codes: 0 pass or degraded · 1 fail or unknown · 2 bad config or usage · 3 not reachable or not allowed`;

/** Runs one command line (without the program's own name); the answer is the exit code. Never throws. */
export async function runProgram(argv: readonly string[], options: ProgramOptions): Promise<number> {
  const outcome = { exitCode: 0 };
  const wantsJson = argv.includes('--json');
  // What is wrong with the line is then told once, below, in JSON.
  const told = wantsJson ? { ...options, err: () => {} } : options;
  const program = createProgram(told, (exitCode) => {
    outcome.exitCode = exitCode;
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return outcome.exitCode;
  } catch (error) {
    // Help and --version end this way too, with 0; every other one is wrong usage.
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && !wantsJson) return 2;
    const problem = error instanceof CommanderError ? usageProblem(error) : problemOf(error);
    options.err(wantsJson ? `${JSON.stringify(problem)}\n` : formatProblem(problem));
    return exitCodeOf(problem);
  }
}

function usageProblem({ code, message }: CommanderError): Problem {
  const said = code === 'commander.help' ? 'The command is not complete' : message.replace(/^error: /, '');
  return { code: 'invalid-input', message: said, retryable: false, hint: '--help shows what there is' };
}

/** The commander program; `setExitCode` hears how a command ended. */
export function createProgram(options: ProgramOptions, setExitCode: (exitCode: number) => void): Command {
  const program = new Command('pitwall')
    .description('Watches what a small shop runs on, tells you, and proves what happened.')
    .version(options.version, '--version', 'Print the version')
    .addHelpText('after', exitCodes)
    .showHelpAfterError('(--help shows what there is)');
  addInProcess(program, options, setExitCode);
  addUrl(program, options);
  addMcp(program, options, setExitCode);
  addOperations(program, options, setExitCode);
  for (const command of allCommands(program)) {
    command.exitOverride().configureOutput({ writeOut: options.out, writeErr: options.err });
  }
  return program;
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const dataOption = () => new Option('--data <folder>', 'The data folder').default(defaultDataFolder);
const portOption = () => new Option('--port <number>', 'The port of Pitwall (left out: 4400)').argParser(portOf);
const jsonOption = () => new Option('--json', 'Answer in JSON').default(false);

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}

/** `npm start --port 9000` gives the port to npm itself, which says little or nothing: Pitwall would start on another. */
function refuseWhatNpmTook(
  given: Readonly<Record<string, unknown>>,
  environment: NonNullable<ProgramOptions['environment']>,
): void {
  if (environment['npm_lifecycle_event'] !== 'start') return;
  const taken = ['port', 'config', 'data'].filter((name) => {
    const isDefault = given[name] === undefined || (name === 'data' && given[name] === defaultDataFolder);
    return isDefault && environment[`npm_config_${name}`] !== undefined;
  });
  if (taken.length === 0) return;
  const meant = taken.map((name) => `--${name} ${environment[`npm_config_${name}`]}`).join(' ');
  const message = `npm kept ${taken.map((name) => `--${name}`).join(' and ')} for itself, so nothing was started`;
  throw new CliFailure('invalid-input', message, `two dashes first: npm start -- ${meant}`);
}

function addInProcess(
  program: Command,
  { handlers, environment = {} }: ProgramOptions,
  setExitCode: (exitCode: number) => void,
): void {
  program
    .command('start')
    .description('Start watching and serve the page')
    .option('--config <file>', 'What to watch (left out: Pitwall itself and this host)')
    .addOption(portOption())
    .option('--no-discovery', 'Do not look for listeners on this machine')
    .addOption(dataOption())
    .action(async (given) => {
      refuseWhatNpmTook(given, environment);
      setExitCode(await handlers.start(given));
    });
  program
    .command('validate')
    .description('Name every mistake in a configuration file')
    .argument('<file>', 'The file, such as pitwall.yaml')
    .addOption(jsonOption())
    .action(async (file, given) => setExitCode(await handlers.validate({ file, json: given.json })));
  program
    .command('check')
    .description('Run every check of a file once, now, and keep nothing')
    .requiredOption('--config <file>', 'The file, such as pitwall.yaml')
    .option('--once', 'What it does anyway: once, and end (to watch for good: pitwall start)')
    .addOption(jsonOption())
    .action(async (given) => setExitCode(await handlers.check({ config: given.config, json: given.json })));
  program
    .command('ledger')
    .description('The record of every change')
    .command('verify')
    .description(operations['ledger.verify'].summary)
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (given) => setExitCode(await handlers.ledgerVerify({ data: given.data, json: given.json })));
}

function addUrl(program: Command, options: ProgramOptions): void {
  program
    .command('url')
    .description(operations['session.link'].summary)
    .addOption(dataOption())
    .addOption(portOption())
    .addOption(jsonOption())
    .action(async (given) => {
      const connection = await readConnection(given, options.fetch);
      const answer = await callOperation(operations['session.link'], {}, connection, options.fetch);
      options.out(given.json ? `${JSON.stringify(answer)}\n` : `${(answer as { url: string }).url}\n`);
    });
}

/** The token is read for each call: a Pitwall that was started anew has another. */
function addMcp(program: Command, options: ProgramOptions, setExitCode: (exitCode: number) => void): void {
  program
    .command('mcp')
    .description('Speak MCP on standard input and output, for an agent; HTTP: /mcp')
    .addOption(dataOption())
    .addOption(portOption())
    .action(async (given) => {
      const exitCode = await options.handlers.mcp({
        async call(operation, input) {
          const connection = await readConnection(given, options.fetch);
          return await callOperation(operation, input as Record<string, unknown>, connection, options.fetch);
        },
        problemOf,
      });
      setExitCode(exitCode);
    });
}

function addOperations(program: Command, options: ProgramOptions, setExitCode: (exitCode: number) => void): void {
  for (const operation of Object.values(operations) as Operation[]) {
    // The ledger is verified in this process, so that it can be while Pitwall is stopped.
    if (operationsWithoutCommand.has(operation.name) || operation.name === 'ledger.verify') continue;
    const [noun = '', verb = ''] = operation.name.split('.');
    const parent =
      program.commands.find((command) => command.name() === noun) ??
      program.command(noun).description(nouns[noun] ?? verbsOf(noun));
    const { command, inputOf } = operationCommand(verb, operation);
    command.addOption(dataOption()).addOption(portOption()).addOption(jsonOption());
    command.action(async (...given: unknown[]) => {
      // Commander hands over the arguments, then the options, then the command itself.
      const flags = given.at(-2) as { data: string; port?: number; json: boolean };
      const input = inputOf(given.slice(0, -2), flags as unknown as Record<string, unknown>);
      const connection = await readConnection(flags, options.fetch);
      const answer = await callOperation(operation, input, connection, options.fetch);
      options.out(flags.json ? `${JSON.stringify(answer)}\n` : shownAnswer(operation, answer));
      setExitCode(exitCodeOfAnswer(operation.name, answer));
    });
    parent.addCommand(command);
  }
}

function shownAnswer({ http: { textOutput } }: Operation, answer: unknown): string {
  return textOutput === undefined
    ? renderAnswer(answer)
    : String((answer as Record<string, unknown>)[textOutput.field]);
}

/** What can be done with it: `list, get, look, create, remove`. */
function verbsOf(noun: string): string {
  const names = Object.keys(operations).filter((name) => !operationsWithoutCommand.has(name));
  return names
    .filter((name) => name.startsWith(`${noun}.`))
    .map((name) => name.slice(noun.length + 1))
    .join(', ');
}

/** What was asked about a target, or done towards a receiver, may have come to nothing though the call itself is fine. */
function exitCodeOfAnswer(name: string, answer: unknown): number {
  const { outcome, state } = answer as { outcome?: string; state?: string };
  if (name === 'checks.run' || name === 'services.look') return outcome === 'pass' || outcome === 'degraded' ? 0 : 1;
  return name === 'channels.test' && state !== 'delivered' ? 1 : 0;
}

/** What stands beside a noun in the list of commands. */
const nouns: Readonly<Record<string, string>> = {
  board: 'Everything on one screen: what is wrong, since when, what to do next',
  services: 'What people depend on: list, show, look at an address, add, remove',
  checks: 'Run one check now',
  series: 'Answer time and errors of a check over a span',
  results: 'Single results of a check, failures with their evidence',
  transitions: 'Changes of status',
  proposals: 'What listens on this machine and is neither watched nor ignored',
  channels: 'Who is told: list, add, test, remove',
  messages: 'What was sent, and what came of it',
  jobs: 'Jobs that report by themselves: their address, when they are due, what they said',
  openapi: 'The API as an OpenAPI 3.1 document',
  metrics: 'What Pitwall knows, for Prometheus',
  session: 'Who you are here, and links to the page',
  health: 'Whether Pitwall itself runs',
  system: 'How Pitwall itself is: prober, store, configuration',
};
