import { type FormEvent, useState } from 'react';
import { enter, tokenIn } from './session.ts';

export function LogIn({ why }: { why: string | null }) {
  const [link, setLink] = useState('');
  const [fault, setFault] = useState<string | null>(why);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const token = tokenIn(link);
    if (token === null) setFault('That is no start link: it ends in #token= and a long word.');
    else void enter(token);
  };
  return (
    <main className="page">
      <div className="login">
        <h1>Open Pitwall from its terminal.</h1>
        <p className="why">On the machine where it runs, this prints a link that is good once:</p>
        <pre>./pitwall url</pre>
        <p>Open the link, and this browser stays logged in.</p>
        <form onSubmit={submit}>
          <label htmlFor="link">Or paste the link here</label>
          <div className="in">
            <input
              id="link"
              className="field"
              value={link}
              onChange={(event) => setLink(event.target.value)}
              autoComplete="off"
              spellCheck={false}
              placeholder="http://127.0.0.1:4400/#token=…"
              aria-invalid={fault !== null}
              aria-describedby="link-fault"
            />
            <button type="submit" className="btn">
              Log in
            </button>
          </div>
          <p id="link-fault" className="why" role="alert">
            {fault && <span className="bad">{fault}</span>}
          </p>
        </form>
      </div>
    </main>
  );
}
