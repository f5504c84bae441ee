/** Files that only the user of this process may read. */
import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';

/**
 * Replaces the file as a whole: a reader sees the old text or the new one, and nobody else either. What fails names the
 * file, and leaves nothing behind: on a full disk each start would leave one more draft.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeDraft(draft, text);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw Object.assign(error as Error, { path });
  }
}

async function writeDraft(draft: string, text: string): Promise<void> {
  // `wx`: never through a link that somebody else has put there.
  await using file = await open(draft, 'wx', 0o600);
  await file.writeFile(text, 'utf8');
  await file.sync();
}
