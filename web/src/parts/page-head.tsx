import type { ReactNode } from 'react';

export function PageHead({ title, line, children }: { title: string; line: ReactNode; children?: ReactNode }) {
  return (
    <section className="verdict page-head" aria-labelledby="v">
      <h1 id="v">{title}</h1>
      <p>
        <span>{line}</span>
        {children}
      </p>
    </section>
  );
}
