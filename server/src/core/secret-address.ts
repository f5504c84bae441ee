/** What in an address opens doors: user and password, and the values of a query that are called so or look so. */

const hidden = '[redacted]';

/** `token`, `access_token`, `X-Amz-Signature`, `apiKey`, `sig` …; `page`, `q` and `monkey` are none. */
const secretName =
  /token|secret|passw|credential|signature|api[-_.]?key|access[-_.]?key|(?:^|[-_.])(?:key|sig|auth|jwt|pass|pwd|hmac|sas)$/i;
/** No word that people choose is this long without a break and holds both letters and figures. */
const looksRandom = /^(?=.*\d)(?=.*[a-z])[a-z0-9_~+/=-]{24,}$/i;
const onlyVariables = /^(?:\$\{[^}]*\})+$/;

const scheme = /^[a-z][a-z0-9+.-]*:\/\//i;
/** Of the web: a lone user there is a token. Of databases and others it is a name. */
const web = /^(?:https?|wss?):/i;
const userInfo = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@\s]*)@/i;
const parameter = /([?&#;])([^=&#;?\s]+)=([^&#\s]*)/g;

/** The address as it may be shown; variables stay, as does any text that is no address. */
export function shownAddress(text: string): string {
  if (!scheme.test(text)) return text;
  return text
    .replace(userInfo, (_, head: string, user: string) => `${head}${shownUser(user, web.test(head))}@`)
    .replace(parameter, (whole, before: string, name: string, value: string) =>
      isSecretValue(name, value) ? `${before}${name}=${hidden}` : whole,
    );
}

/** A user's name alone is often a token on the web; beside a password it may be read. */
function shownUser(user: string, onWeb: boolean): string {
  const [name = '', password] = user.split(/:(.*)/s);
  if (password !== undefined) return password === '' || onlyVariables.test(password) ? user : `${name}:${hidden}`;
  return !onWeb || onlyVariables.test(name) ? name : hidden;
}

/** The texts in an address that must not appear in evidence: as written, and as what they stand for. */
export function secretsInAddress(text: string): string[] {
  if (!scheme.test(text)) return [];
  const found: string[] = [];
  const user = userInfo.exec(text)?.[2];
  if (user?.includes(':')) found.push(user.slice(user.indexOf(':') + 1));
  else if (user !== undefined && web.test(text)) found.push(user);
  for (const [, , name, value] of text.matchAll(parameter)) if (isSecretValue(name!, value!)) found.push(value!);
  return [...new Set(found.flatMap((secret) => [secret, decoded(secret)]))].filter((secret) => secret !== '');
}

function isSecretValue(name: string, value: string): boolean {
  if (value === '' || onlyVariables.test(value)) return false;
  return secretName.test(decoded(name)) || looksRandom.test(decoded(value));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
