import { is_help_open, letters_on, shown_keys } from '../keys';
import { Dialog } from './dialog';

export function KeyHelp() {
  return (
    <Dialog name="Keys" title="Keys" close_name="Close keys" class="key-help" close={() => { is_help_open.value = false; }}>
      <div class="key-sets">
        {shown_keys.value.filter((set) => set.keys.length > 0).map((set) => (
          <section key={set.name}>
            <h3>{set.name}</h3>
            <dl>{set.keys.map((key) => <div key={key.keys + key.label}><dt><kbd class="key-cap">{key.keys}</kbd></dt><dd>{key.label}</dd></div>)}</dl>
          </section>
        ))}
      </div>
      <label class="check-row"><input type="checkbox" checked={letters_on.value} onChange={() => { letters_on.value = !letters_on.value; }} /><span>Single letters act as keys</span></label>
    </Dialog>
  );
}
