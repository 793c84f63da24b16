import { useEffect, useMemo, useState } from 'preact/hooks';
import { ownZone, timeIn, zoneNamed, zones, zonesFor, zoneText } from '../../preferences/zones.ts';
import { Combobox } from '../ui/Combobox.tsx';

interface Props {
  zone: string;
  change: (zone: string) => void;
}

/** The person's time zone, found by typing part of its name. */
export function ZoneField({ zone, change }: Props) {
  const [typed, setTyped] = useState(zoneText(zone));
  const all = useMemo(() => zones(zone, ownZone()), [zone]);
  useEffect(() => setTyped(zoneText(zone)), [zone]);
  const now = timeIn(zone, new Date());

  const take = (wanted: string | undefined) => {
    setTyped(zoneText(wanted ?? zone));
    if (wanted && wanted !== zone) change(wanted);
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
      change={setTyped}
      pick={({ id }) => take(id)}
      leave={() => take(zoneNamed(all, typed))}
      suggest={async (text) => wanted(text).map((id) => ({ id, text: zoneText(id) }))}
      none="No time zone of that name. Try a large city near you."
    />
  );
}
