/* One end of a system with a library in C, told line by line what to do, as children/messaging-end.ts is by messages:
     receiver | sender | publisher | subscribers | replier | requester, each with ADDRESS COUNT: opens so many sockets there
     send ROLE DURATION_MS RATE SIZE...: a RATE of 0 is as fast as they go; a message at a rate bears when it was meant to be sent
     request DURATION_MS FILE: one under way on each requester; writes how long each took, in milliseconds
     reset SKIP KEEP | report | latencies FILE
   Each is answered with one line. Whoever includes this gives the functions that follow. */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum role { RECEIVER, PUBLISHER, REPLIER, SENDER, SUBSCRIBER, REQUESTER };
static const char *const roles[] = {"receiver", "publisher", "replier", "sender", "subscribers", "requester"};
#define LISTENS(role) ((role) <= REPLIER)

/* Listens or dials; gives the number that the others are told. */
static int open_socket(enum role role, const char *address);
/* What a sender sends at a rate has to leave at once; flat out a library may leave it to the system to put several into a packet. */
static void send_message(int socket, const void *body, size_t bytes, int is_paced);
/* What it gives is released. */
static void *receive_message(int socket);
static const void *body_of(void *message);
static void release_message(void *message);
/* Sends back what comes, from now on. */
static void echo(int socket);

#define MAX_SIZES 16
#define MAX_BYTES (2 << 20)
#define MAX_SOCKETS 64
#define REQUEST_BYTES 64

struct hearing {
  int socket;
  pthread_mutex_t lock;
  long heard;
  double first_ms, last_ms, *latencies_ms;
};

static struct hearing hearings[MAX_SOCKETS];
static int hearing_count, requester_count, requesters[MAX_SOCKETS], senders[SENDER + 1];
static long skip, keep;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void fail(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(1);
}

static void *hear(void *argument) {
  struct hearing *hearing = argument;
  for (;;) {
    void *message = receive_message(hearing->socket);
    pthread_mutex_lock(&hearing->lock);
    hearing->heard += 1;
    hearing->last_ms = now_ms();
    if (hearing->heard == 1) hearing->first_ms = hearing->last_ms;
    if (hearing->heard > skip && hearing->heard - skip <= keep) {
      double intended_ms;
      memcpy(&intended_ms, body_of(message), sizeof intended_ms);
      hearing->latencies_ms[hearing->heard - skip - 1] = hearing->last_ms - intended_ms;
    }
    pthread_mutex_unlock(&hearing->lock);
    release_message(message);
  }
  return NULL;
}

static void start_hearing(int socket) {
  pthread_t thread;
  if (hearing_count == MAX_SOCKETS) fail("hear", "too many sockets");
  struct hearing *hearing = &hearings[hearing_count++];
  hearing->socket = socket;
  pthread_mutex_init(&hearing->lock, NULL);
  pthread_create(&thread, NULL, hear, hearing);
}

static void open_all(enum role role, const char *address, int count) {
  for (int i = 0; i < count; i += 1) {
    int socket = open_socket(role, address);
    if (role == RECEIVER || role == SUBSCRIBER) start_hearing(socket);
    else if (role == REPLIER) echo(socket);
    else if (role == REQUESTER) requesters[i] = socket;
    else senders[role] = socket;
  }
  if (role == REQUESTER) requester_count = count;
}

static void rest(double ms) {
  if (ms <= 0.15) return;
  struct timespec sleep = {0, (long)((ms - 0.15) * 1e6)};
  nanosleep(&sleep, NULL);
}

static long send_all(int socket, double duration_ms, double rate, const size_t *sizes, int size_count) {
  static char body[MAX_BYTES];
  memset(body, 'x', sizeof body);
  double started_ms = now_ms();
  long sent = 0;
  if (rate == 0) {
    for (; sent % 16 != 0 || now_ms() < started_ms + duration_ms; sent += 1)
      send_message(socket, body, sizes[sent % size_count], 0);
    return sent;
  }
  long total = (long)(rate * duration_ms / 1e3 + 0.5);
  for (; sent < total && now_ms() < started_ms + duration_ms * 1.5; sent += 1) {
    double intended_ms = started_ms + sent * 1e3 / rate, early_ms;
    while ((early_ms = intended_ms - now_ms()) > 0) rest(early_ms);
    memcpy(body, &intended_ms, sizeof intended_ms);
    send_message(socket, body, sizes[0], 1);
  }
  return sent;
}

/* Round the requesters, each of which has one under way: replies come in the order of the requests. */
static double request_all(double duration_ms, FILE *file) {
  char body[REQUEST_BYTES];
  double asked_ms[MAX_SOCKETS], started_ms = now_ms(), answered_ms = started_ms;
  long answered = 0;
  memset(body, 'x', sizeof body);
  for (int at = 0; at < requester_count; at += 1) {
    asked_ms[at] = now_ms();
    send_message(requesters[at], body, sizeof body, 0);
  }
  for (int waiting = requester_count, at = 0; waiting > 0; at = (at + 1) % requester_count) {
    release_message(receive_message(requesters[at]));
    answered_ms = now_ms();
    double took_ms = answered_ms - asked_ms[at];
    fwrite(&took_ms, sizeof took_ms, 1, file);
    answered += 1;
    if (answered_ms >= started_ms + duration_ms) {
      waiting -= 1;
      continue;
    }
    asked_ms[at] = answered_ms;
    send_message(requesters[at], body, sizeof body, 0);
  }
  return answered * 1e3 / (answered_ms - started_ms);
}

static void report(void) {
  long heard = 0;
  double first_ms = 0, last_ms = 0;
  for (int i = 0; i < hearing_count; i += 1) {
    struct hearing *hearing = &hearings[i];
    pthread_mutex_lock(&hearing->lock);
    if (hearing->heard > 0) {
      if (heard == 0 || hearing->first_ms < first_ms) first_ms = hearing->first_ms;
      if (heard == 0 || hearing->last_ms > last_ms) last_ms = hearing->last_ms;
      heard += hearing->heard;
    }
    pthread_mutex_unlock(&hearing->lock);
  }
  printf("%ld %f\n", heard, heard < 2 ? 0 : (heard - 1) * 1e3 / (last_ms - first_ms));
}

static void reset(long to_skip, long to_keep) {
  skip = to_skip, keep = to_keep;
  for (int i = 0; i < hearing_count; i += 1) {
    struct hearing *hearing = &hearings[i];
    pthread_mutex_lock(&hearing->lock);
    hearing->heard = 0;
    free(hearing->latencies_ms);
    hearing->latencies_ms = calloc(keep + 1, sizeof *hearing->latencies_ms);
    pthread_mutex_unlock(&hearing->lock);
  }
}

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "wb");
  if (!file) fail(path, "cannot be written");
  return file;
}

static void write_latencies(const char *path) {
  FILE *file = open_file(path);
  for (int i = 0; i < hearing_count; i += 1) {
    struct hearing *hearing = &hearings[i];
    pthread_mutex_lock(&hearing->lock);
    long kept = hearing->heard - skip < keep ? hearing->heard - skip : keep;
    if (kept > 0) fwrite(hearing->latencies_ms, sizeof *hearing->latencies_ms, kept, file);
    pthread_mutex_unlock(&hearing->lock);
  }
  fclose(file);
}

static int role_of(const char *name) {
  for (int role = RECEIVER; role <= REQUESTER; role += 1)
    if (strcmp(name, roles[role]) == 0) return role;
  return -1;
}

int main(void) {
  static char line[4096];
  while (fgets(line, sizeof line, stdin)) {
    char *command = strtok(line, " \n"), *first = strtok(NULL, " \n"), *second = strtok(NULL, " \n");
    if (!command) continue;
    if (role_of(command) >= 0) {
      open_all(role_of(command), first, atoi(second));
      puts("ok");
    } else if (strcmp(command, "send") == 0) {
      size_t sizes[MAX_SIZES];
      int size_count = 0;
      double rate = atof(strtok(NULL, " \n"));
      for (char *size = strtok(NULL, " \n"); size && size_count < MAX_SIZES; size = strtok(NULL, " \n"))
        sizes[size_count++] = (size_t)atol(size);
      printf("%ld\n", send_all(senders[role_of(first)], atof(second), rate, sizes, size_count));
    } else if (strcmp(command, "request") == 0) {
      FILE *file = open_file(second);
      double rate = request_all(atof(first), file);
      fclose(file);
      printf("%f\n", rate);
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
