// Loaded into each process that the demo starts, before its program: ends the process when the demo is gone, however that
// came about. The channel to the demo closes with it, SIGKILL included; nothing is ever sent on it.

process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
// The tether alone keeps nobody alive: a program that has finished ends.
process.channel?.unref()
