/** `npm start`: reads the configuration, starts everything, prints where to look, stops cleanly. */
import path from 'node:path';
import process from 'node:process';
import { kinds } from '../capabilities/checks/api.ts';
import type { ConfigFault, LoadedConfig } from '../capabilities/config/api.ts';
import { formatFault } from '../capabilities/config/faults.ts';
import { ConfigError } from '../capabilities/config/load.ts';
import { type ConfigWatch, watchConfig } from '../capabilities/config/loop.ts';
import { channelKinds } from '../capabilities/outbox/api.ts';
import { systemClock } from '../platform/clock.ts';
import { builtInIds } from './built-in.ts';
import { log, logFault } from './log.ts';
import { type RunningServer, startServer } from './server.ts';
import { startFault } from './start-fault.ts';
import { type Print, readConfig } from './validate.ts';

const defaultPort = 4_400;

export interface StartOptions {
  readonly config?: string;
  readonly port?: number;
  readonly data: string;
  readonly discovery: boolean;
}

export interface StartSurroundings {
  readonly version: string;
  readonly webDir: string | undefined;
  readonly out: Print;
}

export async function start(options: StartOptions, { version, webDir, out }: StartSurroundings): Promise<number> {
  const config = options.config === undefined ? undefined : await readOrPrint(path.resolve(options.config), out);
  if (config === 'invalid') return 2;
  const dataDir = path.resolve(options.data);
  // Before anything is opened: a signal that came meanwhile would end it in the middle.
  const ending = untilAskedToEnd();
  const server = await startServer({
    clock: systemClock,
    version,
    dataDir,
    port: options.port ?? config?.server.port ?? defaultPort,
    publicUrl: config?.server.publicUrl,
    webDir,
    config,
    discovers: options.discovery,
  }).catch((fault: unknown) => {
    throw startFault(fault, dataDir);
  });
  for (const warning of config?.warnings ?? []) out(`${formatFault(warning)}\n`);
  out(`Pitwall ${version} runs. Open this link (good once, for ten minutes):\n\n  ${server.startUrl()}\n\n`);
  const elsewhere = options.data === '.pitwall' ? '' : ` --data ${options.data}`;
  out(`Another link: ./pitwall url${elsewhere}    Stop: Ctrl-C\n`);
  if (server.channels === 0)
    out('Nobody would be told if something broke: choose who on the page, or in pitwall.yaml.\n');
  const watch = config === undefined ? undefined : followConfig(config, server);
  process.on('SIGHUP', () => {
    watch?.reload().catch((fault: unknown) => logFault('Reading the configuration again', fault));
  });
  await ending;
  log('Stopping');
  watch?.stop();
  await server.stop();
  return 0;
}

async function readOrPrint(file: string, out: Print): Promise<LoadedConfig | 'invalid'> {
  try {
    return await readConfig(file);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const fault of error.faults) out(`${formatFault(fault)}\n`);
    out(`${error.message}; nothing was started.\n`);
    return 'invalid';
  }
}

function followConfig(config: LoadedConfig, server: RunningServer): ConfigWatch {
  return watchConfig({
    file: config.file,
    kinds,
    channelKinds,
    environment: process.env,
    reserved: builtInIds,
    clock: systemClock,
    digest: config.digest,
    onConfig(next) {
      server.configure(next).then(
        () => {
          log(`${next.file} was read again: ${next.services.length} services`);
          const { port, publicUrl } = config.server;
          if (next.server.port === port && next.server.publicUrl === publicUrl) return;
          log('server.port and server.publicUrl count from the next start on');
        },
        (fault: unknown) => logFault('Using the changed configuration', fault),
      );
    },
    onFatal: (fault) => logFault('Reading the changed configuration', fault),
    onFaults(faults) {
      for (const fault of faults) log(formatFault(fault));
      log('The changed configuration has mistakes; the one before still runs');
      server.refuseConfig(faults.map(shown));
    },
  });
}

function shown({ line, column, path: place, message, fix }: ConfigFault) {
  return { line, column, path: place, message, fix };
}

function untilAskedToEnd(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
