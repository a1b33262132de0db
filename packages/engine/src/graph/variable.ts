export type Name = string;

/** A level of a finite variable, in its canonical text form (numbers as `String(number)`); also the text of a number for a real variable. */
export type Value = string;

export type Domain =
  | { readonly kind: 'finite'; readonly levels: readonly Value[] }
  | { readonly kind: 'real'; readonly unit?: string }
  /** `shape` of one value, outermost first; `range`: least and greatest entry. */
  | { readonly kind: 'tensor'; readonly shape: readonly number[]; readonly range?: readonly [number, number] };

export interface Variable {
  readonly name: Name;
  readonly latent?: boolean;
  readonly domain?: Domain;
  readonly role?: 'exposure' | 'outcome' | 'adjusted' | 'selection';
  readonly position?: { readonly x: number; readonly y: number };
}

export type Assignment = Readonly<Record<Name, Value>>;
