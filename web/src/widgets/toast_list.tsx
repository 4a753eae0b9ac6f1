import { close_toast, toasts, undo_toast } from '../toasts';
import { IconButton } from './button';
import { Icon } from './icon';

export function ToastList() {
  return (
    <div class="toasts">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.is_failure ? 'is-failure' : ''}`} role={toast.is_failure ? 'alert' : 'status'}>
          {toast.is_failure && <Icon name="octagon-alert" />}
          <span class="grow">{toast.text}</span>
          {toast.undo && <button type="button" class="button" onClick={() => undo_toast(toast)}>Undo</button>}
          {toast.action && <button type="button" class="button" onClick={() => { close_toast(toast.id); toast.action?.act(); }}>{toast.action.label}</button>}
          <IconButton icon="x" name="Close notice" on_click={() => close_toast(toast.id)} />
        </div>
      ))}
    </div>
  );
}
