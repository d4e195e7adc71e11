/* One end of one-way traffic on libnanomsg, as its own local_thr and remote_thr do it: the same work as children/one-way-*.ts.
   `receive ADDRESS COUNT BYTES` binds, says `ready`, and times from the first message to the last; `send ADDRESS COUNT BYTES` connects and
   sends. Both say microseconds passed and microseconds of CPU, and stay until their input ends. */

#include <nanomsg/nn.h>
#include <nanomsg/pipeline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static double passed_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static double cpu_us(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void check(int is_well, const char *what) {
  if (is_well) return;
  fprintf(stderr, "%s: %s\n", what, nn_strerror(nn_errno()));
  exit(1);
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int is_receiver = strcmp(argv[1], "receive") == 0;
  long count = atol(argv[3]);
  size_t bytes = (size_t)atol(argv[4]);
  int socket = nn_socket(AF_SP, is_receiver ? NN_PULL : NN_PUSH);
  check(socket >= 0, "nn_socket");
  check((is_receiver ? nn_bind : nn_connect)(socket, argv[2]) >= 0, argv[2]);
  char *body = malloc(bytes);
  check(body != NULL, "malloc");
  memset(body, 'x', bytes);
  if (is_receiver) {
    puts("ready");
    fflush(stdout);
  }
  double started_us = passed_us(), started_cpu_us = cpu_us();
  for (long i = 0; i < count; i += 1) {
    int moved = is_receiver ? nn_recv(socket, body, bytes, 0) : nn_send(socket, body, bytes, 0);
    check(moved == (int)bytes, argv[1]);
    if (is_receiver && i == 0) started_us = passed_us(), started_cpu_us = cpu_us();
  }
  printf("%f %f\n", passed_us() - started_us, cpu_us() - started_cpu_us);
  fflush(stdout);
  while (getchar() != EOF)
    ;
  nn_close(socket);
  return 0;
}
