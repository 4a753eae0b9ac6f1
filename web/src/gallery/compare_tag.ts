// The few words that stand in a picture of a pair: what sets it apart from the other one.
import { lora_tags } from '../form/lora_tags';

interface Made { seed: number; prompt: string }

function lora_words(prompt: string): string {
  return lora_tags(prompt).map(({ name, unet }) => `${name} ${unet}`).join(', ') || 'without LoRA';
}

/** "ink 0.8", "seed 12"; the seed where nothing else differs, or more than a tag can say. */
export function tag_of(picture: Made, other: Made): string {
  const [mine, theirs] = [lora_words(picture.prompt), lora_words(other.prompt)];
  return picture.seed === other.seed && mine !== theirs ? mine : `seed ${picture.seed}`;
}
