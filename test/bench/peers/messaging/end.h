/* One end of a system with a library in C, told line by line what to do, as children/messaging-end.ts is by messages:
     receiver ADDRESS | sender ADDRESS | send DURATION_MS RATE SIZE... | reset SKIP KEEP | report | latencies FILE
   Each is answered with one line. A RATE of 0 is as fast as they go; a message at a rate bears when it was meant to be sent.
   Whoever includes this gives the five functions that follow. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void listen_at(const char *address);
static void dial_to(const char *address);
static void send_message(const void *body, size_t bytes);
/* What it gives is released before the next. */
static const void *receive_message(void);
static void release_message(void);

#define MAX_SIZES 16
#define MAX_BYTES (2 << 20)

static pthread_mutex_t heard_lock = PTHREAD_MUTEX_INITIALIZER;
static long heard, skip, keep;
static double first_ms, last_ms, *latencies_ms;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void *hear(void *nothing) {
  (void)nothing;
  for (;;) {
    const void *body = receive_message();
    pthread_mutex_lock(&heard_lock);
    heard += 1;
    last_ms = now_ms();
    if (heard == 1) first_ms = last_ms;
    if (heard > skip && heard - skip <= keep) {
      double intended_ms;
      memcpy(&intended_ms, body, sizeof intended_ms);
      latencies_ms[heard - skip - 1] = last_ms - intended_ms;
    }
    pthread_mutex_unlock(&heard_lock);
    release_message();
  }
  return NULL;
}

static void rest(double ms) {
  if (ms <= 0.15) return;
  struct timespec sleep = {0, (long)((ms - 0.15) * 1e6)};
  nanosleep(&sleep, NULL);
}

static long send_all(double duration_ms, double rate, const size_t *sizes, int size_count) {
  static char body[MAX_BYTES];
  memset(body, 'x', sizeof body);
  double started_ms = now_ms();
  long sent = 0;
  if (rate == 0) {
    for (; sent % 16 != 0 || now_ms() < started_ms + duration_ms; sent += 1) send_message(body, sizes[sent % size_count]);
    return sent;
  }
  long total = (long)(rate * duration_ms / 1e3 + 0.5);
  for (; sent < total && now_ms() < started_ms + duration_ms * 1.5; sent += 1) {
    double intended_ms = started_ms + sent * 1e3 / rate, early_ms;
    while ((early_ms = intended_ms - now_ms()) > 0) rest(early_ms);
    memcpy(body, &intended_ms, sizeof intended_ms);
    send_message(body, sizes[0]);
  }
  return sent;
}

static void report(void) {
  pthread_mutex_lock(&heard_lock);
  printf("%ld %f\n", heard, heard < 2 ? 0 : (heard - 1) * 1e3 / (last_ms - first_ms));
  pthread_mutex_unlock(&heard_lock);
}

static void reset(long to_skip, long to_keep) {
  pthread_mutex_lock(&heard_lock);
  heard = 0, skip = to_skip, keep = to_keep;
  free(latencies_ms);
  latencies_ms = calloc(to_keep + 1, sizeof *latencies_ms);
  pthread_mutex_unlock(&heard_lock);
}

static void write_latencies(const char *path) {
  pthread_mutex_lock(&heard_lock);
  long kept = heard - skip < keep ? heard - skip : keep;
  FILE *file = fopen(path, "wb");
  if (!file) fail(path, "cannot be written");
  if (kept > 0) fwrite(latencies_ms, sizeof *latencies_ms, kept, file);
  fclose(file);
  pthread_mutex_unlock(&heard_lock);
}

int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    char *command = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
    if (!command) continue;
    if (strcmp(command, "receiver") == 0) {
      pthread_t thread;
      listen_at(first);
      pthread_create(&thread, NULL, hear, NULL);
      puts("ok");
    } else if (strcmp(command, "sender") == 0) {
      dial_to(first);
      puts("ok");
    } else if (strcmp(command, "send") == 0) {
      size_t sizes[MAX_SIZES];
      int size_count = 0;
      for (char *size = strtok(NULL, " \n"); size && size_count < MAX_SIZES; size = strtok(NULL, " \n"))
        sizes[size_count++] = (size_t)atol(size);
      printf("%ld\n", send_all(atof(first), atof(second), sizes, size_count));
    } else if (strcmp(command, "reset") == 0) {
      reset(atol(first), atol(second));
      puts("ok");
    } else if (strcmp(command, "report") == 0) {
      report();
    } else if (strcmp(command, "latencies") == 0) {
      write_latencies(first);
      puts("ok");
    }
    fflush(stdout);
  }
  return 0;
}
