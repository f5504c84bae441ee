/** Who runs the servers that refuse to be run by root: `nobody` where the tests are run by root, else whoever runs them. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

let found: Promise<SystemUser> | undefined;

export function unprivilegedUser(): Promise<SystemUser> {
  found ??= findUser();
  return found;
}

async function findUser(): Promise<SystemUser> {
  const uid = process.getuid!();
  if (uid !== 0) return { uid, gid: process.getgid!() };
  const id = async (what: string) => Number((await promisify(execFile)('id', [what, 'nobody'])).stdout);
  return { uid: await id('-u'), gid: await id('-g') };
}
