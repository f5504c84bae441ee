import { PageHead } from '../parts/page-head.tsx';
import { AddChannel, Channels, Messages } from './panel.tsx';

export function ToldPage() {
  return (
    <>
      <PageHead title="Who is told" line="A change of status is posted to each of these, signed, at least once." />
      <div className="cols">
        <div className="c8">
          <AddChannel />
          <Channels />
        </div>
        <div className="c4">
          <Messages />
        </div>
      </div>
    </>
  );
}
