// What a survey costs on the machine of RESULTS.md, measured by `npm run bench -- simulation`, which prints these numbers.

export interface SurveyCosts {
  /** CPU of whoever asks, for a question to one pipe. */
  readonly questionUs: number
  /** CPU of whoever asks, for an answer of one line: read, parsed, and told to the registry. */
  readonly answerUs: number
  /** For each line of an answer after the first. */
  readonly lineUs: number
  /** For each pipe at the end of a round, in one piece: nothing else is done meanwhile. */
  readonly roundEndUs: number
  /** CPU of a respondent, for a question and its answer. */
  readonly respondentUs: number
  /** For each line of its answer after the first. */
  readonly respondentLineUs: number
  /** Memory of whoever asks, for each pipe. */
  readonly pipeBytes: number
}

export const measuredCosts: SurveyCosts = Object.freeze({
  questionUs: 8,
  answerUs: 12,
  lineUs: 1.5,
  roundEndUs: 0.3,
  respondentUs: 15,
  respondentLineUs: 0.05,
  pipeBytes: 12_000,
})

/** Bytes of the SP messages: a frame's length, the id of the survey, and the body. */
export const questionBytes = 8 + 4 + 'service query'.length
/** A line as join() writes it: name, id, address, boot, and what is dynamic. */
export const lineBytes = 150
export const answerHeaderBytes = 8 + 4
/** Of Ethernet, IP and TCP, for each message; the answer to an answer is an empty acknowledgement. */
export const packetBytes = 66
