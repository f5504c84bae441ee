/** `./pitwall validate FILE`: every mistake of a file at once, with line, column and fix. */
import process from 'node:process';
import { kinds } from '../capabilities/checks/api.ts';
import type { LoadedConfig } from '../capabilities/config/api.ts';
import { formatFault } from '../capabilities/config/faults.ts';
import { ConfigError, loadConfig } from '../capabilities/config/load.ts';
import { channelKinds } from '../capabilities/outbox/api.ts';
import { formatDuration } from '../core/duration.ts';
import { systemClock } from '../platform/clock.ts';

export type Print = (text: string) => void;

export function readConfig(file: string): Promise<LoadedConfig> {
  return loadConfig({ file, kinds, channelKinds, environment: process.env, nowMs: systemClock.nowMs() });
}

export async function validate(
  options: { readonly file: string; readonly json: boolean },
  out: Print,
): Promise<number> {
  try {
    const config = await readConfig(options.file);
    const checks = config.services.flatMap((service) => service.checks);
    if (options.json) {
      out(
        `${JSON.stringify({ ok: true, services: config.services.length, checks: checks.length, warnings: config.warnings })}\n`,
      );
      return 0;
    }
    for (const warning of config.warnings) out(`${formatFault(warning)}\n`);
    const shortest = Math.min(...checks.map((check) => check.intervalMs));
    const often = checks.length === 0 ? '' : `, the most frequent every ${formatDuration(shortest)}`;
    out(`${options.file} is valid: ${config.services.length} services, ${checks.length} checks${often}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    if (options.json) out(`${JSON.stringify({ ok: false, faults: error.faults })}\n`);
    else out(`${error.faults.map((fault) => `${formatFault(fault)}\n`).join('')}${error.message}\n`);
    return 2;
  }
}
