// The door of the package: what a program imports to be on the roll. Everything else is inside.

export { join } from './roll/join.ts'
export type { Membership, MembershipCounts } from './roll/join.ts'
export type { JoinLog, JoinOptions, Update } from './roll/join-options.ts'
export { follow } from './roll/follow.ts'
export type { FeedInstance, FollowedName, FollowedRoll, GroupKind } from './roll/follow.ts'
export type { FollowOptions } from './roll/follow-options.ts'
export type { ProviderStatus } from './roll/answer.ts'
export { readServiceEnvironment } from './roll/service-environment.ts'
export type { DiscoveryAddress, ServiceEnvironment, ServiceEnvironmentOptions } from './roll/service-environment.ts'
export type { Environment, EnvironmentLog } from './roll/read-environment.ts'
// Time as join() and a service's shutdown take it; the system's unless a test moves it by hand.
export { systemClock } from './sp/clock.ts'
export type { Clock } from './sp/clock.ts'
export { errorCodes, RollcallError } from './sp/error.ts'
export type { ErrorCode } from './sp/error.ts'
// An engine makes the SP sockets of a program that is called over them: its REP needs one, and can share it with join().
export { openEngine } from './sp/index.ts'
export type { Engine, Handler, Listener, QuestionContext, Replier, Requester } from './sp/index.ts'
