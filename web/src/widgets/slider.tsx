interface SliderProps {
  name: string; value: number; least: number; most: number; step: number; tick?: number | undefined; value_text?: string | undefined; described_by?: string | undefined; disabled?: boolean;
  on_input: (value: number) => void; on_change?: (value: number) => void;
}

/** Native range input with a tick at the default. The wheel never changes it. */
export function Slider({ name, value, least, most, step, tick, value_text, described_by, disabled, on_input, on_change }: SliderProps) {
  const part = (at: number) => Math.max(0, Math.min(1, (at - least) / (most - least || 1)));
  return (
    <span class="slider" style={{ '--part': part(value), '--tick': tick === undefined ? -1 : part(tick) }}>
      {tick !== undefined && tick >= least && tick <= most && <i class="tick" />}
      <input type="range" aria-label={name} min={least} max={most} step={step} value={value} disabled={disabled} aria-valuetext={value_text} aria-describedby={described_by}
        onInput={(event) => on_input(Number(event.currentTarget.value))} onChange={(event) => on_change?.(Number(event.currentTarget.value))} />
    </span>
  );
}
