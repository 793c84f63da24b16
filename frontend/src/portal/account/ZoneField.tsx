import { useEffect, useMemo, useState } from 'preact/hooks';
import { ownZone, timeIn, zoneMeant, zones, zonesFor, zoneText } from '../../preferences/zones.ts';
import { Combobox } from '../ui/Combobox.tsx';

interface Props {
  zone: string;
  change: (zone: string) => void;
}

/** The person's time zone, found by typing part of its name. */
export function ZoneField({ zone, change }: Props) {
  const [typed, setTyped] = useState(zoneText(zone));
  const [refused, setRefused] = useState('');
  const all = useMemo(() => zones(zone, ownZone()), [zone]);
  useEffect(() => {
    setTyped(zoneText(zone));
    setRefused('');
  }, [zone]);
  const now = timeIn(zone, new Date());

  const take = (wanted: string) => {
    setTyped(zoneText(wanted));
    setRefused('');
    if (wanted !== zone) change(wanted);
  };
  /** Takes what is meant, if that is clear; else says that nothing is changed. */
  const leave = (active: string | undefined) => {
    if (!active && typed === zoneText(zone)) return;
    const meant = active ?? zoneMeant(all, typed);
    if (meant) return take(meant);
    setTyped(zoneText(zone));
    if (typed.trim()) setRefused(reasonFor(typed.trim(), zonesFor(all, typed).length));
  };
  // What stands there already is no search.
  const wanted = (text: string) => (text === zoneText(zone) ? all : zonesFor(all, text));
  return (
    <Combobox
      name="time-zone"
      label="Time zone"
      hint={`Times in e-mails are by this clock.${now ? ` It is ${now} there now.` : ''}`}
      selectsAll
      text={typed}
      change={(text) => {
        setTyped(text);
        setRefused('');
      }}
      pick={({ id }) => take(id)}
      leave={(active) => leave(active?.id)}
      error={refused}
      suggest={async (text) => wanted(text).map((id) => ({ id, text: zoneText(id) }))}
      none="No time zone of that name. Try a large city near you."
    />
  );
}

function reasonFor(typed: string, count: number): string {
  return count === 0
    ? `Not changed: no time zone is called “${typed}”.`
    : `Not changed: “${typed}” could be any of ${count} time zones. Choose one from the list.`;
}
