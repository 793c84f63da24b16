import type { Resource } from '../portal/resource.ts';
import type * as api from './api.ts';
import { hindranceOf } from './mail.ts';

/** A line about what keeps e-mail or push from leaving; nothing while all is well. */
export function Delivery({ of: delivery }: { of: Resource<api.Delivery> }) {
  const lines = delivery.state === 'ready' ? hindranceOf(delivery.value) : [];
  return (
    <div class="mail-hindrance" role="status">
      {lines.map((line) => (
        <p key={line} class="alert note">
          {line}
        </p>
      ))}
    </div>
  );
}
