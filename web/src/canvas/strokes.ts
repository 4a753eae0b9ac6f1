// The mask as vectors: what was drawn, in the source's pixels. Undo goes stroke by stroke.

export interface Point { x: number; y: number }
export type Stroke =
  | { kind: 'brush' | 'eraser'; size: number; points: Point[] }
  | { kind: 'lasso'; points: Point[] }
  | { kind: 'rectangle'; from: Point; to: Point }
  | { kind: 'fill' }
  | { kind: 'clear' }
  | { kind: 'invert' }
  | { kind: 'picture'; file: Blob }; // a loaded mask
