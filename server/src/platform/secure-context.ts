/** Whom encrypted connections trust, and as whom they present themselves: read once for each distinct setting. */
import tls from 'node:tls';

/** PEM texts. */
export interface TlsMaterial {
  /** Trusted in place of the usual authorities. */
  readonly ca?: string | undefined;
  /** What is shown to a server that asks who we are, and its key. */
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
}

/** Let go of with the last check that has it; a renewed certificate makes another one. */
const known = new Map<string, WeakRef<tls.SecureContext>>();
/** The machine's own authorities: reading them takes milliseconds. */
let usual: tls.SecureContext | undefined;

/**
 * To read a CA takes longer than to agree on encryption does, and what is agreed on can only be taken up again in the
 * context in which it was. Throws where a text is not what it should be.
 */
export function secureContextOf({ ca, certificate, key }: TlsMaterial = {}): tls.SecureContext {
  if (ca === undefined && certificate === undefined) {
    usual ??= tls.createSecureContext();
    return usual;
  }
  const name = JSON.stringify([ca, certificate, key]);
  const before = known.get(name)?.deref();
  if (before !== undefined) return before;
  for (const [other, context] of known) if (context.deref() === undefined) known.delete(other);
  const made = tls.createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate, key }),
  });
  known.set(name, new WeakRef(made));
  return made;
}
