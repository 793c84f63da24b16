import { NotificationBell } from './element.tsx';

// The tag may stand in a page twice, by mistake or by two includes.
if (!customElements.get('notification-bell')) customElements.define('notification-bell', NotificationBell);
