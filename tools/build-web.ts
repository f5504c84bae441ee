/**
 * Builds web/ into web/dist when its sources changed. A start must not pay for finding out that nothing did, so the
 * stamp holds every source's size and time; only where those differ are the bytes hashed, and only where the hash
 * differs is anything built.
 */
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = join(import.meta.dirname, '..');
export const webDist = join(root, 'web/dist');
const stampFile = join(webDist, '.built-from');
const firstRouteLimitKib = 180;

interface Stamp {
  readonly stat: string;
  readonly hash: string;
}

/** The page bundles the contract's plain data too, and another version of a library is another page. */
function sources(): string[] {
  return [
    ...globSync('{web/src,web/public}/**/*.*', { cwd: root }),
    'web/index.html',
    'web/vite.config.ts',
    'contract/src/reasons.ts',
    'package-lock.json',
  ]
    .map((path) => join(root, path))
    .sort();
}

function statOf(files: readonly string[]): string {
  return files
    .map((file) => {
      const { size, mtimeMs } = statSync(file);
      return `${relative(root, file)} ${size} ${mtimeMs}`;
    })
    .join('\n');
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  return hash.digest('hex');
}

function readStamp(): Stamp | null {
  if (!existsSync(join(webDist, 'index.html'))) return null;
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8')) as Stamp;
  } catch {
    return null;
  }
}

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}

/** What a browser fetches before the board can be drawn: the entry, the board's chunk and all they import. */
export function firstRouteKib(): { js: number; css: number } {
  const manifest = JSON.parse(readFileSync(join(webDist, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    Chunk & { css?: string[] }
  >;
  const seen = new Set<string>();
  const css = new Set<string>();
  const visit = (key: string): void => {
    const chunk = manifest[key];
    if (chunk === undefined || seen.has(chunk.file)) return;
    seen.add(chunk.file);
    for (const file of chunk.css ?? []) css.add(file);
    for (const next of chunk.imports ?? []) visit(next);
  };
  for (const [key, chunk] of Object.entries(manifest)) if (chunk.isEntry || key === 'src/board/page.tsx') visit(key);
  if (!('src/board/page.tsx' in manifest)) throw new Error('The board is not in the manifest: nothing was measured.');
  const gzipped = (files: Iterable<string>) =>
    [...files].reduce((sum, file) => sum + gzipSync(readFileSync(join(webDist, file))).length, 0) / 1024;
  return { js: gzipped(seen), css: gzipped(css) };
}

export async function ensureWebBuilt(log: (line: string) => void = () => {}): Promise<{ built: boolean }> {
  const files = sources();
  const stat = statOf(files);
  const stamp = readStamp();
  if (stamp?.stat === stat) return { built: false };
  const hash = hashOf(files);
  const write = () => writeFileSync(stampFile, JSON.stringify({ stat, hash } satisfies Stamp));
  if (stamp?.hash === hash) {
    write();
    return { built: false };
  }
  const startedMs = performance.now();
  const { build } = await import('vite');
  await build({ configFile: join(root, 'web/vite.config.ts'), logLevel: 'warn', mode: 'production' });
  write();
  // Served files are told apart by their time; a build that changed nothing else still is a new page.
  utimesSync(join(webDist, 'index.html'), new Date(), new Date());
  const { js, css } = firstRouteKib();
  log(
    `The page is built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s; first route: ` +
      `${js.toFixed(0)} KiB of JavaScript (limit ${firstRouteLimitKib}), ${css.toFixed(0)} KiB of CSS, gzipped`,
  );
  if (js > firstRouteLimitKib) throw new Error(`The first route is ${js.toFixed(0)} KiB, over ${firstRouteLimitKib}.`);
  return { built: true };
}

if (import.meta.main) {
  const { built } = await ensureWebBuilt((line) => console.log(line));
  if (!built) {
    const { js, css } = firstRouteKib();
    console.log(
      `The page is up to date; first route: ${js.toFixed(0)} KiB of JavaScript, ${css.toFixed(0)} KiB of CSS`,
    );
  }
}
