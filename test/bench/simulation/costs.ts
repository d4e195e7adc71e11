// What a survey costs on the machine of RESULTS.md: `npm run bench -- simulation` prints what is measured here, `memory-and-cpu` the daemon's share
// and its memory for 1,000 to 10,000 respondents. The costs of further lines and of a respondent are rounded from one short run.

export interface SurveyCosts {
  /** CPU of whoever asks, for a question to one pipe. */
  readonly questionUs: number
  /** CPU of whoever asks, for an answer of one line: read, parsed, and told to the registry. */
  readonly answerUs: number
  /** So much more an answer costs in a large fleet: what it touches has left the processor's caches since the round before. */
  readonly coldUs: number
  /** So many pipes stay in the caches. */
  readonly warmPipes: number
  /** For each line of an answer after the first. */
  readonly lineUs: number
  /** For each pipe at the end of a round, in one piece: nothing else is done meanwhile. */
  readonly roundEndUs: number
  /** CPU of a respondent, for a question and its answer. */
  readonly respondentUs: number
  /** For each line of its answer after the first. */
  readonly respondentLineUs: number
  /** Heap and buffers of whoever asks, for each pipe. */
  readonly pipeBytes: number
}

export const measuredCosts: SurveyCosts = Object.freeze({
  questionUs: 8,
  answerUs: 14,
  coldUs: 0,
  warmPipes: 500,
  lineUs: 0.6,
  roundEndUs: 0.02,
  respondentUs: 14,
  respondentLineUs: 0.04,
  pipeBytes: 5_900,
})

/** CPU of whoever asks, for an answer of one line from one of so many pipes. */
export function answerUsAmong(pipes: number, { answerUs, coldUs, warmPipes }: SurveyCosts): number {
  return answerUs + coldUs * Math.max(0, 1 - warmPipes / pipes)
}

/** Bytes of the SP messages: a frame's length, the id of the survey, and the body. */
export const questionBytes = 8 + 4 + 'service query'.length
/** A line as join() writes it: name, id, address, boot, and what is dynamic. */
export const lineBytes = 150
export const answerHeaderBytes = 8 + 4
/** Of Ethernet, IP and TCP, for each message; the answer to an answer is an empty acknowledgement. */
export const packetBytes = 66
