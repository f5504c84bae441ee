/** Runs one command with its output shown, and says how it ended. */
import { spawn } from 'node:child_process';
import path from 'node:path';

export const root = path.resolve(import.meta.dirname, '..');

export interface CommandOutcome {
  readonly exitCode: number;
  readonly output: string;
}

/** Resolves with the exit code and what was printed; `quiet` keeps it from the terminal unless it failed. */
export function run(command: string, args: readonly string[], quiet = false): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString();
      if (!quiet) process.stdout.write(chunk);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) => {
      if (quiet && code !== 0) process.stdout.write(output);
      resolve({ exitCode: code ?? 1, output });
    });
  });
}

/** The path of a package's command. */
export function packageBin(name: string, relative: string): string {
  return path.join(root, 'node_modules', name, relative);
}
