import { Component, type ReactNode } from 'react';
import { asCallError } from '../api/problem.ts';
import { StatusShape } from './status-shape.tsx';

/** A heading under one strong rule. `keyNumber` is what 1 to 5 jump to. */
export function Tile(props: {
  title: string;
  sum?: ReactNode;
  more?: ReactNode;
  className?: string;
  keyNumber?: number;
  children: ReactNode;
}) {
  const { title, sum, more, className = '', keyNumber, children } = props;
  const id = `t-${title.toLowerCase().replace(/\W+/g, '-')}`;
  return (
    <section className={`tile ${className}`} aria-labelledby={id}>
      <header>
        <h2 id={id} tabIndex={-1} data-tile={keyNumber}>
          {title}
        </h2>
        {sum !== undefined && <span className="sum">{sum}</span>}
        {more}
      </header>
      <TileGuard>{children}</TileGuard>
    </section>
  );
}

/** What failed stays in its tile: the rest of the page goes on. */
class TileGuard extends Component<{ children: ReactNode }, { error: unknown }> {
  override state: { error: unknown } = { error: null };
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <ProblemNote
        what="This part could not be drawn."
        error={this.state.error}
        retry={() => this.setState({ error: null })}
      />
    );
  }
}

export function ProblemNote({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const problem = asCallError(error);
  return (
    <div className="err" role="alert">
      <StatusShape status="unknown" />
      <div>
        <p>
          <b>{what}</b>
        </p>
        <p className="mut">{[problem.message, problem.hint].filter(Boolean).join(' ')}</p>
        <p className="code">
          <span className="mono">{problem.code}</span>
          {problem.path !== undefined && `, at ${problem.path}`}
        </p>
        {retry && (
          <p className="go">
            <button type="button" className="btn" onClick={retry}>
              Retry
            </button>
          </p>
        )}
      </div>
    </div>
  );
}

/** An empty place says what would be here and what fills it. */
export function EmptyNote({ lead, rest, children }: { lead: string; rest: string; children?: ReactNode }) {
  return (
    <div className="err em">
      <div>
        <p>
          <b>{lead}</b>
        </p>
        <p className="mut">{rest}</p>
        {children && <p className="go">{children}</p>}
      </div>
    </div>
  );
}
