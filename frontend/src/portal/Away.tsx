import { CloudOff } from 'lucide';
import { Icon } from '../shared/icon.tsx';
import { connection } from './connection.ts';

/** Says on every page that it may be old, as long as the portal is out of reach. Nothing moves for it. */
export function Away() {
  return (
    <div class="away" role="status">
      {connection.isDown.value && (
        <p>
          <Icon of={CloudOff} size={16} />
          {navigator.onLine ? 'The portal cannot be reached' : 'You are offline'}: what you see may be old.
        </p>
      )}
    </div>
  );
}
