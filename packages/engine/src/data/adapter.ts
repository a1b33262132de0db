/** What an adapter for another kind of data builds on, so that every source reads, checks and reports alike. */

export { failure, type Issue, type Result, success, type Where } from '../run/issue.ts';
export { didYouMean } from '../run/nearest.ts';
export { marginal, tally } from './accumulate.ts';
export { cellTable, momentsOfCells } from './cell-moments.ts';
export {
  emptyIssue,
  fixedIssue,
  measureFault,
  measureIssue,
  missingIssue,
  probabilityScale,
  readingOf,
} from './checks.ts';
export { type ColumnPlan, planColumns } from './columns.ts';
export type { Counts } from './counts.ts';
export { csvReader } from './csv.ts';
export { codeReader, fixedRegime } from './encode.ts';
export { levelNumbers, namesOf } from './features.ts';
export { addHashes, chain, type Hash, hashText, hexOf } from './fingerprint.ts';
export { canonical, intervalNames, missingTexts, numberOf } from './level.ts';
export { type MemoryData, memorySource } from './memory.ts';
export { type ColumnRange, type Columns, type FeatureFactor, type MomentQuery, type Moments, momentsOfColumns } from './moments.ts';
export { shiftOf } from './records.ts';
export {
  type ColumnSummary,
  type Declared,
  type Schema,
  type SourceHost,
  type StudySource,
  type StudySpec,
  type StudySummary,
  textLimit,
  type Wanted,
} from './source.ts';
export type { Study } from './study.ts';
export { growing } from './table.ts';
export {
  channelsHint,
  channelsLast,
  type Picture,
  type PictureFile,
  pictureFrame,
  picturePixels,
  type ReadPicture,
  type ReadTensors,
  shapeText,
  type TensorValues,
  tensorGatherer,
  tensorHash,
  tensorLimit,
  tensorSize,
  unreadNote,
} from './tensors.ts';
