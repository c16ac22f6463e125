export { type BlockBench, marbles, runBlock } from './bench.ts'
export { type ConformanceOptions, complaintsAbout, conformance } from './conformance.ts'
