/** Messages of a PostgreSQL server, for peers that say them at the wrong time, wrongly, or without end. */
import type { PeerConnection } from './scripted-peer.ts';

export function message(letter: string, ...parts: readonly (Buffer | string | number)[]): Buffer {
  const body = Buffer.concat(parts.map(bytesOf));
  return Buffer.concat([Buffer.from(letter), bytesOf(body.length + 4), body]);
}

/** A number is four bytes, a text ends in a zero. */
function bytesOf(part: Buffer | string | number): Buffer {
  if (typeof part === 'string') return Buffer.from(`${part}\0`);
  if (typeof part !== 'number') return part;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(part);
  return bytes;
}

export const logInDone = Buffer.concat([message('R', 0), message('Z', Buffer.from('I'))]);
export const askForPassword = message('R', 3);

export function errorMessage(code: string, text: string): Buffer {
  return message('E', 'SFATAL', 'VFATAL', `C${code}`, `M${text}`, Buffer.from([0]));
}

export const prepared = Buffer.concat([message('C', 'BEGIN'), message('C', 'SET'), message('Z', Buffer.from('T'))]);

const column = Buffer.concat([Buffer.from([0, 1]), Buffer.from('?column?\0'), Buffer.alloc(18)]);
export const beforeRows = Buffer.concat([message('1'), message('2'), message('T', column)]);
export const afterRows = Buffer.concat([message('C', 'SELECT 1'), message('Z', Buffer.from('T'))]);

export function row(text: string): Buffer {
  return message('D', Buffer.from([0, 1]), text.length, Buffer.from(text));
}

/** Declines encryption and lets anybody in. */
export async function letIn(connection: PeerConnection): Promise<void> {
  await declineEncryption(connection);
  connection.say(logInDone);
  await connection.heard('BEGIN READ ONLY');
  connection.say(prepared);
  await connection.heard('SELECT 1');
}

export async function declineEncryption(connection: PeerConnection): Promise<void> {
  await connection.heard('\x04\xd2\x16\x2f');
  connection.say('N');
  await connection.heard('user\0');
}
