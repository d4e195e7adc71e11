/* The smallest program that a container can run: it waits, and ends when it is told to. */

#include <signal.h>
#include <unistd.h>

static void end(int signal) { _exit(signal == SIGTERM ? 0 : 1); }

int main(void) {
  signal(SIGTERM, end);
  for (;;) pause();
}
