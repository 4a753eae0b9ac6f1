// VAE files, one of which decodes the pictures of Generate in place of the checkpoint's own.
import type { VaeFile } from '../api';
import { set_value, text_of } from '../form/form';
import { folder_of, size_text } from '../form/words';
import { start } from '../store';
import { Button } from '../widgets/button';

function VaeRow({ vae }: { vae: VaeFile }) {
  const is_used = text_of('vae') === vae.name;
  return (
    <tr><th scope="row"><b>{vae.name}</b></th><td class="is-number">{size_text(vae.bytes)}</td><td>{folder_of(vae.path)}</td>
      <td class="is-action"><Button name={is_used ? `Do not use ${vae.name}` : `Use ${vae.name}`} on_click={() => set_value('vae', is_used ? '' : vae.name)}>{is_used ? 'Do not use' : 'Use'}</Button></td></tr>
  );
}

export function Vaes({ files }: { files: VaeFile[] }) {
  if ((start.value.vaes ?? []).length === 0) return <p class="hint">No VAE files yet. Darkroom reads the folder VAE of an AUTOMATIC1111 folder, or models/VAE.</p>;
  return (
    <>
      <table class="facts-table">
        <thead><tr><th scope="col">Name</th><th scope="col" class="is-number">Size</th><th scope="col">Folder</th><th scope="col"><span class="spoken">Action</span></th></tr></thead>
        <tbody>{files.map((vae) => <VaeRow key={vae.path} vae={vae} />)}</tbody>
      </table>
      <p class="hint">{text_of('vae') === '' ? "Pictures are decoded by the checkpoint's own VAE." : `Pictures of Generate are decoded by ${text_of('vae')}, in place of the checkpoint's own.`}</p>
    </>
  );
}
