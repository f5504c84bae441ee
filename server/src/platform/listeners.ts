/** Which TCP ports of this machine somebody listens on, as Linux tells it; elsewhere nothing is found. */
import { readdir, readFile, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface Listener {
  readonly port: number;
  /** Where it is reached from this machine: `127.0.0.1` or `::1`. */
  readonly address: string;
  /** The program that listens, where this user may know: `postgres`, or the folder in which a script runs. */
  readonly program: string | undefined;
}

/** A socket that listens on loopback or on every address. */
export interface ListeningSocket {
  readonly port: number;
  readonly address: string;
  readonly inode: string;
}

const listenState = '0A';
/** Looking up names of programs ends after this many processes or file handles: a busy machine has hundreds of thousands. */
const mostProcesses = 4_096;
const mostHandles = 65_536;

/** Reads `/proc/net/tcp` or `/proc/net/tcp6`. */
export function parseListeningSockets(text: string): ListeningSocket[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const columns = line.trim().split(/\s+/);
      const [hexAddress = '', hexPort = ''] = (columns[1] ?? '').split(':');
      if (columns[3] !== listenState) return [];
      const address = reachableAddress(hexAddress);
      const port = Number.parseInt(hexPort, 16);
      return address === undefined || !(port > 0) ? [] : [{ port, address, inode: columns[9] ?? '' }];
    });
}

/** The kernel prints addresses as 32-bit words in the machine's byte order, which is little-endian wherever Node runs. */
function reachableAddress(hex: string): string | undefined {
  if (hex.length === 8) {
    return hex === '00000000' || hex.endsWith('7F') ? ipv4(hex) : undefined;
  }
  if (hex === '0'.repeat(32)) return '127.0.0.1'; // `::` takes IPv4 too, unless somebody asked it not to.
  if (hex === `${'0'.repeat(24)}01000000`) return '::1';
  const mapped = hex.startsWith('0000000000000000FFFF0000') ? hex.slice(24) : undefined;
  return mapped === undefined ? undefined : reachableAddress(mapped);
}

function ipv4(hex: string): string {
  if (hex === '00000000') return '127.0.0.1';
  return [6, 4, 2, 0].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join('.');
}

export interface FindListenersOptions {
  readonly procDir?: string;
  /** Ports of this process are left out. */
  readonly ownPid?: number;
}

/** Listeners by port, each once. Never throws: what cannot be read was not found. */
export async function findListeners({
  procDir = '/proc',
  ownPid = process.pid,
}: FindListenersOptions = {}): Promise<Listener[]> {
  const texts = await Promise.all(
    ['net/tcp', 'net/tcp6'].map((name) => readFile(join(procDir, name), 'utf8').catch(() => '')),
  );
  const sockets = texts.flatMap(parseListeningSockets);
  const owners = await findOwners(procDir, new Set(sockets.map((socket) => socket.inode)));
  const byPort = new Map<number, Listener>();
  for (const { port, address, inode } of sockets) {
    const pid = owners.get(inode);
    if (pid === ownPid || byPort.has(port)) continue;
    byPort.set(port, { port, address, program: pid === undefined ? undefined : await programName(procDir, pid) });
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port);
}

/** Inode of a socket → the process that holds it. Handles of other users cannot be read, and are not missed. */
async function findOwners(procDir: string, wanted: Set<string>): Promise<Map<string, number>> {
  const owners = new Map<string, number>();
  let handlesLeft = mostHandles;
  const names = await readdir(procDir).catch(() => []);
  const pids = names.filter((name) => /^\d+$/.test(name)).slice(0, mostProcesses);
  for (const pid of pids) {
    if (owners.size >= wanted.size || handlesLeft <= 0) break;
    const folder = join(procDir, pid, 'fd');
    const handles = await readdir(folder).catch(() => []);
    handlesLeft -= handles.length;
    const links = await Promise.all(handles.map((handle) => readlink(join(folder, handle)).catch(() => '')));
    for (const link of links) {
      const inode = /^socket:\[(\d+)\]$/.exec(link)?.[1];
      // The first is the parent: workers that share its socket were forked later.
      if (inode !== undefined && wanted.has(inode) && !owners.has(inode)) owners.set(inode, Number(pid));
    }
  }
  return owners;
}

/** Programs that run other people's scripts say nothing by their own name; their folder does. */
const interpreters =
  /^(?:node|(?:node-)?MainThread|bun|deno|python[\d.]*|ruby|java|php[\d.]*|perl|npm.*|docker-proxy)$/;

/** Never the arguments: they hold secrets. */
async function programName(procDir: string, pid: number): Promise<string | undefined> {
  const name = (await readFile(join(procDir, String(pid), 'comm'), 'utf8').catch(() => '')).trim();
  if (!interpreters.test(name)) return name === '' ? undefined : name;
  const folder = await readlink(join(procDir, String(pid), 'cwd')).catch(() => '/');
  return basename(folder) === '' ? undefined : basename(folder);
}
