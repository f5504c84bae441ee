import { SideDrawer } from '../shell/dialog.tsx';
import { AddChannel, Channels, Messages } from './panel.tsx';

export default function ToldDrawer({ close }: { close: () => void }) {
  return (
    <SideDrawer title="Choose who is told" close={close}>
      <AddChannel autoFocus />
      <Channels />
      <Messages />
    </SideDrawer>
  );
}
