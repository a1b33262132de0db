/** Character offsets into the question's text, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface NameNode {
  readonly text: string;
  readonly span: Span;
}

/** `number`: written as a number, spelling kept (`1.0`). `text`: a bare word, several words, or quoted text (quotes taken off). */
export interface ValueNode {
  readonly kind: 'number' | 'text';
  readonly text: string;
  readonly span: Span;
}

/** `X@2 = 1` in a world or in do(); a nested event as value: `M = M[X=0]`. */
export interface SettingNode {
  readonly name: NameNode;
  readonly position?: number;
  readonly value?: ValueNode | EventNode;
  readonly span: Span;
}

/** `Y[X=1]@2 = 1` */
export interface EventNode {
  readonly kind: 'event';
  readonly name: NameNode;
  readonly world: readonly SettingNode[];
  readonly position?: number;
  readonly value?: ValueNode;
  readonly span: Span;
}

export interface DoNode {
  readonly kind: 'do';
  readonly settings: readonly SettingNode[];
  readonly span: Span;
}

export type ConditionNode = EventNode | DoNode;

/** `P(of | given)` or `E[of | given]`; E has exactly one event, without a value. */
export interface DirectNode {
  readonly kind: 'probability' | 'mean';
  readonly of: readonly EventNode[];
  readonly given: readonly ConditionNode[];
  readonly span: Span;
}

export const namedFunctions = ['ATE', 'CATE', 'ETT', 'ETU', 'PNS', 'PN', 'PS', 'NDE', 'NIE'] as const;
export type NamedFunction = (typeof namedFunctions)[number];
/** Functions with a mediator: `NDE(X -> M -> Y)`. */
export const mediated: readonly NamedFunction[] = ['NDE', 'NIE'];

/** `X@1 = 1 vs 0`, one end of a named query. */
export interface EndNode {
  readonly name: NameNode;
  readonly position?: number;
  readonly value?: ValueNode;
  readonly versus?: ValueNode;
  readonly span: Span;
}

/** `PNS(cause -> effect | given)`, `NDE(cause -> through -> effect | given)` */
export interface NamedNode {
  readonly kind: 'named';
  readonly name: NamedFunction;
  readonly cause: EndNode;
  readonly through?: EndNode;
  readonly effect: EndNode;
  readonly given: readonly ConditionNode[];
  readonly span: Span;
}

export type QueryNode = DirectNode | NamedNode;

export interface PartNode {
  readonly weight: number;
  readonly query: QueryNode;
  readonly span: Span;
}

/** What was written, sugar and all; every span lies inside `text`. */
export interface SyntaxTree {
  readonly text: string;
  readonly parts: readonly PartNode[];
}
