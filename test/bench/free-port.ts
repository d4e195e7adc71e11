// Ports that programs of the bench are told, as those of the tests.

export { findFreePort } from '../fixtures/free-port.ts'
